// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/watch/tracer.h"

#include <linux/audit.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/process/proc_folder.h"
#include "conformance/watch/entry_points.h"

namespace sockoracle {
namespace {

constexpr int kTries = 3;  // seconds that a task has to stop for being detached

volatile sig_atomic_t asked_to_end = 0;
volatile sig_atomic_t ticks = 0;

bool syscall_info(pid_t tid, __ptrace_syscall_info* info) {
  if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof *info, info) > 0) return true;
  if (errno == EIO)
    throw UnavailableError("watch: needs PTRACE_GET_SYSCALL_INFO, which came with Linux 5.3");
  return false;  // the task was killed meanwhile
}

bool is_stopping(int signal) {
  return signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

// socketcall's second argument leads to those of the call itself.
bool socketcall_arguments(pid_t tid, uint64_t address, uint32_t* arguments) {
  iovec here{arguments, 3 * sizeof *arguments};
  const iovec there{reinterpret_cast<void*>(static_cast<uintptr_t>(address & UINT32_MAX)),
                    3 * sizeof *arguments};
  return process_vm_readv(tid, &here, 1, &there, 1, 0) == 3 * sizeof *arguments;
}

// Nothing where its arguments cannot be read: the call itself will answer EFAULT.
std::optional<Call> call_of(pid_t tid, Watched what, const uint64_t* arguments) {
  constexpr uint64_t kSysSocket = 1;
  uint32_t words[3];
  for (int i = 0; i < 3; ++i) words[i] = static_cast<uint32_t>(arguments[i]);
  Call call;
  call.entry = what == Watched::socketpair ? Entry::socketpair : Entry::socket;
  if (what == Watched::socketcall) {
    if (!socketcall_arguments(tid, arguments[1], words)) return std::nullopt;
    call.entry = arguments[0] == kSysSocket ? Entry::socketcall : Entry::socketpair;
  }
  call.family = static_cast<int32_t>(words[0]);
  call.type = static_cast<int32_t>(words[1]);
  call.protocol = static_cast<int32_t>(words[2]);
  return call;
}

bool has_pending_sigsys(pid_t tid) {
  const std::string status = ProcFolder(std::to_string(tid)).text("status").value_or("");
  const size_t at = status.find("\nSigPnd:\t");
  return at != std::string::npos &&
         (std::strtoull(status.c_str() + at + 9, nullptr, 16) >> (SIGSYS - 1) & 1) != 0;
}

}  // namespace

Tracer::Tracer(TraceListener& listener, const Launched* launched,
               const std::vector<pid_t>& attached)
    : listener_(listener) {
  if (launched != nullptr) {
    command_ = launched->pid;
    filtered_ = launched->filtered;
    tasks_[command_];
  }
  for (const pid_t tid : attached) tasks_[tid];
}

int Tracer::run() {
  while (!tasks_.empty()) {
    if (asked_to_end != 0 && command_ == 0 && !detaching_) detach_all();
    // Whom the kernel does not stop in time, it detaches when this process ends.
    if (detaching_ && ticks > kTries) break;
    int status = 0;
    const pid_t tid = waitpid(-1, &status, __WALL);
    if (tid < 0 && errno == ECHILD) break;
    if (tid < 0) continue;
    if (WIFSTOPPED(status)) stopped(tid, status);
    else gone(tid, status);
  }
  return command_status_;
}

void Tracer::stopped(pid_t tid, int status) {
  Task& task = tasks_[tid];
  const int signal = WSTOPSIG(status), event = status >> 16;
  task.listening = false;
  if (detaching_) {
    ptrace(PTRACE_DETACH, tid, nullptr, event == 0 && signal != (SIGTRAP | 0x80) ? signal : 0);
    tasks_.erase(tid);
    return;
  }
  if (signal == (SIGTRAP | 0x80) || event == PTRACE_EVENT_SECCOMP) return at_call(tid, task);
  if (event != 0) return at_event(tid, task, event, signal);
  resume(tid, task, signal);
}

void Tracer::at_event(pid_t tid, Task& task, int event, int signal) {
  if (event == PTRACE_EVENT_EXEC) {
    unsigned long former = 0;
    ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &former);
    // The other threads are gone, and the one that called execve has the leader's number now.
    if (static_cast<pid_t>(former) != tid) tasks_.erase(static_cast<pid_t>(former));
    task.pending.reset();
    listener_.executed(tid);
  }
  if (event == PTRACE_EVENT_STOP && is_stopping(signal)) {
    task.listening = ptrace(PTRACE_LISTEN, tid, nullptr, nullptr) == 0;
    return;
  }
  resume(tid, task, 0);
}

void Tracer::at_call(pid_t tid, Task& task) {
  __ptrace_syscall_info info{};
  if (!syscall_info(tid, &info)) return;
  static_assert(sizeof info.entry.args[0] == sizeof(uint64_t));
  uint64_t arguments[6];
  switch (info.op) {
    case PTRACE_SYSCALL_INFO_ENTRY:
      std::memcpy(arguments, info.entry.args, sizeof arguments);
      entered(tid, task, info.arch, info.entry.nr, arguments);
      break;
    case PTRACE_SYSCALL_INFO_SECCOMP:
      // A task that stops at each call was here before.
      std::memcpy(arguments, info.seccomp.args, sizeof arguments);
      if (!task.every_call) entered(tid, task, info.arch, info.seccomp.nr, arguments);
      break;
    case PTRACE_SYSCALL_INFO_EXIT: left(tid, task, info.exit.rval); return;
    default: break;
  }
  resume(tid, task, 0);
}

void Tracer::entered(pid_t tid, Task& task, uint32_t arch, uint64_t number,
                     const uint64_t* arguments) {
  const Watched what = watched_call(arch, number, arguments[0]);
  task.pending.reset();
  task.number = number;
  task.installing = what == Watched::filter;
  if (what == Watched::caller) listener_.caller_changed();
  else if (what != Watched::nothing && what != Watched::filter)
    task.pending = call_of(tid, what, arguments);
}

void Tracer::left(pid_t tid, Task& task, int64_t result) {
  if (task.installing && result >= 0) {
    listener_.caller_changed();
    recheck_all();
    task.every_call = true;
  }
  task.installing = false;
  if (!task.pending) return resume(tid, task, 0);
  SeenCall seen{tid, *task.pending, true, 0, result};
  // SECCOMP_RET_KILL and _TRAP: the call's number is put back, and a signal comes.
  if (static_cast<uint64_t>(result) == task.number && has_pending_sigsys(tid))
    seen = {tid, *task.pending, false, SIGSYS, 0};
  task.pending.reset();
  listener_.stopped_after(seen);
  resume(tid, task, 0);
  listener_.resumed_after(seen);
}

void Tracer::gone(pid_t tid, int status) {
  const auto found = tasks_.find(tid);
  if (found != tasks_.end() && found->second.pending && WIFSIGNALED(status)) {
    const SeenCall seen{tid, *found->second.pending, false, WTERMSIG(status), 0};
    listener_.stopped_after(seen);
    listener_.resumed_after(seen);
  }
  if (tid == command_) command_status_ = status;
  if (found != tasks_.end()) tasks_.erase(found);
  listener_.ended(tid);
}

// A filter may have come to all threads of a process (SECCOMP_FILTER_FLAG_TSYNC).
void Tracer::recheck_all() {
  for (auto& [tid, task] : tasks_) {
    if (task.every_call) continue;
    task.unsure = true;
    ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  }
}

void Tracer::resume(pid_t tid, Task& task, int signal) {
  if (task.unsure && !task.pending) {
    task.every_call = !filtered_ || listener_.has_own_filter(tid);
    task.unsure = false;
  }
  const bool stop = task.every_call || task.pending || task.installing;
  ptrace(stop ? PTRACE_SYSCALL : PTRACE_CONT, tid, nullptr, signal);
}

void Tracer::detach_all() {
  detaching_ = true;
  for (const auto& [tid, task] : tasks_) ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
}

namespace {

pid_t command_of_signals = 0;

constexpr int kEnding[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP};

// What the terminal sends goes to the command as well; what somebody sends to this process alone is
// passed on.
void on_ending(int signal, siginfo_t* info, void*) {
  const int error = errno;
  if (command_of_signals != 0 && info->si_code <= 0) kill(command_of_signals, signal);
  asked_to_end = 1;
  alarm(1);  // should it come just before the wait
  errno = error;
}

void on_alarm(int) {
  ticks = ticks + 1;
  if (asked_to_end != 0 && command_of_signals == 0) alarm(1);
}

}  // namespace

WatchSignals::WatchSignals(pid_t command) {
  command_of_signals = command;
  struct sigaction action {};
  action.sa_sigaction = on_ending;
  action.sa_flags = SA_SIGINFO;
  for (const int signal : kEnding) sigaction(signal, &action, nullptr);
  struct sigaction alarming {};
  alarming.sa_handler = on_alarm;
  sigaction(SIGALRM, &alarming, nullptr);
}

WatchSignals::~WatchSignals() {
  alarm(0);
  for (const int signal : kEnding) ::signal(signal, SIG_DFL);
  ::signal(SIGALRM, SIG_DFL);
}

}  // namespace sockoracle
