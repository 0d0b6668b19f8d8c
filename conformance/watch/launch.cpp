// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/watch/launch.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/process/proc_folder.h"
#include "conformance/process/task_status.h"
#include "conformance/watch/tracing_filter.h"

namespace sockoracle {
namespace {

constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                          PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC;

enum class Said : uint8_t { filtered, no_filter, no_exec };

// What the child tells before it becomes the command.
struct Message {
  Said said;
  bool no_new_privs;
  int error;
};

int ptrace_seize(pid_t task, long options) {
  return ptrace(PTRACE_SEIZE, task, nullptr, options) == 0 ? 0 : errno;
}

[[noreturn]] void become(char* const* words, int go, int say,
                         const std::vector<sock_filter>* filter) {
  char byte = 0;
  if (read(go, &byte, 1) != 1) _exit(127);
  const auto tell = [&](Said said, int error) {
    const Message message{said, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1, error};
    (void)!write(say, &message, sizeof message);
  };
  const int error = filter == nullptr ? ENOSYS : install_filter(*filter);
  tell(error == 0 ? Said::filtered : Said::no_filter, error);
  // As a shell starts it: what this process ignores or holds back is not the command's.
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvp(words[0], words);
  tell(Said::no_exec, errno);
  _exit(127);
}

// Until the child has become the command, or has said why not.
void listen(int say, Launched* out, int* exec_error) {
  Message message{};
  for (ssize_t got = 0; (got = read(say, &message, sizeof message)) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got != sizeof message) return;
    if (message.said == Said::no_exec) *exec_error = message.error;
    if (message.said == Said::filtered) out->filtered = true;
    out->no_new_privs = out->no_new_privs || message.no_new_privs;
  }
}

std::vector<pid_t> threads_of(pid_t pid) {
  std::vector<pid_t> threads;
  DIR* const folder = opendir(("/proc/" + std::to_string(pid) + "/task").c_str());
  if (folder == nullptr) return threads;
  while (const dirent* entry = readdir(folder))
    if (const auto tid = whole_number<int32_t>(entry->d_name)) threads.push_back(*tid);
  closedir(folder);
  return threads;
}

[[noreturn]] void refuse(pid_t pid, int error) {
  const std::string name = "-p " + std::to_string(pid) + ": ";
  const ProcFolder folder(std::to_string(pid));
  const auto status = parse_task_status(folder.text("status").value_or(""));
  if (!status || status->has_ended() || is_kernel_thread(folder.text("stat").value_or("")))
    throw UsageError(name + "accepted is the number of a running process");
  const bool traced =
      folder.text("status").value_or("").find("\nTracerPid:\t0\n") == std::string::npos;
  throw UnavailableError(name +
                         (traced ? "it is traced already, by another program"
                                 : "it may not be traced: " + std::string(std::strerror(error))));
}

}  // namespace

Launched launch(const std::vector<std::string>& words, bool every_call) {
  const std::vector<sock_filter> filter = tracing_filter();
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  int go[2], say[2];
  if (pipe2(go, O_CLOEXEC) != 0 || pipe2(say, O_CLOEXEC) != 0)
    throw UnavailableError(std::string("watch: ") + std::strerror(errno));
  Launched out;
  out.pid = fork();
  if (out.pid == 0) {
    close(go[1]);
    close(say[0]);
    become(argv.data(), go[0], say[1], every_call ? nullptr : &filter);
  }
  const OpenFile ours[] = {OpenFile(go[1]), OpenFile(say[0])};
  close(go[0]);
  close(say[1]);
  const int error =
      out.pid < 0 ? errno
                  : ptrace_seize(out.pid, kOptions | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
  int exec_error = 0;
  if (error == 0 && write(ours[0].get(), "", 1) == 1) listen(ours[1].get(), &out, &exec_error);
  if (error == 0 && exec_error == 0) return out;
  if (out.pid > 0) kill(out.pid, SIGKILL);
  while (out.pid > 0 && waitpid(out.pid, nullptr, __WALL) < 0 && errno == EINTR) continue;
  if (error != 0)
    throw UnavailableError(std::string("watch: a child may not be traced here: ") +
                           std::strerror(error));
  throw UsageError("watch: " + words.front() +
                   ": accepted is a command: " + std::strerror(exec_error));
}

std::vector<pid_t> attach(pid_t pid) {
  std::vector<pid_t> attached;
  // Threads may start meanwhile, of those that are not attached to yet.
  for (bool more = true; more;) {
    more = false;
    for (const pid_t tid : threads_of(pid)) {
      if (std::find(attached.begin(), attached.end(), tid) != attached.end()) continue;
      const int error = ptrace_seize(tid, kOptions);
      if (error == ESRCH) continue;
      if (error != 0 && attached.empty()) refuse(pid, error);
      // One that a traced thread started is traced from its beginning.
      if (error == 0) ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
      attached.push_back(tid);
      more = true;
    }
  }
  if (attached.empty()) refuse(pid, ESRCH);
  return attached;
}

}  // namespace sockoracle
