// SPDX-License-Identifier: GPL-2.0-only
// /proc/N of one process, held open: what is read later is of the same process, or of none.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

namespace sockoracle {

class OpenFile {
 public:
  explicit OpenFile(int fd = -1) : fd_(fd) {}
  ~OpenFile() { replace(-1); }
  OpenFile(OpenFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OpenFile& operator=(OpenFile&& other) noexcept {
    if (this != &other) replace(std::exchange(other.fd_, -1));
    return *this;
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int replace(int fd);  // errno stays
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

class ProcFolder {
 public:
  // "self", or the number of a process or thread. Closed where there is none.
  explicit ProcFolder(const std::string& name);
  bool is_open() const { return folder_.is_open(); }
  bool is_gone() const;  // the process has ended, and was waited for

  OpenFile file(const char* name, int flags = 0) const;  // errno says why it is closed
  std::optional<std::string> text(const char* name) const;
  ino_t inode(const char* name) const;  // of what a link there leads to; 0 where it may not be seen
  // How many entries a folder has, as its size tells since 6.2; nothing where it does not.
  std::optional<uint64_t> size(const char* name) const;

 private:
  OpenFile folder_;
};

ino_t inode_of(int fd);

// All that can be read of an open file from its beginning; nothing where that fails.
std::optional<std::string> text_from_start(int fd);

}  // namespace sockoracle
