// SPDX-License-Identifier: GPL-2.0-only
// What the running kernel does inside one system call of one thread, through its tracepoints:
// objects taken and given back, capabilities asked for, modules requested.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/whitebox/bpf_object.h"
#include "conformance/whitebox/kernel_symbols.h"
#include "conformance/whitebox/step_record.h"

struct ring_buffer;

namespace sockoracle {

struct LiveStep {
  step_kind kind{};
  std::string where;   // the kernel function that did it
  std::string object;  // the model's name of what was taken; empty = nothing the model has
  int number = 0;      // of the object within the call, from 1: pairs taken with given back
  int32_t result = 0;  // capable: 0 or -EPERM; alloc: bytes asked for
  int32_t capability = 0;
  bool outside = false;       // after the call had returned
  std::string_view reason{};  // alloc, free: a row says why no step of the model stands for it
};

struct LiveCall {
  int32_t result = 0;  // a descriptor, or -errno
  std::vector<LiveStep> steps;
  int held = 0;  // objects that were not given back in time
};

// A tracepoint of this kernel, and the program of steps.bpf.c that knows its record.
struct TracedEvent {
  const char* program;
  const char* name;
  long number;
};

class StepTracer {
 public:
  StepTracer();  // throws UnavailableError with the reason
  ~StepTracer();
  StepTracer(const StepTracer&) = delete;
  StepTracer& operator=(const StepTracer&) = delete;

  // What of a call is not seen, because this kernel has no such event.
  const std::map<step_kind, std::string>& missing() const { return missing_; }
  bool sees(step_kind kind) const { return !missing_.contains(kind); }

  // Begins to watch the thread's calls of that number. The thread goes by the kernel's own number
  // (kernel_pid.h).
  void watch(pid_t thread, uint32_t syscall_number);
  // The one call made since. Waits until what it took is given back, or for `patience_ms`.
  LiveCall collect(int patience_ms);

 private:
  explicit StepTracer(const std::vector<TracedEvent>& events);
  static std::vector<TracedEvent> traced_events();
  void attach(const char* program, long number);
  static int take(void* self, void* data, size_t size);
  int count_held() const;

  KernelSymbols symbols_;
  BpfObject programs_;
  std::vector<BpfLink> links_;
  ring_buffer* ring_ = nullptr;
  std::vector<step_event> events_;
  std::map<step_kind, std::string> missing_;
};

}  // namespace sockoracle
