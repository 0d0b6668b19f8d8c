// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/own_directory.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "conformance/base/cli_error.h"

namespace sockoracle {
namespace {

[[noreturn]] void fail(const char* filesystem, const char* what, int error) {
  throw UnavailableError(std::string("needs a directory of its own in ") + filesystem + ": " +
                         what + ": " + std::strerror(error));
}

void pause_ms(long milliseconds) {
  const timespec time{milliseconds / 1000, milliseconds % 1000 * 1000000};
  nanosleep(&time, nullptr);
}

// Everything but the two descriptors is closed: this process may outlive its parent, and must keep
// no pipe of its open.
void close_others(int one, int other) {
  const long limit = sysconf(_SC_OPEN_MAX);
  for (int fd = 0; fd < (limit > 0 && limit < 65536 ? limit : 65536); ++fd) {
    if (fd != one && fd != other) close(fd);
  }
}

// /proc may belong to a PID namespace above, where our number is somebody else's.
std::string own_number_in_proc() {
  char number[32];
  const ssize_t size = readlink("/proc/self", number, sizeof number);
  return size > 0 ? std::string(number, static_cast<size_t>(size)) : std::to_string(getpid());
}

// What was in it ends with us, and may need a moment for that.
bool remove_directory(int mount, const char* name) {
  constexpr int kTries = 3000;
  for (int i = 0; i < kTries; ++i) {
    if (unlinkat(mount, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return true;
    pause_ms(i < 100 ? 2 : 20);
  }
  return false;
}

// The child: makes the directory, says so, waits for the parent's end, removes it. The processes in
// it are the parent's and end with it.
[[noreturn]] void keep(int mount, const char* name, int said, int parent_lives) {
  setsid();
  for (const int ignored : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) signal(ignored, SIG_IGN);
  const int error = mkdirat(mount, name, 0755) == 0 ? 0 : errno;
  if (error != 0) {
    const ssize_t told = write(said, &error, sizeof error);
    _exit(told > 0 ? 1 : 2);
  }
  // A parent that is gone already hears nothing of it; the directory goes all the same.
  const ssize_t unheard = write(said, &error, sizeof error);
  static_cast<void>(unheard);
  close_others(mount, parent_lives);
  char byte = 0;
  ssize_t got = 0;
  do {
    got = read(parent_lives, &byte, 1);
  } while (got < 0 && errno == EINTR);
  _exit(remove_directory(mount, name) ? 0 : 1);
}

}  // namespace

int detached_mount(const char* filesystem) {
  const auto context = static_cast<int>(syscall(SYS_fsopen, filesystem, FSOPEN_CLOEXEC));
  if (context < 0) return -1;
  int mount = -1;
  if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0) {
    mount = static_cast<int>(syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0));
  }
  const int error = errno;
  close(context);
  errno = error;
  return mount;
}

Descriptor::~Descriptor() {
  if (fd_ >= 0) close(fd_);
}

OwnDirectory::OwnDirectory(const char* filesystem, const char* parent) {
  mount_ = detached_mount(filesystem);
  if (mount_ < 0) fail(filesystem, "fsopen", errno);
  int said[2] = {-1, -1}, lives[2] = {-1, -1};
  if (pipe2(said, O_CLOEXEC) != 0 || pipe2(lives, O_CLOEXEC) != 0) fail(filesystem, "pipe2", errno);
  const pid_t self = getpid();
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  char name[64];
  std::snprintf(name, sizeof name, "%s/sockoracle-%d-%lld-%ld", parent, self,
                static_cast<long long>(now.tv_sec), now.tv_nsec);
  name_ = name;
  keeper_ = fork();
  if (keeper_ == 0) {
    close(lives[1]);
    keep(mount_, name, said[1], lives[0]);
  }
  close(said[1]);
  close(lives[0]);
  keeper_pipe_ = lives[1];
  int error = keeper_ < 0 ? EAGAIN : EPIPE;
  const ssize_t got = read(said[0], &error, sizeof error);
  close(said[0]);
  if (keeper_ > 0 && got == sizeof error && error == 0) {
    directory_ = openat(mount_, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_ < 0) error = errno;
  }
  if (directory_ < 0) {
    end();
    fail(filesystem, "mkdir", error);
  }
  path_ = "/proc/" + own_number_in_proc() + "/fd/" + std::to_string(directory_);
}

OwnDirectory::~OwnDirectory() { end(); }

void OwnDirectory::end() {
  if (directory_ >= 0) close(directory_);
  close(keeper_pipe_);  // the keeper removes the directory
  int status = 0;
  if (keeper_ > 0) {
    while (waitpid(keeper_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  if (WIFSIGNALED(status))  // somebody has killed it
    remove_directory(mount_, name_.c_str());
  close(mount_);
}

}  // namespace sockoracle
