// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/watch/watch.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/base/terminal.h"
#include "conformance/base/text_file.h"
#include "conformance/process/proc_folder.h"
#include "conformance/process/task_status.h"
#include "conformance/watch/entry_points.h"
#include "conformance/watch/watched_call.h"

namespace sockoracle {
namespace {

// Whether this process has a filter, which its children inherit: it might answer before ours.
bool is_filtered_itself() {
  const auto own = parse_task_status(text_if_there("/proc/self/status").value_or(""));
  return own && own->seccomp != 0;
}

// Who traces without it takes the privileges of what is executed.
bool may_trace_all() {
  constexpr int kCapSysPtrace = 19;
  const auto own = parse_task_status(text_if_there("/proc/self/status").value_or(""));
  return own && (own->effective >> kCapSysPtrace & 1) != 0;
}

// Set-user-ID, set-group-ID, or with file capabilities?
bool gives_privileges(const std::string& program) {
  struct stat status {};
  if (stat(program.c_str(), &status) != 0) return false;
  return (status.st_mode & (S_ISUID | S_ISGID)) != 0 ||
         getxattr(program.c_str(), "security.capability", nullptr, 0) > 0;
}

class Output {
 public:
  explicit Output(const WatchOptions& options) : json_(options.json) {
    const bool standard = options.output.empty() || options.output == "-";
    if (standard) {
      fd_ = options.output.empty() && !options.command.empty() ? STDERR_FILENO : STDOUT_FILENO;
      return;
    }
    own_ = OpenFile(open(options.output.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!own_.is_open()) throw UnavailableError(options.output + ": " + std::strerror(errno));
    fd_ = own_.get();
  }

  bool is_json() const { return json_; }
  // At once: somebody may look on.
  void put(const std::string& text) const {
    if (!write_text(fd_, text))
      throw UnavailableError(std::string("watch: the output: ") + std::strerror(errno));
  }

 private:
  bool json_;
  int fd_ = -1;
  OpenFile own_;
};

class Watcher : public TraceListener {
 public:
  Watcher(const Output& output, const Launched* launched)
      : output_(output),
        worlds_(launched != nullptr && launched->filtered ? 1 : 0),
        takes_privileges_(launched != nullptr && (launched->no_new_privs || !may_trace_all())) {}

  void stopped_after(const SeenCall& seen) override {
    latest_ = {};
    latest_.seen = seen;
    const bool created = seen.finished && seen.result >= 0;
    const int32_t taken = !created ? 0 : seen.call.entry == Entry::socketpair ? 2 : 1;
    latest_.in = worlds_.of(seen.task, taken);
    const Prediction& said = latest_.in->predict(seen.call);
    const bool modelled = said.rule != Rule::family_not_modelled;
    if (seen.finished && modelled && said.error != error_of(seen))
      latest_.in = worlds_.again(seen.task, taken);
    latest_.name = worlds_.name_of(seen.task);
  }

  void resumed_after(const SeenCall&) override {
    latest_.judged = judge_watched(latest_);
    ++counts_[static_cast<size_t>(latest_.judged)];
    output_.put(output_.is_json() ? watched_json(latest_) : text_of_latest());
  }

  void caller_changed() override { worlds_.caller_changed(); }
  void ended(pid_t task) override { worlds_.ended(task); }
  bool has_own_filter(pid_t task) override { return worlds_.has_own_filter(task); }

  void executed(pid_t task) override {
    worlds_.executed(task);
    if (!takes_privileges_ || said_privileges_) return;
    const std::string program = "/proc/" + std::to_string(task) + "/exe";
    if (!gives_privileges(program)) return;
    said_privileges_ = true;
    complain("a program that is executed with more privileges (set-user-ID, file capabilities) "
             "runs without them while it is watched, unless root watches");
  }

  std::string summary() const {
    size_t all = 0;
    for (const size_t count : counts_) all += count;
    const auto count = [&](Judged judged) { return counts_[static_cast<size_t>(judged)]; };
    const size_t checked = count(Judged::ok) + count(Judged::elsewhere) + count(Judged::differs);
    std::string text = plural(all, "call") + ", " + std::to_string(checked) + " checked against " +
                       worlds_.kernel() + "; " + plural(differ(), "differs", "differ") + "\n";
    if (count(Judged::unknown) != 0)
      text += std::to_string(count(Judged::unknown)) +
              " not certain: what else answers was not looked into\n";
    if (count(Judged::outside) != 0)
      text += std::to_string(count(Judged::outside)) + " outside the model: other families\n";
    return text;
  }
  size_t differ() const {
    return counts_[static_cast<size_t>(Judged::differs)] +
           counts_[static_cast<size_t>(Judged::elsewhere)];
  }

 private:
  std::string text_of_latest() const { return watched_text(latest_, worlds_.kernel()); }

  const Output& output_;
  TaskWorlds worlds_;
  const bool takes_privileges_;
  bool said_privileges_ = false;
  WatchedCall latest_;
  size_t counts_[6] = {};
};

int exit_status(int status) {
  constexpr int kSignalled = 128;
  return WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

int command_watch(const WatchOptions& options) {
  if (options.processes.empty() == options.command.empty())
    throw UsageError("watch: accepted is either -p PID or, behind --, a command");
  if (!knows_this_machine())
    throw UnavailableError("watch: knows the system calls of x86 and arm64 only");
  const Output output(options);
  std::optional<Launched> launched;
  std::vector<pid_t> attached;
  if (!options.command.empty()) launched = launch(options.command, is_filtered_itself());
  for (const int32_t pid : options.processes) {
    const std::vector<pid_t> threads = attach(pid);
    attached.insert(attached.end(), threads.begin(), threads.end());
  }
  const WatchSignals signals(launched ? launched->pid : 0);
  Watcher watcher(output, launched ? &*launched : nullptr);
  const int status = Tracer(watcher, launched ? &*launched : nullptr, attached).run();
  if (!options.json) output.put(watcher.summary());
  if (launched) return exit_status(status);
  return watcher.differ() == 0 ? kExitOk : kExitDifference;
}

}  // namespace sockoracle
