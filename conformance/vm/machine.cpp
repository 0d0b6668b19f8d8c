// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/machine.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_file.h"

namespace sockoracle {
namespace {

std::string replaced(std::string text, std::string_view what, const std::string& with) {
  for (size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
  return text;
}

[[noreturn]] void execute(const std::vector<std::string>& arguments, int out, int log,
                          int failure) {
  std::vector<char*> words;
  for (const std::string& argument : arguments)
    words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // A user-mode kernel aborts when it panics.
  const rlimit no_core{};
  setrlimit(RLIMIT_CORE, &no_core);
  const int nothing = open("/dev/null", O_RDONLY);
  if (nothing >= 0 && dup2(nothing, 0) >= 0 && dup2(out, 1) >= 0 && dup2(log, 2) >= 0) {
    execvp(words[0], words.data());
  }
  const int error = errno;
  const ssize_t ignored = write(failure, &error, sizeof error);
  _exit(ignored > 0 ? 127 : 126);
}

int kill_users_once(const std::string& folder) {
  int found = 0;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const int pid = std::atoi(entry.path().filename().c_str());
    if (pid <= 0 || pid == getpid()) continue;
    std::ifstream file(entry.path() / "cmdline", std::ios::binary);
    const std::string arguments{std::istreambuf_iterator<char>(file), {}};
    if (arguments.find(folder + "/") == std::string::npos) continue;
    kill(pid, SIGKILL);
    ++found;
  }
  return found;
}

// Ends whoever was started with the machine's folder among the arguments. A group is not enough: a
// user-mode kernel begins a session of its own, and a script may have started it. Once is not
// enough: a kernel that is killed while it makes a process leaves that one behind, stopped.
void kill_users_of(const std::string& folder) {
  constexpr int kTries = 100;
  const timespec pause{0, 10 * 1000 * 1000};
  for (int i = 0; i < kTries && kill_users_once(folder) > 0; ++i) nanosleep(&pause, nullptr);
}

// Waits until the other end is closed, by us or by our end, then takes machine and folder away.
[[noreturn]] void keep(const std::string& folder, int lives) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_IGN);
  for (const int fd : {0, 1, 2}) close(fd);
  char byte = 0;
  while (read(lives, &byte, 1) < 0 && errno == EINTR) {
  }
  kill_users_of(folder);
  std::error_code ignored;
  std::filesystem::remove_all(folder, ignored);
  _exit(0);
}

std::string last_line(const std::string& text) {
  size_t end = text.find_last_not_of("\r\n");
  if (end == std::string::npos) return {};
  const size_t begin = text.find_last_of("\r\n", end);
  return text.substr(begin == std::string::npos ? 0 : begin + 1, end - begin);
}

}  // namespace

TemporaryFolder::TemporaryFolder() {
  const char* base = std::getenv("TMPDIR");
  path_ = std::string(base != nullptr ? base : "/tmp") + "/sockoracle-vm-XXXXXX";
  if (mkdtemp(path_.data()) == nullptr) {
    throw UnavailableError(path_ + ": " + std::strerror(errno));
  }
  int lives[2];
  if (pipe2(lives, O_CLOEXEC) != 0) return;
  keeper_ = fork();
  if (keeper_ == 0) {
    close(lives[1]);
    keep(path_, lives[0]);
  }
  close(lives[0]);
  lives_ = lives[1];
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
  if (keeper_ > 0) kill(keeper_, SIGKILL);
  while (keeper_ > 0 && waitpid(keeper_, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (lives_ >= 0) close(lives_);
}

void write_new_file(const std::string& path, std::string_view bytes) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  while (fd >= 0 && !bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  const int error = errno;
  if (fd >= 0) close(fd);
  if (fd < 0 || !bytes.empty()) throw UnavailableError(path + ": " + std::strerror(error));
}

void Machine::send(std::string_view line) {
  requests_ += line;
  requests_ += '\n';
}

void Machine::add_file(const std::string& path, std::string_view bytes, bool executable) {
  for (size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1))
    if (folders_.insert(path.substr(0, at)).second) files_.add_folder(path.substr(0, at));
  files_.add_file(path, bytes, executable);
}

void Machine::boot(const MachineCommand& command, const Modules& modules, bool later) {
  for (const char* folder : {"dev", "proc", "sys", "tmp"}) files_.add_folder(folder);
  files_.add_character_device("dev/console", 5, 1);
  const std::span<const unsigned char> probe = probe_image();
  const std::string_view program(reinterpret_cast<const char*>(probe.data()), probe.size());
  add_file("init", program, true);
  add_file("requests", requests_);
  std::string order;
  for (const auto& [name, bytes] : modules) {
    add_file("modules/" + name + ".ko", bytes);
    order += name + "\n";
  }
  add_file("modules/order", order);
  if (later) {
    add_file("modules/later", {});
    add_file("modules/aliases", alias_lines(modules));
    add_file("modprobe", program, true);
  }
  const std::string initrd = folder_.path() + "/initrd", console = folder_.path() + "/console";
  write_new_file(initrd, files_.finish());
  write_new_file(console, {});
  std::vector<std::string> arguments = command.arguments;
  for (std::string& argument : arguments) {
    argument = replaced(replaced(argument, "{initrd}", initrd), "{console}", console);
    argument = replaced(argument, "{folder}", folder_.path());
  }
  int pipes[2], failure[2];
  if (pipe2(pipes, O_CLOEXEC) != 0 || pipe2(failure, O_CLOEXEC) != 0) fail("cannot have a pipe");
  const std::string log_path = folder_.path() + "/log";
  const int log = open(log_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  started_ = true;
  pid_ = fork();
  if (pid_ == 0) execute(arguments, pipes[1], log, failure[1]);
  close(pipes[1]);
  close(failure[1]);
  if (log >= 0) close(log);
  answers_ = pipes[0];
  int error = pid_ < 0 ? errno : 0;
  const ssize_t count = pid_ < 0 ? 0 : read(failure[0], &error, sizeof error);
  close(failure[0]);
  if (pid_ < 0 || count > 0) {
    std::string text = "cannot start " + arguments[0] + ": " + std::strerror(error);
    if (error == ENOENT && !command.package.empty())
      text += "; it is in Debian's package " + command.package;
    throw UnavailableError(text);
  }
  time_limit_ = command.time_limit;
  silence_ = command.silence;
  deadline_ = std::chrono::steady_clock::now() + time_limit_;
}

Machine::~Machine() { end(); }

void Machine::end() {
  if (answers_ >= 0) close(answers_);
  answers_ = -1;
  if (!started_) return;
  if (pid_ > 0) kill(-pid_, SIGKILL);
  kill_users_of(folder_.path());
  while (pid_ > 0 && waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

// What the kernel said when it died, else its last line, else what the emulator said.
std::string Machine::console_tail() const {
  for (const char* name : {"/console", "/log"}) {
    std::string text;
    try {
      text = load_text(folder_.path() + name);
    } catch (const UsageError&) {
      continue;
    }
    const size_t panic = text.find("Kernel panic");
    if (panic != std::string::npos) return last_line(text.substr(0, text.find('\n', panic)));
    if (!last_line(text).empty()) return "its last words: " + last_line(text).substr(0, 160);
  }
  return "it said nothing";
}

void Machine::fail(const std::string& what) {
  throw UnavailableError("the virtual machine " + what + "; " + console_tail());
}

void Machine::read_more() {
  using std::chrono::milliseconds;
  const auto left =
      std::chrono::duration_cast<milliseconds>(deadline_ - std::chrono::steady_clock::now());
  if (left.count() <= 0)
    fail("was not done after " + std::to_string(time_limit_.count()) + " seconds");
  pollfd waited{answers_, POLLIN, 0};
  const int ready =
      poll(&waited, 1, static_cast<int>(std::min<milliseconds>(silence_, left).count() + 1));
  if (ready < 0 && errno == EINTR) return;
  if (ready == 0 && left > silence_)
    fail("sent nothing for " + std::to_string(silence_.count()) + " seconds");
  if (ready == 0) return;
  char bytes[65536];
  const ssize_t count = read(answers_, bytes, sizeof bytes);
  if (count > 0) {
    frames_.feed({bytes, static_cast<size_t>(count)});
    return;
  }
  if (count < 0 && errno == EINTR) return;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  if (WIFSIGNALED(status)) {
    fail(std::string("was killed by ") + strsignal(WTERMSIG(status)));
  }
  fail(frames_.begun() ? "stopped in the middle of its answers"
                       : "stopped before the probe started");
}

std::string_view Machine::receive() {
  while (!frames_.next_line(&line_)) {
    if (frames_.ended()) {
      if (!frames_.failure().empty()) {
        throw UnavailableError("the probe in the virtual machine " + frames_.failure());
      }
      throw UnavailableError("the probe in the virtual machine answered less than it was asked");
    }
    read_more();
  }
  return line_;
}

}  // namespace sockoracle
