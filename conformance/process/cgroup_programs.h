// SPDX-License-Identifier: GPL-2.0-only
// BPF programs that are asked when a process of that cgroup creates a socket: those attached to the
// cgroup or above it (BPF_CGROUP_INET_SOCK_CREATE).
#pragma once

#include <cstddef>
#include <string>

#include "conformance/process/proc_folder.h"

namespace sockoracle {

struct CgroupPrograms {
  size_t count = 0;
  std::string unknown;  // why it is not known how many there are; empty = it is
};

CgroupPrograms cgroup_programs_of(const ProcFolder& folder);

// The folder below which this process sees the cgroup of that line of /proc/N/cgroup ("0::/a/b"),
// by the text of /proc/self/mountinfo; empty where it sees none.
std::string cgroup_folder(const std::string& cgroup, const std::string& mountinfo);

}  // namespace sockoracle
