// SPDX-License-Identifier: GPL-2.0-only
// How tasks come to be traced: COMMAND is started so, a running process is attached to.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace sockoracle {

struct Launched {
  pid_t pid = 0;
  bool filtered = false;      // it stops at the entry points only
  bool no_new_privs = false;  // because of that
};

// Runs the command under the filter (unless `every_call`), traced from before its execve; it is
// killed when this process is. Throws UsageError where it cannot be executed.
Launched launch(const std::vector<std::string>& words, bool every_call);

// Attaches to all threads of a process, and has them stop. Throws UsageError where there is none,
// UnavailableError where it may not be traced.
std::vector<pid_t> attach(pid_t pid);

}  // namespace sockoracle
