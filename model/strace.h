// SPDX-License-Identifier: GPL-2.0-only
// A call in strace's notation: socket(AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_ICMP). Reading and
// printing are total over all 32-bit arguments, and parse(print(call)) == call.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "model/case.h"

namespace sockoracle {

// Longest text print_call can write.
inline constexpr size_t kCallTextMax = 128;

struct CallError {
  size_t position = 0;        // offset of the first character that cannot be read
  std::string_view accepted;  // what could stand there
};

// Reads one call. `consumed` null: nothing but blanks may follow it; else it receives the number of
// characters read, and anything may follow, as in a line of an strace log. Accepted beyond what
// print_call writes: PF_ for AF_, decimal, hexadecimal and octal numbers, as signed or as unsigned
// 32-bit numbers, names and numbers joined by |, comments, htons(), the further arguments of
// socketpair, and socketcall(SYS_SOCKET, [...]).
bool parse_call(std::string_view text, Call* out, CallError* error, size_t* consumed = nullptr);

// The canonical text: the name of each argument where it has one, protocol names in AF_INET and
// AF_INET6 only, protocol 0 as 0. Returns the full length, as value_text does.
size_t print_call(const Call& call, std::span<char> out);

// The parts of that text.
size_t print_family(int32_t family, std::span<char> out);
size_t print_type(int32_t type, std::span<char> out);
size_t print_protocol(int32_t family, int32_t protocol, std::span<char> out);

}  // namespace sockoracle
