// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/seccomp_filters.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "conformance/base/text_file.h"
#include "conformance/process/proc_folder.h"
#include "conformance/process/task_status.h"

namespace sockoracle {
namespace {

// include/uapi/linux/ptrace.h; glibc's and the kernel's headers cannot both be included.
constexpr auto kGetFilter = static_cast<__ptrace_request>(0x420c);
constexpr size_t kLongest = 4096;  // BPF_MAXINSNS
constexpr int kPatience = 2000;    // milliseconds: one that sleeps uninterruptibly does not stop

enum Step : int32_t { kSeize, kStop, kRead, kDone };

// What the child writes before each program, and at the end.
struct Part {
  int32_t step, error;
  uint32_t length;
};

// Its length; -1 where that fails, with ENOENT behind the last one.
long filter_at(pid_t task, unsigned long index, sock_filter* room) {
  return ptrace(kGetFilter, task, index, room);
}

// In the child: only system calls. The child's end detaches it, whatever it was doing.
[[noreturn]] void read_filters(int out, pid_t process) {
  static sock_filter program[kLongest];
  const auto put = [&](int32_t step, int32_t error, uint32_t length) {
    const Part part{step, error, length};
    if (write(out, &part, sizeof part) != sizeof part) _exit(1);
  };
  const auto fail = [&](int32_t step) {
    put(step, errno, 0);
    _exit(1);
  };
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (ptrace(PTRACE_SEIZE, process, nullptr, nullptr) != 0) fail(kSeize);
  if (ptrace(PTRACE_INTERRUPT, process, nullptr, nullptr) != 0) fail(kStop);
  int status = 0;
  if (waitpid(process, &status, __WALL) != process || !WIFSTOPPED(status)) {
    errno = ESRCH;
    fail(kStop);
  }
  for (unsigned long i = 0;; ++i) {
    const long length = filter_at(process, i, program);
    if (length < 0 && errno == ENOENT) break;
    if (length < 0) fail(kRead);
    put(kRead, 0, static_cast<uint32_t>(length));
    const size_t bytes = static_cast<size_t>(length) * sizeof(sock_filter);
    if (write(out, program, bytes) != static_cast<ssize_t>(bytes)) _exit(1);
  }
  // A signal that came between waits for the next stop of somebody else: it is handed on.
  const bool event = status >> 16 != 0;
  ptrace(PTRACE_DETACH, process, nullptr, event ? 0L : static_cast<long>(WSTOPSIG(status)));
  put(kDone, 0, 0);
  _exit(0);
}

bool read_all(int in, void* room, size_t size) {
  auto* at = static_cast<char*>(room);
  while (size != 0) {
    pollfd waits{in, POLLIN, 0};
    if (poll(&waits, 1, kPatience) <= 0) return false;
    const ssize_t got = ::read(in, at, size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    at += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

std::string reason_of(const Part& part) {
  if (part.step == kStop) return "the process ended";
  if (part.step == kRead && part.error == EACCES)
    return "not readable without CAP_SYS_ADMIN, nor with a filter of one's own";
  if (part.step == kRead && (part.error == EIO || part.error == EINVAL))
    return "a kernel without CONFIG_CHECKPOINT_RESTORE does not show them";
  if (part.step == kSeize && part.error == EPERM)
    return "the process may not be traced, or is traced already";
  return std::strerror(part.error);
}

void receive(int in, SeccompFilters* out) {
  for (Part part{};;) {
    if (!read_all(in, &part, sizeof part)) {
      out->unknown = "the process does not stop for it";
      return;
    }
    if (part.error != 0) out->unknown = reason_of(part);
    if (part.error != 0 || part.step == kDone) return;
    std::vector<sock_filter> program(part.length > kLongest ? 0 : part.length);
    if (!read_all(in, program.data(), program.size() * sizeof(sock_filter))) continue;
    out->programs.push_back(std::move(program));
  }
}

// Attaching would need it anyway in the end: so that nobody is stopped for nothing.
bool may_ask() {
  constexpr int kCapSysAdmin = 21;
  const auto own = parse_task_status(text_if_there("/proc/self/status").value_or(""));
  return own && own->seccomp == 0 && (own->effective >> kCapSysAdmin & 1) != 0;
}

}  // namespace

SeccompFilters seccomp_filters_of(pid_t process) {
  SeccompFilters out;
  int ends[2];
  if (!may_ask()) {
    out.unknown = reason_of({kRead, EACCES, 0});
  } else if (pipe2(ends, 0) != 0) {
    out.unknown = std::strerror(errno);
  } else {
    const OpenFile in(ends[0]);
    OpenFile theirs(ends[1]);
    const pid_t child = fork();
    if (child == 0) read_filters(theirs.get(), process);
    theirs.replace(-1);
    receive(in.get(), &out);
    if (child > 0) kill(child, SIGKILL);
    while (child > 0 && waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
  }
  if (!out.unknown.empty()) out.programs.clear();
  return out;
}

SeccompFilters filters_of_tracee(pid_t task) {
  SeccompFilters out;
  std::vector<sock_filter> room(kLongest);
  for (unsigned long i = 0;; ++i) {
    const long length = filter_at(task, i, room.data());
    if (length >= 0) {
      out.programs.emplace_back(room.begin(), room.begin() + length);
      continue;
    }
    if (errno != ENOENT) out = {{}, reason_of({kRead, errno, 0})};
    return out;
  }
}

}  // namespace sockoracle
