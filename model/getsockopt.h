// SPDX-License-Identifier: GPL-2.0-only
// getsockopt on a fresh socket: which level and option reaches which function of the kernel, for
// each protocol and family, and what that function answers. Levels and options are the ABI's.
#pragma once

#include <cstdint>

#include "model/view.h"

namespace sockoracle {

inline constexpr int32_t kSOL_IP = 0;  // include/linux/socket.h
inline constexpr int32_t kSOL_SOCKET = 1;
inline constexpr int32_t kSOL_TCP = 6;
inline constexpr int32_t kSOL_UDP = 17;
inline constexpr int32_t kSOL_IPV6 = 41;
inline constexpr int32_t kSOL_ICMPV6 = 58;
inline constexpr int32_t kSOL_SCTP = 132;
inline constexpr int32_t kSOL_UDPLITE = 136;
inline constexpr int32_t kSOL_RAW = 255;
inline constexpr int32_t kSOL_PACKET = 263;
inline constexpr int32_t kSOL_MPTCP = 284;
inline constexpr int32_t kSOL_SMC = 286;

struct Sockopt {
  int32_t level;
  int32_t option;
  OptionReader read;
  bool exists;  // in this release; before and after it the option is unknown to its function
};

// net/socket.c:do_sock_getsockopt and all below it
Value getsockopt(const View& view, const Sockopt& sockopt);

}  // namespace sockoracle
