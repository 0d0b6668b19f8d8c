// SPDX-License-Identifier: GPL-2.0-only
// AF_, SOCK_, IPPROTO_ and errno names and numbers as constants (kAF_INET ...) and as tables.
// The prefix k keeps them apart from the macros of <sys/socket.h> and <errno.h>.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace sockoracle {

#define SYMBOL_FAMILY(name, number) inline constexpr int32_t kAF_##name = number;
#define SYMBOL_TYPE(name, number) inline constexpr int32_t kSOCK_##name = number;
#define SYMBOL_PROTOCOL(name, number) inline constexpr int32_t kIPPROTO_##name = number;
#define SYMBOL_ERRNO(name, number, text) inline constexpr int32_t kE##name = number;
#include "model/symbols.def"

inline constexpr int32_t kSOCK_MAX = 11;             // include/linux/net.h: SOCK_PACKET + 1
inline constexpr int32_t kSOCK_TYPE_MASK = 0xf;      // include/linux/net.h
inline constexpr int32_t kSOCK_CLOEXEC = 02000000;   // O_CLOEXEC on every architecture but a few
inline constexpr int32_t kSOCK_NONBLOCK = 00004000;  // O_NONBLOCK
inline constexpr int32_t kO_RDWR = 2;
inline constexpr int32_t kCAP_NET_RAW = 13;  // include/uapi/linux/capability.h
inline constexpr int32_t kCAP_SYS_ADMIN = 21;
inline constexpr int32_t kCAP_LAST_CAP = 40;  // CAP_CHECKPOINT_RESTORE, 5.9+

struct Symbol {
  std::string_view name;  // with its prefix: "AF_INET"
  int32_t number;
};

struct ErrnoSymbol {
  std::string_view name;  // "EPERM"
  int32_t number;         // positive
  std::string_view text;  // "Operation not permitted"
};

std::span<const Symbol> family_symbols();
std::span<const Symbol> type_symbols();
std::span<const Symbol> protocol_symbols();
std::span<const ErrnoSymbol> errno_symbols();
std::span<const Symbol> capability_symbols();  // "CAP_NET_RAW"; number is the bit

// The name of a number, or an empty view where it has none.
std::string_view family_name(int32_t family);
std::string_view type_name(int32_t type);
std::string_view protocol_name(int32_t protocol);
// "0" for 0; an empty view for a number that is no errno.
std::string_view errno_name(int32_t error);
std::string_view errno_text(int32_t error);

// The row with that name, or nullptr.
const Symbol* find_symbol(std::span<const Symbol> table, std::string_view name);
const ErrnoSymbol* find_errno(std::string_view name);

}  // namespace sockoracle
