// SPDX-License-Identifier: GPL-2.0-only
// How a provider shows on a running kernel that it is there.
#pragma once

#include <iterator>
#include <string_view>

#include "model/case.h"

namespace sockoracle {

struct Witness {
  Provider provider;
  std::string_view module;  // "" = none of its own
  std::string_view proto;   // that it registers, as in /proc/net/protocols
};

inline constexpr Witness kWitnesses[] = {
    {Provider::inet, "", "TCP"},
    {Provider::udplite, "", "UDP-Lite"},
    {Provider::mptcp, "", "MPTCP"},
    {Provider::sctp, "sctp", "SCTP"},
    {Provider::dccp, "dccp_ipv4", "DCCP"},
    {Provider::l2tp_ip, "l2tp_ip", "L2TP/IP"},
    {Provider::smc, "smc", "INET_SMC"},
    {Provider::ipv6, "ipv6", "TCPv6"},
    {Provider::packet, "af_packet", "PACKET"},
};
static_assert(std::size(kWitnesses) == kProviderCount);

}  // namespace sockoracle
