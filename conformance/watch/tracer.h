// SPDX-License-Identifier: GPL-2.0-only
// The stops of all traced tasks: what each looked-at call was, and what it answered.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "conformance/watch/launch.h"
#include "model/case.h"

namespace sockoracle {

// A call with its answer. The task stands still while it is told.
struct SeenCall {
  pid_t task = 0;
  Call call;
  bool finished = false;  // else this signal came instead of an answer
  int signal = 0;
  int64_t result = 0;  // a descriptor, 0 of socketpair, or -errno
};

// What the tracer tells.
class TraceListener {
 public:
  virtual ~TraceListener() = default;
  // The task stands still; what it is asked of must be quick.
  virtual void stopped_after(const SeenCall& call) = 0;
  // Afterwards it runs.
  virtual void resumed_after(const SeenCall& call) = 0;
  virtual void caller_changed() = 0;
  virtual void executed(pid_t task) = 0;
  virtual void ended(pid_t task) = 0;
  // Whether a filter that is not ours may answer the task's calls.
  virtual bool has_own_filter(pid_t task) = 0;
};

class Tracer {
 public:
  Tracer(TraceListener& listener, const Launched* launched, const std::vector<pid_t>& attached);
  // Until nothing is traced any more. The command's wait status, 0 without a command.
  int run();

 private:
  struct Task {
    bool every_call = false;  // it stops at each system call
    bool unsure = true;       // whether it has to
    std::optional<Call> pending;
    uint64_t number = 0;      // of the system call that it is in
    bool installing = false;  // a filter
    bool listening = false;   // it is in a group stop
  };

  void stopped(pid_t tid, int status);
  void at_event(pid_t tid, Task& task, int event, int signal);
  void at_call(pid_t tid, Task& task);
  void entered(pid_t tid, Task& task, uint32_t arch, uint64_t number, const uint64_t* arguments);
  void left(pid_t tid, Task& task, int64_t result);
  void gone(pid_t tid, int status);
  void recheck_all();
  void resume(pid_t tid, Task& task, int signal);
  void detach_all();

  TraceListener& listener_;
  std::map<pid_t, Task> tasks_;
  pid_t command_ = 0;
  bool filtered_ = false, detaching_ = false;
  int command_status_ = 0;
};

// Signals to this process: those that end it while it watches a process detach that; a command gets
// them passed on. From its construction to its end.
class WatchSignals {
 public:
  explicit WatchSignals(pid_t command);
  ~WatchSignals();
  WatchSignals(const WatchSignals&) = delete;
  WatchSignals& operator=(const WatchSignals&) = delete;
};

}  // namespace sockoracle
