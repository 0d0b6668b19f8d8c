// SPDX-License-Identifier: GPL-2.0-only
// A directory in one of the kernel's file systems, made for one purpose: a cgroup, a trace
// instance. The file system is reached through a mount of its own that is attached nowhere. The
// directory is made by a child process, which sees this one end, however it ends, and removes it.
#pragma once

#include <sys/types.h>

#include <string>

namespace sockoracle {

// A mount that no directory leads to; -1 and errno where the kernel or the caller cannot (before
// 5.2).
int detached_mount(const char* filesystem);

// Closes it at the end.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor();
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

class OwnDirectory {
 public:
  // "cgroup2" or "tracefs"; `parent` lies in it, "." is its root. Throws UnavailableError with the
  // reason.
  explicit OwnDirectory(const char* filesystem, const char* parent = ".");
  ~OwnDirectory();
  OwnDirectory(const OwnDirectory&) = delete;
  OwnDirectory& operator=(const OwnDirectory&) = delete;

  // The directory's path, as every process of root sees it while this one lives.
  const std::string& path() const { return path_; }
  int descriptor() const { return directory_; }

 private:
  void end();

  int mount_ = -1, directory_ = -1, keeper_pipe_ = -1;
  pid_t keeper_ = -1;
  std::string name_, path_;  // the name begins with the parent's
};

}  // namespace sockoracle
