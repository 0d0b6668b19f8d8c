// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/steps_trace.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <set>

#include "conformance/cli_error.h"

namespace sockoracle {
namespace {

constexpr struct {
  std::string_view function, object;
} kSites[] = {
#define SITE(function, object) {function, object},
#include "conformance/whitebox/live_sites.def"
};

std::string object_of(std::string_view function) {
  for (const auto& row : kSites) {
    if (row.function == function)
      return std::string(row.object);
  }
  return {};
}

// The tracefs of this kernel, mounted nowhere.
int detached_tracefs() {
  const auto context = static_cast<int>(syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC));
  if (context < 0)
    return -1;
  int mount = -1;
  if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    mount = static_cast<int>(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0));
  }
  close(context);
  return mount;
}

// -1: no such event.
long event_number(int tracefs, const char* event) {
  const std::string path = std::string("events/") + event + "/id";
  const int fd = openat(tracefs, path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  char text[32] = "";
  const ssize_t got = read(fd, text, sizeof text - 1);
  close(fd);
  return got > 0 ? std::strtol(text, nullptr, 10) : -1;
}

struct Event {
  const char* program;
  const char* name;
  bool needed;
  const char* without;  // what is not seen without it
};
constexpr Event kEvents[] = {
    {"enter", "raw_syscalls/sys_enter", true, ""},
    {"leave", "raw_syscalls/sys_exit", true, ""},
    {"cache_alloc", "kmem/kmem_cache_alloc", true, ""},
    {"size_alloc", "kmem/kmalloc", true, ""},
    {"cache_free", "kmem/kmem_cache_free", true, ""},
    {"size_free", "kmem/kfree", true, ""},
    {"capable", "capability/cap_capable", false, "capabilities asked for"},
    {"module", "module/module_request", false, "modules asked for (a kernel without modules?)"},
};

std::vector<const char*> programs_for(int tracefs) {
  std::vector<const char*> programs;
  for (const Event& event : kEvents) {
    if (event_number(tracefs, event.name) >= 0)
      programs.push_back(event.program);
  }
  return programs;
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0)
      close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace

StepTracer::StepTracer()
    : programs_(steps_image(), "sockoracle", programs_for(Descriptor(detached_tracefs()).get())) {
  const Descriptor tracefs(detached_tracefs());
  if (tracefs.get() < 0)
    throw UnavailableError("tracefs cannot be mounted: " + errno_words(errno));
  for (const Event& event : kEvents) {
    const long number = event_number(tracefs.get(), event.name);
    if (number >= 0) {
      attach(event.program, number);
    } else if (event.needed) {
      throw UnavailableError(std::string("this kernel has no tracepoint ") + event.name);
    } else {
      missing_[event.name] = event.without;
    }
  }
  ring_ = ring_buffer__new(bpf_map__fd(programs_.map("events")), take, this, nullptr);
  if (ring_ == nullptr)
    throw UnavailableError("no BPF ring buffer: " + errno_words(errno));
}

StepTracer::~StepTracer() {
  ring_buffer__free(ring_);
}

void StepTracer::attach(const char* program, long number) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof attributes;
  attributes.config = static_cast<uint64_t>(number);
  attributes.sample_period = 1;
  const auto fd =
      static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC));
  if (fd < 0)
    throw UnavailableError("no tracepoint can be watched: " + errno_words(errno));
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

namespace {

// How many of the objects have not been given back.
int count_held(const std::vector<step_event>& events) {
  std::set<uint64_t> held;  // what a call before took may still come back: not counted
  for (const step_event& event : events) {
    if (event.kind == step_alloc && event.object != 0)
      held.insert(event.object);
    if (event.kind == step_free)
      held.erase(event.object);
  }
  return static_cast<int>(held.size());
}

}  // namespace

LiveCall StepTracer::collect(int patience_ms) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(patience_ms);
  do {
    ring_buffer__poll(ring_, 2);
  } while (count_held(events_) > 0 && std::chrono::steady_clock::now() < deadline);
  LiveCall call;
  call.held = count_held(events_);
  std::map<uint64_t, std::pair<int, std::string>> objects;  // address: number, name
  int number = 0;
  bool inside = false;
  for (const step_event& event : events_) {
    LiveStep step{.kind = static_cast<step_kind>(event.kind), .where = {}, .object = {}};
    step.where = symbols_.around(event.call_site);
    step.result = event.result;
    step.capability = event.a;
    step.outside = event.outside != 0;
    switch (step.kind) {
      case step_enter:
        inside = true;
        continue;
      case step_exit:
        if (inside)
          call.result = event.result;
        inside = false;
        continue;
      case step_alloc:
        step.object = object_of(step.where);
        step.number = ++number;
        objects[event.object] = {step.number, step.object};
        break;
      case step_free: {
        const auto found = objects.find(event.object);
        if (found == objects.end())
          continue;  // of a call before
        step.number = found->second.first;
        step.object = found->second.second;
        objects.erase(found);
        break;
      }
      case step_capable:
      case step_module:
        break;
    }
    call.steps.push_back(std::move(step));
  }
  const step_settings nobody{0, 0};
  programs_.set_globals(&nobody, sizeof nobody);
  events_.clear();
  return call;
}

}  // namespace sockoracle
