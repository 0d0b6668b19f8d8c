// SPDX-License-Identifier: GPL-2.0-only
// /proc/N/status, as far as it says who a task is (fs/proc/array.c:proc_pid_status).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

struct TaskStatus {
  std::string name;
  char state = '?';                      // R, S, D, T, t, Z, X ...
  std::array<uint32_t, 4> uid{}, gid{};  // real, effective, saved, of the file system
  std::vector<uint32_t> groups;
  uint64_t effective = 0;  // CapEff
  bool no_new_privs = false;
  int seccomp = 0;       // 0 off, 1 strict, 2 filters
  int64_t filters = -1;  // how many; -1 before 5.9, which does not say
  bool has_ended() const { return state == 'Z' || state == 'X' || state == 'x'; }
};

// Nothing where it is no such text.
std::optional<TaskStatus> parse_task_status(std::string_view text);

// PF_KTHREAD in the flags of /proc/N/stat (include/linux/sched.h).
bool is_kernel_thread(std::string_view stat);

}  // namespace sockoracle
