// SPDX-License-Identifier: GPL-2.0-only
// The sysctls of another network namespace. Their files are opened there, by a child, and read
// here: so ids in them are numbered as for this process.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "conformance/process/proc_folder.h"

namespace sockoracle {

class NetSysctls {
 public:
  // Of the task's network namespace, where need be as somebody in its user namespace. Where that
  // may not be entered, `error()` says why and nothing can be read.
  explicit NetSysctls(const ProcFolder& folder);
  // Of this process's own.
  NetSysctls();
  int error() const { return error_; }
  bool is_initial() const { return is_initial_; }
  // Those of sysctls.def that exist there: text as read. Later reads see later values.
  std::map<std::string, std::string> read() const;

 private:
  std::vector<OpenFile> files_;  // one for each row of sysctls.def
  bool is_initial_ = false;
  int error_ = 0;
};

// Namespaces that were entered once, by their inodes: their files stay open.
class NetNamespaces {
 public:
  // The task's, with the values of now.
  const NetSysctls& of(const ProcFolder& folder, std::map<std::string, std::string>* values);

 private:
  std::map<ino_t, NetSysctls> known_;
};

// This table's entries are there for the initial network namespace only, 3.12 to 7.3.
inline constexpr const char* kInitialNetOnly = "/proc/sys/net/core/netdev_max_backlog";

}  // namespace sockoracle
