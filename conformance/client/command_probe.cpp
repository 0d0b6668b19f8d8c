// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/client/command_probe.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "conformance/base/cli_error.h"

namespace sockoracle {
namespace {

constexpr std::string_view kProbeWord = "{probe}";

struct Pipe {
  int read = -1, write = -1;
  Pipe() {
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
      throw UnavailableError(std::string("pipe2: ") + std::strerror(errno));
    }
    read = ends[0];
    write = ends[1];
  }
  ~Pipe() {
    for (const int fd : {read, write}) {
      if (fd >= 0) close(fd);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
};

// Launchers that are part of this project lie beside its program.
std::string search_path() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  const char* path = std::getenv("PATH");
  const std::string usual = path != nullptr ? path : "/usr/bin:/bin:/usr/sbin:/sbin";
  return error ? usual : self.parent_path().string() + ":" + usual;
}

std::vector<std::string> with_probe(const std::vector<std::string>& words,
                                    const std::string& file) {
  std::vector<std::string> filled = words;
  bool named = false;
  for (std::string& word : filled) {
    for (size_t at = word.find(kProbeWord); at != std::string::npos;
         at = word.find(kProbeWord, at + file.size())) {
      word.replace(at, kProbeWord.size(), file);
      named = true;
    }
  }
  if (!named) filled.push_back(file);
  return filled;
}

// Nobody may change the folder, and only who knows its name can find what is in it: a launcher that
// becomes another user must be able to.
void write_probe(std::string& folder, std::string& file) {
  const char* base = std::getenv("TMPDIR");
  folder = std::string(base != nullptr ? base : "/tmp") + "/sockoracle-launch-XXXXXX";
  const bool made = mkdtemp(folder.data()) != nullptr && chmod(folder.c_str(), 0711) == 0;
  file = folder + "/sockoracle-probe";
  const std::span<const unsigned char> image = probe_image();
  std::FILE* out = made ? std::fopen(file.c_str(), "wbe") : nullptr;
  bool good = out != nullptr && std::fwrite(image.data(), 1, image.size(), out) == image.size();
  const int error = errno;
  if (out != nullptr && std::fclose(out) != 0) good = false;
  if (good && chmod(file.c_str(), 0755) == 0) return;
  unlink(file.c_str());
  rmdir(folder.c_str());
  throw UnavailableError(file + ": " + std::strerror(error));
}

// However this program ends, by a signal nobody can catch as well: a process of its own waits for
// the end of the pipe, then ends the launcher's group and removes the file. Told 0 instead of a
// group, it has nothing to end.
[[noreturn]] void guard(int input, const char* folder, const char* file) {
  setpgid(0, 0);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGPIPE}) signal(number, SIG_IGN);
  pid_t group = 0;
  pid_t told = 0;
  while (true) {
    const ssize_t got = read(input, &told, sizeof told);
    if (got < 0 && errno == EINTR) continue;
    if (got != static_cast<ssize_t>(sizeof told)) break;
    group = told;
  }
  if (group > 0) {
    constexpr useconds_t kStepUs = 20 * 1000;
    for (int waited = 0; waited < kGraceMs * 1000 && kill(-group, 0) == 0;
         waited += static_cast<int>(kStepUs)) {
      usleep(kStepUs);
    }
    kill(-group, SIGKILL);
  }
  unlink(file);
  rmdir(folder);
  _exit(0);
}

// The guard knows the group before there is a launcher: who is killed a moment later leaves none.
void tell_guard(int guard, int failure) {
  const pid_t self = getpid();
  if (setpgid(0, 0) == 0 && write(guard, &self, sizeof self) == static_cast<ssize_t>(sizeof self)) {
    close(guard);
    return;
  }
  const int error = errno;
  const ssize_t ignored = write(failure, &error, sizeof error);
  _exit(ignored > 0 ? 127 : 126);
}

[[noreturn]] void execute(const std::vector<std::string>& words, int input, int output, int errors,
                          int failure) {
  setpgid(0, 0);
  signal(SIGPIPE, SIG_DFL);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  if (dup2(input, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
      dup2(errors, STDERR_FILENO) >= 0 && setenv("PATH", search_path().c_str(), 1) == 0) {
    execvp(arguments[0], arguments.data());
  }
  const int error = errno;
  const ssize_t ignored = write(failure, &error, sizeof error);
  _exit(ignored > 0 ? 127 : 126);
}

void trim_end(std::string& text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
}

}  // namespace

CommandProbe::CommandProbe(const Launch& launch) : name_(launch.words.front()) {
  write_probe(folder_, file_);
  Pipe to_guard;
  guard_pid_ = fork();
  if (guard_pid_ == 0) {
    close(to_guard.write);
    guard(to_guard.read, folder_.c_str(), file_.c_str());
  }
  guard_ = std::exchange(to_guard.write, -1);
  try {
    start(launch, with_probe(launch.words, file_));
  } catch (...) {
    close(guard_);
    waitpid(guard_pid_, nullptr, 0);
    if (errors_ >= 0) close(errors_);
    throw;
  }
}

void CommandProbe::start(const Launch& launch, const std::vector<std::string>& words) {
  Pipe request, answer, failure;
  errors_ = memfd_create("sockoracle-launcher", MFD_CLOEXEC);
  if (errors_ < 0) throw UnavailableError(std::string("memfd_create: ") + std::strerror(errno));
  const pid_t pid = fork();
  if (pid < 0) throw UnavailableError(std::string("fork: ") + std::strerror(errno));
  if (pid == 0) {
    tell_guard(guard_, failure.write);
    execute(words, request.read, answer.write, errors_, failure.write);
  }
  close(std::exchange(failure.write, -1));
  int error = 0;
  ssize_t count = 0;
  do {
    count = read(failure.read, &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) {  // closed by the execution
    process_ = std::make_unique<ProbeProcess>(pid, std::exchange(request.write, -1),
                                              std::exchange(answer.read, -1));
    return;
  }
  waitpid(pid, nullptr, 0);
  const pid_t nobody = 0;
  if (write(guard_, &nobody, sizeof nobody) < 0) error = errno;
  if (error != ENOENT) throw UnavailableError(name_ + ": " + std::strerror(error));
  throw UnavailableError("needs the program " + name_ + ", which is not installed" +
                         (launch.package.empty() ? "" : " (" + launch.package + ")"));
}

CommandProbe::~CommandProbe() {
  process_->finish(kGraceMs);
  process_.reset();
  const pid_t nobody = 0;
  if (write(guard_, &nobody, sizeof nobody) < 0) kill(guard_pid_, SIGKILL);
  close(guard_);
  waitpid(guard_pid_, nullptr, 0);
  close(errors_);
}

// The last line of its standard error, without what would steer a terminal. What container engines
// say after the reason, where to find help, is none.
std::string CommandProbe::last_words() const {
  constexpr off_t kTail = 4096;
  constexpr size_t kShown = 200;
  struct stat info {};
  if (fstat(errors_, &info) != 0) return {};
  char tail[kTail];
  const off_t from = info.st_size > kTail ? info.st_size - kTail : 0;
  const ssize_t got = pread(errors_, tail, sizeof tail, from);
  std::string text(tail, got > 0 ? static_cast<size_t>(got) : 0);
  trim_end(text);
  const auto last_line = [&text] { return text.substr(text.rfind('\n') + 1); };  // npos + 1 is 0
  if (last_line().size() < text.size() && last_line().find("--help") != std::string::npos) {
    text.resize(text.size() - last_line().size());
    trim_end(text);
  }
  text = last_line();
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = ' ';
  }
  return text.substr(0, kShown);
}

std::string_view CommandProbe::receive() {
  try {
    return process_->receive();
  } catch (const UnavailableError& error) {
    const std::string said = last_words();
    throw UnavailableError(name_ + ": " + error.what() + (said.empty() ? "" : ": " + said));
  }
}

std::string first_line_of(const std::vector<std::string>& words) {
  Pipe answer;
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t pid = fork();
  if (pid == 0) execute(words, nothing, answer.write, nothing, answer.write);
  if (nothing >= 0) close(nothing);
  close(std::exchange(answer.write, -1));
  std::string text;
  char chunk[256];
  ssize_t got = 0;
  while ((got = read(answer.read, chunk, sizeof chunk)) > 0 && text.size() < sizeof chunk) {
    text.append(chunk, static_cast<size_t>(got));
  }
  int status = 0;
  if (pid > 0) waitpid(pid, &status, 0);
  if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0) return {};
  text = text.substr(0, text.find('\n'));
  for (char& c : text) {
    if (c < 0x20 || c > 0x7e) c = ' ';
  }
  return text;
}

}  // namespace sockoracle
