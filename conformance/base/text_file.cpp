// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/text_file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "conformance/base/cli_error.h"

namespace sockoracle {
namespace {

// Ctrl-C waits until the temporary file has its name or is gone.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) sigaddset(&set, signal);
    sigprocmask(SIG_BLOCK, &set, &before_);
  }
  ~SignalsBlocked() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

[[noreturn]] void fail_errno(const std::string& path) {
  throw UnavailableError((path == "-" ? "standard output" : path) +
                         ": cannot write: " + std::strerror(errno));
}

}  // namespace

bool write_text(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    text.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

std::optional<std::string> text_if_there(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return std::nullopt;
  std::string text;
  char chunk[16384];
  ssize_t got = 0;
  while ((got = read(fd, chunk, sizeof chunk)) > 0 && text.size() < (8u << 20))
    text.append(chunk, static_cast<size_t>(got));
  close(fd);
  if (got < 0) return std::nullopt;
  return text;
}

void claim_standard_input() {
  static bool claimed = false;
  if (claimed) throw UsageError("-: standard input can be read once: accepted is - in one place");
  claimed = true;
}

std::string name_of_input(const std::string& path) { return path == "-" ? "standard input" : path; }

std::string load_text(const std::string& path, size_t limit) {
  if (path == "-") claim_standard_input();
  const int fd = path == "-" ? STDIN_FILENO : open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) throw UsageError(path + ": " + std::strerror(errno));
  std::string text;
  int error = 0;
  char room[1 << 16];
  while (text.size() <= limit) {
    const ssize_t count = read(fd, room, sizeof room);
    if (count < 0 && errno == EINTR) continue;
    error = count < 0 ? errno : 0;
    if (count <= 0) break;
    text.append(room, static_cast<size_t>(count));
  }
  if (fd != STDIN_FILENO) close(fd);
  if (error != 0) throw UsageError(name_of_input(path) + ": " + std::strerror(error));
  if (text.size() > limit)
    throw UsageError(name_of_input(path) + ": at most " + std::to_string(limit) +
                     " bytes are accepted");
  return text;
}

void write_file_atomically(const std::string& path, std::string_view text) {
  struct stat status {};
  // A pipe, a terminal, /dev/null: nothing to rename there.
  const bool special =
      path == "-" || (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode));
  if (special) {
    const int fd = path == "-" ? STDOUT_FILENO : open(path.c_str(), O_WRONLY | O_CLOEXEC);
    const bool written = fd >= 0 && write_text(fd, text);
    if (!written) fail_errno(path);
    if (fd != STDOUT_FILENO) close(fd);
    return;
  }
  const SignalsBlocked blocked;
  std::string temporary = path + ".XXXXXX";
  const int fd = mkostemp(temporary.data(), O_CLOEXEC);
  if (fd < 0) fail_errno(path);
  const mode_t mask = umask(0);
  umask(mask);
  const bool written = write_text(fd, text) && fchmod(fd, 0666 & ~mask) == 0 && fsync(fd) == 0;
  if (close(fd) != 0 || !written || rename(temporary.c_str(), path.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    errno = error;
    fail_errno(path);
  }
}

}  // namespace sockoracle
