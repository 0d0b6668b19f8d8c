// SPDX-License-Identifier: GPL-2.0-only
#include "model/getsockopt.h"

#include "model/getsockopt_readers.h"

namespace sockoracle {
namespace {

constexpr int32_t kICMP_FILTER = 1;    // include/uapi/linux/icmp.h
constexpr int32_t kIPV6_CHECKSUM = 7;  // include/uapi/linux/in6.h
constexpr int32_t kIPV6_HDRINCL = 36;

struct MptcpRow {
  int32_t level;
  int32_t option;
  Behaviour behaviour;
  OptionReader read;
};
constexpr MptcpRow kMptcpRows[] = {
#define MPTCP_SOCKOPT(level, option, behaviour, reader) \
  {level, option, Behaviour::behaviour, reader},
#include "model/getsockopt_mptcp.def"
};

// The function that handles the level was reached: it knows the option or it does not.
Value known(const View& view, const Sockopt& sockopt) {
  return sockopt.exists && sockopt.read != nullptr ? sockopt.read(view)
                                                   : Value::failed(kENOPROTOOPT);
}

// net/ipv4/ip_sockglue.c:ip_getsockopt
Value ip_getsockopt(const View& view, const Sockopt& sockopt) {
  return sockopt.level == kSOL_IP ? known(view, sockopt) : Value::failed(kEOPNOTSUPP);
}

// net/ipv6/ipv6_sockglue.c:ipv6_getsockopt. A wrong level is another error than in IPv4.
Value ipv6_getsockopt(const View& view, const Sockopt& sockopt) {
  if (sockopt.level == kSOL_IP && view.sk.sk_type != kSOCK_RAW) return ip_getsockopt(view, sockopt);
  if (sockopt.level != kSOL_IPV6) return Value::failed(kENOPROTOOPT);
  // These two belong to raw sockets.
  if (sockopt.option == kIPV6_CHECKSUM || sockopt.option == kIPV6_HDRINCL)
    return Value::failed(kENOPROTOOPT);
  return known(view, sockopt);
}

// What most protocols do with a level that is not their own.
Value af_getsockopt(const View& view, const Sockopt& sockopt) {
  return view.sk.sk_family == kAF_INET6 ? ipv6_getsockopt(view, sockopt)
                                        : ip_getsockopt(view, sockopt);
}

// net/ipv4/udp.c:udp_getsockopt, net/ipv6/udp.c:udpv6_getsockopt
Value udp_getsockopt(const View& view, const Sockopt& sockopt) {
  if (sockopt.level == kSOL_UDP) return known(view, sockopt);
  if (sockopt.level == kSOL_UDPLITE && view.kernel.has(Behaviour::udplite_options))
    return known(view, sockopt);
  return af_getsockopt(view, sockopt);
}

// net/packet/af_packet.c:packet_getsockopt; packet_ops_spkt, the ops of SOCK_PACKET, has none.
Value packet_getsockopt(const View& view, const Sockopt& sockopt) {
  if (view.sk.sk_type == kSOCK_PACKET) return Value::failed(kEOPNOTSUPP);
  return sockopt.level == kSOL_PACKET ? known(view, sockopt) : Value::failed(kENOPROTOOPT);
}

// net/ipv4/raw.c:raw_getsockopt
Value raw_getsockopt(const View& view, const Sockopt& sockopt) {
  if (sockopt.level != kSOL_RAW) return ip_getsockopt(view, sockopt);
  if (sockopt.option != kICMP_FILTER) return Value::failed(kENOPROTOOPT);
  if (!number_is(view.kernel, view.sk.skc_num, kIPPROTO_ICMP)) return Value::failed(kEOPNOTSUPP);
  return known(view, sockopt);
}

// net/ipv6/raw.c:rawv6_getsockopt
Value rawv6_getsockopt(const View& view, const Sockopt& sockopt) {
  const bool own = sockopt.option == kIPV6_CHECKSUM || sockopt.option == kIPV6_HDRINCL;
  switch (sockopt.level) {
    case kSOL_RAW: return own ? known(view, sockopt) : Value::failed(kENOPROTOOPT);
    case kSOL_ICMPV6:
      if (!number_is(view.kernel, view.sk.skc_num, kIPPROTO_ICMPV6))
        return Value::failed(kEOPNOTSUPP);
      return known(view, sockopt);
    case kSOL_IPV6: return own ? known(view, sockopt) : ipv6_getsockopt(view, sockopt);
    default: return ipv6_getsockopt(view, sockopt);
  }
}

// net/mptcp/sockopt.c:mptcp_getsockopt; until 5.12 in protocol.c, and without any option of its
// own.
Value mptcp_getsockopt(const View& view, const Sockopt& sockopt) {
  for (const MptcpRow& row : kMptcpRows)
    if (row.level == sockopt.level && row.option == sockopt.option &&
        view.kernel.has(row.behaviour))
      return row.read(view);
  return Value::failed(kEOPNOTSUPP);
}

// net/smc/af_smc.c:smc_getsockopt: all but SOL_SMC concerns the internal TCP socket.
Value smc_getsockopt(const View& view, const Sockopt& sockopt) {
  if (sockopt.level == kSOL_SMC)
    return sockopt.exists && sockopt.read != nullptr ? sockopt.read(view)
                                                     : Value::failed(kEOPNOTSUPP);
  const struct socket* clcsock = static_cast<const carrier_sock&>(view.sk).first;
  if (clcsock == nullptr) return Value::failed(kEBADF);
  return getsockopt({view.kernel, *clcsock, *clcsock->sk}, sockopt);
}

Value own_level(const View& view, const Sockopt& sockopt, int32_t level) {
  return sockopt.level == level ? known(view, sockopt) : af_getsockopt(view, sockopt);
}

}  // namespace

Value getsockopt(const View& view, const Sockopt& sockopt) {
  if (sockopt.level == kSOL_SOCKET) return known(view, sockopt);  // net/core/sock.c:sk_getsockopt
  switch (view.sk.sk_prot->id) {
    case ProtoId::tcp:
    case ProtoId::tcpv6: return own_level(view, sockopt, kSOL_TCP);
    case ProtoId::udp:
    case ProtoId::udpv6:
    case ProtoId::udplite:
    case ProtoId::udplitev6: return udp_getsockopt(view, sockopt);
    case ProtoId::raw: return raw_getsockopt(view, sockopt);
    case ProtoId::rawv6: return rawv6_getsockopt(view, sockopt);
    case ProtoId::mptcp:
    case ProtoId::mptcpv6: return mptcp_getsockopt(view, sockopt);
    case ProtoId::smc:
    case ProtoId::smc6: return smc_getsockopt(view, sockopt);
    case ProtoId::sctp:
    case ProtoId::sctpv6: return own_level(view, sockopt, kSOL_SCTP);
    // No option of SOL_DCCP is read here.
    case ProtoId::dccp:
    case ProtoId::dccpv6:
    case ProtoId::ping:
    case ProtoId::pingv6:
    case ProtoId::l2tp_ip:
    case ProtoId::l2tp_ip6: return af_getsockopt(view, sockopt);
    case ProtoId::packet: return packet_getsockopt(view, sockopt);
  }
  return Value::failed(kEOPNOTSUPP);
}

}  // namespace sockoracle
