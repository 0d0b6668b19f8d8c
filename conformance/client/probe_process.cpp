// SPDX-License-Identifier: GPL-2.0-only
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "conformance/base/cli_error.h"
#include "conformance/client/probe_client.h"

namespace sockoracle {
namespace {

// Longer than anything the probe does in silence: it answers a grid of 500 calls in milliseconds.
constexpr int kSilenceMs = 60 * 1000;
constexpr int kStepMs = 10;
constexpr size_t kBufferSize = size_t{1} << 20;  // the longest line is far below it

[[noreturn]] void fail_errno(const char* what) {
  throw UnavailableError(std::string("cannot start the probe: ") + what + ": " +
                         std::strerror(errno));
}

bool write_all(int fd, std::span<const unsigned char> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return true;
}

// A descriptor of an executable file with the probe in it: in memory, else a nameless temporary
// file (where memfd_create is missing, or may not be executed).
int open_image(bool in_memory) {
  const std::span<const unsigned char> image = probe_image();
  if (in_memory) {
    const int fd = memfd_create("sockoracle-probe", MFD_CLOEXEC);
    if (fd >= 0 && write_all(fd, image)) return fd;
    if (fd >= 0) close(fd);
    return -1;
  }
  const char* folder = std::getenv("TMPDIR");
  std::string path = std::string(folder != nullptr ? folder : "/tmp") + "/sockoracle-probe-XXXXXX";
  const int writer = mkostemp(path.data(), O_CLOEXEC);
  if (writer < 0) return -1;
  int fd = -1;
  if (write_all(writer, image) && fchmod(writer, 0700) == 0) {
    fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  }
  close(writer);  // a file that somebody can still write is not executed
  const int error = errno;
  unlink(path.c_str());
  errno = error;
  return fd;
}

struct Pipes {
  int request[2] = {-1, -1}, answer[2] = {-1, -1}, failure[2] = {-1, -1};
  ~Pipes() {
    for (const int fd : {request[0], request[1], answer[0], answer[1], failure[0], failure[1]}) {
      if (fd >= 0) close(fd);
    }
  }
};

[[noreturn]] void run_probe(int image, const Pipes& pipes, pid_t parent) {
  char name[] = "sockoracle-probe";
  char* const arguments[] = {name, nullptr};
  char* const environment[] = {nullptr};
  signal(SIGPIPE, SIG_DFL);
  // The terminal's Ctrl-C is for the parent: a probe that lost its parent reads end of input and
  // ends.
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() == parent && dup2(pipes.request[0], STDIN_FILENO) >= 0 &&
      dup2(pipes.answer[1], STDOUT_FILENO) >= 0) {
    fexecve(image, arguments, environment);
  }
  const int error = errno;
  const ssize_t ignored = write(pipes.failure[1], &error, sizeof error);
  _exit(ignored > 0 ? 127 : 126);
}

// 0, or the errno with which the new program could not be executed.
int launch(int image, Pipes& pipes, pid_t* pid) {
  const pid_t parent = getpid();
  *pid = fork();
  if (*pid < 0) return errno;
  if (*pid == 0) run_probe(image, pipes, parent);
  close(pipes.failure[1]);
  pipes.failure[1] = -1;
  int error = 0;
  ssize_t count = 0;
  do {
    count = read(pipes.failure[0], &error, sizeof error);
  } while (count < 0 && errno == EINTR);
  if (count <= 0) return 0;  // closed by the execution
  waitpid(*pid, nullptr, 0);
  *pid = -1;
  return error;
}

}  // namespace

ProbeProcess::ProbeProcess() : buffer_(kBufferSize) {
  // Writing to a probe that died must be an error here, not a signal.
  former_sigpipe_ = signal(SIGPIPE, SIG_IGN);
  int error = 0;
  for (const bool in_memory : {true, false}) {
    Pipes pipes;
    if (pipe2(pipes.request, O_CLOEXEC) != 0 || pipe2(pipes.answer, O_CLOEXEC) != 0 ||
        pipe2(pipes.failure, O_CLOEXEC) != 0) {
      fail_errno("pipe2");
    }
    const int image = open_image(in_memory);
    if (image < 0) {
      error = errno;
      continue;
    }
    error = launch(image, pipes, &pid_);
    close(image);
    if (error != 0) continue;
    to_probe_ = std::exchange(pipes.request[1], -1);
    from_probe_ = std::exchange(pipes.answer[0], -1);
    fcntl(to_probe_, F_SETFL, O_NONBLOCK);
    fcntl(to_probe_, F_SETPIPE_SZ, 1 << 20);  // more in flight, fewer switches; may be refused
    fcntl(from_probe_, F_SETPIPE_SZ, 1 << 20);
    return;
  }
  errno = error;
  fail_errno("execution");
}

ProbeProcess::ProbeProcess(pid_t pid, int to_probe, int from_probe)
    : pid_(pid), to_probe_(to_probe), from_probe_(from_probe), buffer_(kBufferSize) {
  former_sigpipe_ = signal(SIGPIPE, SIG_IGN);
  fcntl(to_probe_, F_SETFL, O_NONBLOCK);
}

void ProbeProcess::finish(int milliseconds) {
  close(std::exchange(to_probe_, -1));
  close(std::exchange(from_probe_, -1));
  for (int waited = 0; pid_ > 0 && waited < milliseconds; waited += kStepMs) {
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) {
      kill(-pid_, SIGKILL);  // what it left behind in its group
      pid_ = -1;
      return;
    }
    poll(nullptr, 0, kStepMs);
  }
}

ProbeProcess::~ProbeProcess() {
  signal(SIGPIPE, former_sigpipe_);
  if (to_probe_ >= 0) close(to_probe_);
  if (from_probe_ >= 0) close(from_probe_);
  if (pid_ <= 0) return;
  kill(-pid_, SIGKILL);  // its own process group: the probe and the contexts it forked
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
}

void ProbeProcess::send(std::string_view line) {
  queued_ += line;
  queued_ += '\n';
}

void ProbeProcess::fail_ended() {
  // A launcher may have lost its probe and go on reading what we say to it.
  close(std::exchange(to_probe_, -1));
  int status = 0;
  pid_t gone = 0;
  for (int waited = 0; gone == 0 && waited < kGraceMs; waited += kStepMs) {
    gone = waitpid(pid_, &status, WNOHANG);
    if (gone == 0) poll(nullptr, 0, kStepMs);
  }
  kill(-pid_, SIGKILL);  // it, or what it left behind in its group
  while (gone == 0 && waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  std::string how = "ended";
  if (gone == 0) {
    how = "closed its output";
  } else if (WIFSIGNALED(status)) {
    how = std::string("was killed by ") + strsignal(WTERMSIG(status));
  } else if (WIFEXITED(status)) {
    how = "ended with status " + std::to_string(WEXITSTATUS(status));
  }
  throw UnavailableError("the probe " + how + " in the middle of its work");
}

// Waits until something moved in either direction.
void ProbeProcess::pump() {
  pollfd waited[2] = {{from_probe_, POLLIN, 0}, {to_probe_, POLLOUT, 0}};
  const nfds_t count = sent_ < queued_.size() ? 2 : 1;
  const int ready = poll(waited, count, kSilenceMs);
  if (ready < 0 && errno == EINTR) return;
  if (ready == 0) {
    throw UnavailableError("the probe said nothing for " + std::to_string(kSilenceMs / 1000) +
                           " seconds");
  }
  if (count == 2 && waited[1].revents != 0) {
    const ssize_t done = write(to_probe_, queued_.data() + sent_, queued_.size() - sent_);
    if (done > 0) sent_ += static_cast<size_t>(done);
    if (done < 0 && errno == EPIPE) fail_ended();
    if (sent_ == queued_.size()) {
      queued_.clear();
      sent_ = 0;
    }
  }
  if (waited[0].revents == 0) return;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) throw UnavailableError("the probe said a line without an end");
  const ssize_t got = read(from_probe_, buffer_.data() + end_, buffer_.size() - end_);
  if (got > 0) end_ += static_cast<size_t>(got);
  if (got == 0) fail_ended();
}

std::string_view ProbeProcess::receive() {
  size_t searched = begin_;
  while (true) {
    const char* newline =
        static_cast<const char*>(std::memchr(buffer_.data() + searched, '\n', end_ - searched));
    if (newline != nullptr) {
      const std::string_view line(buffer_.data() + begin_,
                                  static_cast<size_t>(newline - buffer_.data()) - begin_);
      begin_ += line.size() + 1;
      return line;
    }
    const size_t held = end_ - begin_;
    pump();
    searched = begin_ + held;
  }
}

}  // namespace sockoracle
