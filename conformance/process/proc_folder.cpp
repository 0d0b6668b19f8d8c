// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/proc_folder.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace sockoracle {

int OpenFile::replace(int fd) {
  const int error = errno;
  if (fd_ >= 0) close(fd_);
  errno = error;
  return fd_ = fd;
}

ProcFolder::ProcFolder(const std::string& name)
    : folder_(open(("/proc/" + name).c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)) {}

bool ProcFolder::is_gone() const { return faccessat(folder_.get(), "status", F_OK, 0) != 0; }

OpenFile ProcFolder::file(const char* name, int flags) const {
  return OpenFile(openat(folder_.get(), name, O_RDONLY | O_CLOEXEC | flags));
}

std::optional<std::string> ProcFolder::text(const char* name) const {
  const OpenFile opened = file(name);
  if (!opened.is_open()) return std::nullopt;
  return text_from_start(opened.get());
}

ino_t ProcFolder::inode(const char* name) const {
  struct stat status {};
  return fstatat(folder_.get(), name, &status, 0) == 0 ? status.st_ino : 0;
}

// fs/proc/fd.c:proc_fd_getattr, v6.2: st_size is the number of open files; before, it is 0.
std::optional<uint64_t> ProcFolder::size(const char* name) const {
  struct stat status {};
  if (fstatat(folder_.get(), name, &status, 0) != 0 || status.st_size <= 0) return std::nullopt;
  return static_cast<uint64_t>(status.st_size);
}

ino_t inode_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

std::optional<std::string> text_from_start(int fd) {
  constexpr size_t kMost = 8u << 20;
  std::string text;
  char chunk[4096];
  while (text.size() < kMost) {
    const ssize_t got = pread(fd, chunk, sizeof chunk, static_cast<off_t>(text.size()));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    text.append(chunk, static_cast<size_t>(got));
  }
  return text;
}

}  // namespace sockoracle
