// SPDX-License-Identifier: GPL-2.0-only
// The system calls that `watch` looks at.
#pragma once

#include <cstdint>
#include <span>

namespace sockoracle {

enum class Watched : uint8_t { nothing, socket, socketpair, socketcall, caller, filter };

struct EntryPoint {
  uint32_t arch, number;
  int64_t first;  // -1 = whatever its first argument is
  Watched what;
};
std::span<const EntryPoint> entry_points();

// What a system call is, by its architecture, number and first argument.
Watched watched_call(uint32_t arch, uint64_t number, uint64_t first);

// Whether the calls of this machine are in the table.
bool knows_this_machine();

}  // namespace sockoracle
