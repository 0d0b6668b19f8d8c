// SPDX-License-Identifier: GPL-2.0-only
// The groups of system calls that SystemCallFilter= knows (syscall_groups.def).
#pragma once

#include <string_view>

namespace sockoracle {

struct SyscallGroup {
  std::string_view name;   // "@network-io"
  std::string_view calls;  // blank separated; groups among them
};

inline constexpr SyscallGroup kSyscallGroups[] = {
#define GROUP(name, calls) {name, calls},
#include "conformance/situation/syscall_groups.def"
};

inline const SyscallGroup* find_syscall_group(std::string_view name) {
  for (const SyscallGroup& group : kSyscallGroups)
    if (group.name == name) return &group;
  return nullptr;
}

}  // namespace sockoracle
