// SPDX-License-Identifier: GPL-2.0-only
// How a value is taken out of the model's sock: the vocabulary of getsockopt.def, observables.def
// and getsockopt_mptcp.def. A bit or a number that nothing on the path sets reads `constant<0>`:
// the object came zeroed.
#pragma once

#include <array>
#include <cstdint>
#include <type_traits>

#include "model/kernel.h"
#include "model/view.h"

namespace sockoracle {

// Defaults of per-namespace sysctls that a World does not carry (include/net/tcp.h, ipv6's
// devconf).
inline constexpr int64_t kTcpKeepaliveTime = 7200;  // net.ipv4.tcp_keepalive_time
inline constexpr int64_t kTcpKeepaliveIntvl = 75;   // net.ipv4.tcp_keepalive_intvl
inline constexpr int64_t kTcpKeepaliveProbes = 9;   // net.ipv4.tcp_keepalive_probes
inline constexpr int64_t kTcpSynRetries = 6;        // net.ipv4.tcp_syn_retries
inline constexpr int64_t kTcpFinTimeout = 60;       // net.ipv4.tcp_fin_timeout
inline constexpr int64_t kTcpRtoMaxMs = 120000;     // net.ipv4.tcp_rto_max_ms
inline constexpr int64_t kTcpRtoMinUs = 200000;     // net.ipv4.tcp_rto_min_us
inline constexpr int64_t kIpv6HopLimit = 64;        // net.ipv6.conf.all.hop_limit
// Constants of the kernel.
inline constexpr int64_t kTcpDelackMaxUs = 200000;  // include/net/tcp.h:TCP_DELACK_MAX
inline constexpr int64_t kTcpMssDefault = 536;      // include/net/tcp.h:TCP_MSS_DEFAULT
inline constexpr int64_t kIpv6AddrPreferences =
    0x500;  // PREFER_SRC_PUBTMP_DEFAULT | PREFER_SRC_HOME

template <int64_t number>
Value constant(const View&) {
  return Value::number(number);
}

template <int32_t error>
Value fails(const View&) {
  return Value::failed(error);
}

// A buffer that comes back with that many zero words; none: an empty one.
template <uint8_t count>
Value zeros(const View&) {
  const std::array<int64_t, count> words{};
  return Value::list(words);
}

inline Value text_mptcp(const View&) { return Value::name("mptcp"); }

template <class T>
struct member_class;
template <class Class, class T>
struct member_class<T Class::*> {
  using type = Class;
};
template <auto member>
using class_of = typename member_class<decltype(member)>::type;

// A member of the sock; the row's place says that the sock is of the member's class.
template <auto member>
Value field(const View& view) {
  const auto& value = static_cast<const class_of<member>&>(view.sk).*member;
  if constexpr (std::is_same_v<decltype(value), const sock_num&>) {
    return Value::number(value);
  } else {
    return Value::number(static_cast<int64_t>(value));
  }
}

// A member of the IPv6 control block.
template <auto member>
Value field6(const View& view) {
  const ipv6_pinfo* np = static_cast<const inet_sock&>(view.sk).pinet6;
  return np == nullptr ? Value{} : Value::number(static_cast<int64_t>(np->*member));
}

}  // namespace sockoracle
