// SPDX-License-Identifier: GPL-2.0-only
// A cgroup made for one purpose. The cgroup2 hierarchy is reached through a mount of its own that
// is attached nowhere. The directory is made by a child process, which sees this one end, however
// it ends, and removes it.
#pragma once

#include <sys/types.h>

#include <string>

namespace sockoracle {

class OwnCgroup {
 public:
  OwnCgroup();  // throws UnavailableError with the reason
  ~OwnCgroup();
  OwnCgroup(const OwnCgroup&) = delete;
  OwnCgroup& operator=(const OwnCgroup&) = delete;

  // The directory's path, as every process of root sees it while this one lives.
  const std::string& path() const { return path_; }
  int descriptor() const { return directory_; }

 private:
  void end();

  int mount_ = -1, directory_ = -1, keeper_pipe_ = -1;
  pid_t keeper_ = -1;
  std::string path_;
};

}  // namespace sockoracle
