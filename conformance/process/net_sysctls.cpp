// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/net_sysctls.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "model/case.h"

namespace sockoracle {
namespace {

// What the child found; the descriptors of those that it could open follow in order.
struct Found {
  int error = 0;
  bool is_initial = false;
  std::array<bool, kSysctlCount> opened{};
};

using Paths = std::array<std::string, kSysctlCount>;

Paths sysctl_paths() {
  Paths paths;
  for (const SysctlRow& row : sysctls()) {
    std::string name(row.name);
    std::replace(name.begin(), name.end(), '.', '/');
    paths[static_cast<size_t>(row.id)] = "/proc/sys/" + name;
  }
  return paths;
}

union Room {
  cmsghdr head;
  char bytes[CMSG_SPACE(sizeof(int) * kSysctlCount)];
};

bool send_found(int socket, const Found& found, const int* fds, size_t count) {
  Room room{};
  iovec part{const_cast<Found*>(&found), sizeof found};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (count != 0) {
    message.msg_control = room.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
    room.head.cmsg_level = SOL_SOCKET;
    room.head.cmsg_type = SCM_RIGHTS;
    room.head.cmsg_len = CMSG_LEN(sizeof(int) * count);
    std::memcpy(CMSG_DATA(&room.head), fds, sizeof(int) * count);
  }
  return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof found;
}

// In the child: only system calls, for other threads may have held locks.
[[noreturn]] void enter_and_open(int socket, int net, int user, const Paths& paths) {
  Found found;
  int fds[kSysctlCount];
  size_t count = 0;
  // Who is no administrator here may be one there: as the namespace's owner.
  if (setns(net, CLONE_NEWNET) != 0 &&
      (setns(user, CLONE_NEWUSER) != 0 || setns(net, CLONE_NEWNET) != 0)) {
    found.error = errno;
  } else {
    found.is_initial = access(kInitialNetOnly, F_OK) == 0;
    for (size_t i = 0; i < kSysctlCount; ++i) {
      const int fd = open(paths[i].c_str(), O_RDONLY | O_CLOEXEC);
      found.opened[i] = fd >= 0;
      if (fd >= 0) fds[count++] = fd;
    }
  }
  _exit(send_found(socket, found, fds, count) ? 0 : 1);
}

bool receive_found(int socket, Found* found, std::vector<OpenFile>* files) {
  Room room{};
  iovec part{found, sizeof *found};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room.bytes;
  message.msg_controllen = sizeof room.bytes;
  ssize_t got = 0;
  while ((got = recvmsg(socket, &message, MSG_CMSG_CLOEXEC)) < 0 && errno == EINTR) continue;
  const cmsghdr* const head = CMSG_FIRSTHDR(&message);
  const size_t count = head == nullptr ? 0 : (head->cmsg_len - CMSG_LEN(0)) / sizeof(int);
  int fds[kSysctlCount];
  if (count != 0) std::memcpy(fds, CMSG_DATA(head), sizeof(int) * count);
  const bool whole = got == sizeof *found;
  size_t next = 0;
  for (size_t i = 0; i < kSysctlCount; ++i) {
    const bool here = whole && found->opened[i] && next < count;
    files->emplace_back(here ? fds[next++] : -1);
  }
  for (; next < count; ++next) close(fds[next]);
  return whole;
}

}  // namespace

NetSysctls::NetSysctls(const ProcFolder& folder) {
  const OpenFile net = folder.file("ns/net"), user = folder.file("ns/user");
  int ends[2];
  if (!net.is_open() || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    error_ = errno;
    return;
  }
  const OpenFile ours(ends[0]);
  OpenFile theirs(ends[1]);
  const Paths paths = sysctl_paths();
  const pid_t child = fork();
  if (child == 0) enter_and_open(theirs.get(), net.get(), user.get(), paths);
  error_ = child < 0 ? errno : 0;
  theirs.replace(-1);
  Found found;
  if (child > 0 && !receive_found(ours.get(), &found, &files_)) error_ = EIO;
  if (error_ == 0) error_ = found.error;
  is_initial_ = found.is_initial;
  while (child > 0 && waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
}

NetSysctls::NetSysctls() : is_initial_(access(kInitialNetOnly, F_OK) == 0) {
  for (const std::string& path : sysctl_paths())
    files_.emplace_back(open(path.c_str(), O_RDONLY | O_CLOEXEC));
}

const NetSysctls& NetNamespaces::of(const ProcFolder& folder,
                                    std::map<std::string, std::string>* values) {
  constexpr size_t kMost = 64;
  const ino_t inode = folder.inode("ns/net");
  const bool own = inode == ProcFolder("self").inode("ns/net");
  if (const auto found = known_.find(inode); found != known_.end()) {
    *values = found->second.read();
    if (!values->empty()) return found->second;
    known_.erase(found);  // the namespace has gone, and its number was given to another one
  }
  if (known_.size() >= kMost) known_.clear();
  const NetSysctls& there =
      known_.emplace(inode, own ? NetSysctls() : NetSysctls(folder)).first->second;
  *values = there.read();
  return there;
}

std::map<std::string, std::string> NetSysctls::read() const {
  std::map<std::string, std::string> values;
  for (size_t i = 0; i < files_.size(); ++i) {
    if (!files_[i].is_open()) continue;
    std::optional<std::string> text = text_from_start(files_[i].get());
    if (!text) continue;
    while (!text->empty() && text->back() == '\n') text->pop_back();
    values[std::string(sysctls()[i].name)] = std::move(*text);
  }
  return values;
}

}  // namespace sockoracle
