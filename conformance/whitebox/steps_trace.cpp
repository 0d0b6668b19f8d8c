// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/steps_trace.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <set>

#include "conformance/base/cli_error.h"
#include "conformance/whitebox/btf_layout.h"
#include "conformance/whitebox/own_directory.h"

namespace sockoracle {
namespace {

constexpr struct {
  std::string_view function, object;
} kSites[] = {
#define SITE(function, object) {function, object},
#include "conformance/whitebox/live_sites.def"
};

// Of the function's `nth` allocation in a call, from 0.
std::string object_of(std::string_view function, int nth = 0) {
  std::vector<std::string_view> objects;
  for (const auto& row : kSites) {
    if (row.function == function) objects.push_back(row.object);
  }
  return objects.empty() ? std::string()
                         : std::string(objects[static_cast<size_t>(nth) % objects.size()]);
}

struct OnlyLive {
  std::string_view function, reason;
};
constexpr OnlyLive kOnlyLive[] = {
#define ONLY_LIVE(function, reason) {function, reason},
#include "conformance/whitebox/live_sites.def"
};

std::string_view reason_without_step(std::string_view function) {
  for (const OnlyLive& row : kOnlyLive) {
    if (row.function == function) return row.reason;
  }
  return {};
}

bool is_freed_unseen(std::string_view object) {
  constexpr std::string_view kObjects[] = {
#define FREED_UNSEEN(object, reason) object,
#include "conformance/whitebox/live_sites.def"
  };
  return std::find(std::begin(kObjects), std::end(kObjects), object) != std::end(kObjects);
}

// -1: no such event.
long event_number(int tracefs, const char* event) {
  const std::string path = std::string("events/") + event + "/id";
  const int fd = openat(tracefs, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return -1;
  char text[32] = "";
  const ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  return got > 0 ? std::strtol(text, nullptr, 10) : -1;
}

// The first program of an event's that knows the kernel's record of it is used.
struct Event {
  step_kind kind;
  const char* program;
  const char* name;
  const char* record;   // in the kernel's BTF; empty: none is read
  const char* without;  // what is not seen where there is no such event; empty: nothing is
};
constexpr Event kEvents[] = {
    {step_enter, "enter", "raw_syscalls/sys_enter", "trace_event_raw_sys_enter", ""},
    {step_exit, "leave", "raw_syscalls/sys_exit", "trace_event_raw_sys_exit", ""},
    {step_alloc, "cache_alloc", "kmem/kmem_cache_alloc", "trace_event_raw_kmem_cache_alloc", ""},
    {step_alloc, "any_alloc", "kmem/kmem_cache_alloc", "trace_event_raw_kmem_alloc", ""},
    {step_alloc, "size_alloc", "kmem/kmalloc", "trace_event_raw_kmalloc", ""},
    {step_alloc, "any_alloc", "kmem/kmalloc", "trace_event_raw_kmem_alloc", ""},
    {step_free, "cache_free", "kmem/kmem_cache_free", "trace_event_raw_kmem_cache_free", ""},
    {step_free, "any_free", "kmem/kmem_cache_free", "trace_event_raw_kmem_free", ""},
    {step_free, "size_free", "kmem/kfree", "trace_event_raw_kfree", ""},
    {step_free, "any_free", "kmem/kfree", "trace_event_raw_kmem_free", ""},
    {step_capable, "capable", "capability/cap_capable", "trace_event_raw_cap_capable",
     "capabilities asked for"},
    {step_module, "module", "module/module_request", "",
     "modules asked for (a kernel without modules?)"},
};

std::vector<const char*> programs_of(const std::vector<TracedEvent>& events) {
  std::vector<const char*> programs;
  for (const TracedEvent& event : events) programs.push_back(event.program);
  return programs;
}

}  // namespace

// The rows that this kernel has, with their numbers.
std::vector<TracedEvent> StepTracer::traced_events() {
  const Descriptor tracefs(detached_mount("tracefs"));
  if (tracefs.get() < 0) throw UnavailableError("tracefs cannot be mounted: " + errno_words(errno));
  const BtfLayout layout;
  std::vector<TracedEvent> events;
  std::set<std::string_view> done;
  for (const Event& event : kEvents) {
    const long number = event_number(tracefs.get(), event.name);
    const bool known = *event.record == '\0' || layout.has_struct(event.record);
    if (number >= 0 && known && done.insert(event.name).second)
      events.push_back({event.program, event.name, number});
  }
  return events;
}

StepTracer::StepTracer() : StepTracer(traced_events()) {}

StepTracer::StepTracer(const std::vector<TracedEvent>& events)
    : programs_(steps_image(), "sockoracle", programs_of(events)) {
  std::set<std::string_view> seen;
  for (const TracedEvent& event : events) {
    attach(event.program, event.number);
    seen.insert(event.name);
  }
  for (const Event& event : kEvents) {
    if (seen.contains(event.name)) continue;
    if (*event.without == '\0')
      throw UnavailableError(std::string("this kernel has no tracepoint ") + event.name);
    missing_[event.kind] = std::string(event.without) + ": no tracepoint " + event.name;
  }
  ring_ = ring_buffer__new(bpf_map__fd(programs_.map("events")), take, this, nullptr);
  if (ring_ == nullptr) throw UnavailableError("no BPF ring buffer: " + errno_words(errno));
}

StepTracer::~StepTracer() { ring_buffer__free(ring_); }

void StepTracer::attach(const char* program, long number) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof attributes;
  attributes.config = static_cast<uint64_t>(number);
  attributes.sample_period = 1;
  const auto fd =
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
  if (fd < 0) throw UnavailableError("no tracepoint can be watched: " + errno_words(errno));
  BpfLink link(bpf_program__attach_perf_event(programs_.program(program), fd));
  if (!link) {
    const int error = errno;
    close(fd);
    throw UnavailableError("no program can be attached to a tracepoint: " + errno_words(error));
  }
  links_.push_back(std::move(link));  // owns the descriptor
}

int StepTracer::take(void* self, void* data, size_t size) {
  step_event event{};
  std::memcpy(&event, data, size < sizeof event ? size : sizeof event);
  static_cast<StepTracer*>(self)->events_.push_back(event);
  return 0;
}

void StepTracer::watch(pid_t thread, uint32_t syscall_number) {
  const step_settings settings{thread, syscall_number};
  programs_.set_globals(&settings, sizeof settings);
  ring_buffer__consume(ring_);
  events_.clear();
}

// How many of the model's objects have not been given back; a security module's share of an inode
// goes with the inode.
int StepTracer::count_held() const {
  std::set<uint64_t> held;  // what a call before took may still come back: not counted
  for (const step_event& event : events_) {
    const std::string object =
        event.kind == step_alloc ? object_of(symbols_.around(event.call_site)) : std::string();
    if (!object.empty() && event.object != 0 && !is_freed_unseen(object)) held.insert(event.object);
    if (event.kind == step_free) held.erase(event.object);
  }
  return static_cast<int>(held.size());
}

LiveCall StepTracer::collect(int patience_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  do {
    ring_buffer__poll(ring_, 2);
  } while (count_held() > 0 && std::chrono::steady_clock::now() < deadline);
  LiveCall call;
  call.held = count_held();
  std::map<uint64_t, LiveStep> objects;    // address: how it was taken
  std::map<std::string, int> allocations;  // by function
  int number = 0;
  bool inside = false;
  for (const step_event& event : events_) {
    LiveStep step{.kind = static_cast<step_kind>(event.kind), .where = {}, .object = {}};
    step.where = symbols_.around(event.call_site);
    step.result = event.result;
    step.capability = event.a;
    step.outside = event.outside != 0;
    switch (step.kind) {
      case step_enter: inside = true; continue;
      case step_exit:
        if (inside) call.result = event.result;
        inside = false;
        continue;
      case step_alloc:
        step.object = object_of(step.where, allocations[step.where]++);
        step.number = ++number;
        step.reason = reason_without_step(step.where);
        objects[event.object] = step;
        break;
      case step_free: {
        const auto found = objects.find(event.object);
        if (found == objects.end()) continue;  // of a call before
        step.number = found->second.number;
        step.object = found->second.object;
        step.reason = found->second.reason;
        objects.erase(found);
        break;
      }
      case step_capable:
      case step_module: break;
    }
    call.steps.push_back(std::move(step));
  }
  const step_settings nobody{0, 0};
  programs_.set_globals(&nobody, sizeof nobody);
  events_.clear();
  return call;
}

}  // namespace sockoracle
