// SPDX-License-Identifier: GPL-2.0-only
#include "model/af_inet6.h"

#include "model/af_inet.h"
#include "model/module.h"
#include "model/sock.h"

namespace sockoracle {
namespace {

const sock_callback kInet6SockDestruct{"inet6_sock_destruct"};
constexpr int32_t kIPV6_PMTUDISC_WANT = 1;  // include/uapi/linux/in6.h

// Unlike inet_create, all of this comes after sock_init_data; nodefrag, inet_id and the IPv4 mc_all
// are never set.
void fill(Kernel& k, inet_sock& inet, const socket& sock, const inet_protosw& answer,
          const Protocol& protocol) {
  if ((answer.flags & REUSE) != 0) inet.sk_reuse = kSK_CAN_REUSE;
  inet.is_icsk = (answer.flags & ICSK) != 0;
  if (inet.is_icsk && k.has(Behaviour::queue_locks_at_create))
    k.step(StepKind::init, "inet_init_csk_locks", 0, inet.object);
  if (sock.type == kSOCK_RAW) {
    inet.skc_num = protocol.low_bits(16);
    if (protocol == kIPPROTO_RAW) inet.hdrincl = true;
  }
  inet.sk_destruct =
      k.has(Behaviour::inet6_destructor) ? &kInet6SockDestruct : &kInetSockDestruct;
  inet.sk_family = static_cast<uint16_t>(kAF_INET6);
  inet.sk_protocol = protocol.low_bits(k.has(Behaviour::sk_protocol_16bit) ? 16 : 8);
  inet.sk_backlog_rcv = &answer.prot->backlog_rcv;
  ipv6_pinfo* np = inet.pinet6 = answer.prot->pinfo(inet);
  np->hop_limit = -1;
  np->mcast_hops = 1;
  np->mc_loop = true;
  if (k.has(Behaviour::ipv6_mc_all)) np->mc_all = true;
  np->pmtudisc = kIPV6_PMTUDISC_WANT;
  if (k.has(Behaviour::ipv6_autoflowlabel_field)) np->autoflowlabel = true;
  np->repflow = false;  // net.ipv6.flowlabel_reflect, 0 by default
  inet.sk_ipv6only = static_cast<uint8_t>(k.sysctl(Sysctl::bindv6only));
  if (k.has(Behaviour::txrehash_from_sysctl))
    inet.sk_txrehash = static_cast<uint8_t>(k.sysctl(Sysctl::txrehash));
  inet.uc_ttl = -1;
  inet.mc_loop = true;
  inet.mc_ttl = 1;
  inet.mc_index = 0;
  inet.mc_list = nullptr;
  inet.rcv_tos = 0;
  inet.pmtudisc = static_cast<uint8_t>(
      k.sysctl(Sysctl::ip_no_pmtu_disc) != 0 ? kIP_PMTUDISC_DONT : kIP_PMTUDISC_WANT);
  k.step(StepKind::init, "inet6_create", 0, inet.object);
}

}  // namespace

int inet6_create(Kernel& k, net& net, socket& sock, int32_t asked, bool kern) {
  Protocol protocol(asked, kern ? nullptr : k.path, !kern && k.same != nullptr);
  if (k.has(Behaviour::protocol_range_check)) {
    if (protocol < 0 || protocol >= ipproto_max(k)) return k.fail(Rule::protocol_range, kEINVAL);
    k.pass(Rule::protocol_range);
  }
  int error = 0;
  const inet_protosw* answer = lookup_protosw(k, net, k.objects->inetsw6, kAF_INET6, sock.type,
                                              kern, &protocol, &error);
  if (answer == nullptr) return error;
  sock.ops = answer->ops;
  struct sock* sk = sk_alloc(k, net, kAF_INET6, *answer->prot, kern, kENOBUFS);
  if (sk == nullptr) return -kENOBUFS;
  sock_init_data(k, &sock, *sk);
  inet_sock& inet = inet_sk(*sk);
  fill(k, inet, sock, *answer, protocol);
  note_number_hazards(k, sock, inet, protocol);
  error = hash_init_bpf(k, inet, kern);
  if (error != 0) {
    sk_common_release(k, *sk);
    if (k.has(Behaviour::inet6_create_clears_sk)) sock.sk = nullptr;
  }
  return error;
}

// net/ipv6/ipv6_sockglue.c:do_ipv6_setsockopt. sk_prot_creator stays: the object is from its slab.
void ipv6_addrform(Kernel& k, socket& sock) {
  struct sock& sk = *sock.sk;
  sk.sk_prot = &proto_of(k, ProtoId::tcp);
  sk.sk_family = static_cast<uint16_t>(kAF_INET);
  static_cast<tcp_sock&>(sk).icsk_af_ops = "ipv4_specific";
  module_put(k, sock.ops->owner);
  sock.ops = &ops_of(k, OpsId::inet_stream_ops);
  k.step(StepKind::set, "IPV6_ADDRFORM", 0, sk.object);
}

int inet6_register_protosw(Kernel& k, inet_protosw& entry) {
  switch (register_protosw(k, k.objects->inetsw6, entry)) {
    case Registered::ok: return 0;
    case Registered::permanent: return -kEPERM;
    case Registered::illegal: return -kEINVAL;
  }
  return 0;
}

void inet6_unregister_protosw(Kernel& k, inet_protosw& entry) {
  unregister_protosw(k.objects->inetsw6, entry);
}

}  // namespace sockoracle
