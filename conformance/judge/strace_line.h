// SPDX-License-Identifier: GPL-2.0-only
// One finished line of an strace log, taken apart: the call's name, its arguments, its result.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

inline constexpr uint64_t kNewUser = 0x10000000, kNewNet = 0x40000000;  // CLONE_NEW*
inline constexpr uint32_t kUnchanged = 0xffffffff;                      // (uid_t)-1

struct LoggedLine {
  std::string_view name;  // without the 32 of 32-bit entries that take wide ids: setuid32
  std::vector<std::string_view> arguments;
  std::string_view result;  // its first word
};
// `text` has no comments any more, and outlives the line.
LoggedLine split_line(std::string_view text);
std::string_view argument(const LoggedLine& line, size_t index);
// What -X verbose adds is taken away.
std::string without_comments(std::string_view text);
// "setuid" of "setuid32(0) = 0".
std::string_view name_of_line(std::string_view text);

// "-1", "1000", "0x1ff".
std::optional<uint64_t> number_of_text(std::string_view text);
// The value of a member: "flags=CLONE_VM|SIGCHLD, ..." to the comma that ends it.
std::string_view member_of(std::string_view text, std::string_view name);
// Names and numbers joined by |; only the namespaces' bits matter.
uint64_t clone_flags(std::string_view text);
// "1<<CAP_CHOWN|1<<CAP_KILL", "0", or the two words "0xfeffffff|0x1ff".
std::optional<uint64_t> capability_mask(std::string_view text);

}  // namespace sockoracle
