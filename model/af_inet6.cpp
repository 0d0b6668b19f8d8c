// SPDX-License-Identifier: GPL-2.0-only
#include "model/af_inet6.h"

#include "model/af_inet.h"
#include "model/capability.h"
#include "model/module.h"
#include "model/sock.h"

namespace sockoracle {
namespace {

const sock_callback kInet6SockDestruct{"inet6_sock_destruct"};
constexpr int32_t kIPV6_PMTUDISC_WANT = 1;  // include/uapi/linux/in6.h

}  // namespace

// In the order of v6.12. Unlike inet_create it sets all fields after sock_init_data; nodefrag,
// inet_id and the IPv4 mc_all are never set, and sk_alloc's failure is ENOBUFS on every release.
// NOLINTNEXTLINE(readability-function-size): one function there, one function here
int inet6_create(Kernel& k, net& net, socket& sock, int32_t asked, bool kern) {
  struct sock* sk = nullptr;
  inet_sock* inet = nullptr;
  ipv6_pinfo* np = nullptr;
  const inet_protosw* answer = nullptr;
  const proto* answer_prot = nullptr;
  uint8_t answer_flags = 0;
  int32_t match = 0;
  int try_loading_module = 0, err = 0;
  Protocol protocol = k.asked(asked, kern);

  if (k.has(Behaviour::protocol_range_check)) {
    if (out_of_range(k, protocol)) return k.fail(Rule::protocol_range, kEINVAL);
    k.pass(Rule::protocol_range);
  }
  if (k.has(Behaviour::android_paranoid_network)) {
    if (!current_has_network(k)) return k.fail(Rule::android_network, kEACCES);
    k.pass(Rule::android_network);
  }
  if (is_mptcp_alias(k, protocol)) return k.fail(Rule::protocol_known, kEPROTONOSUPPORT);

lookup_protocol:
  err = -kESOCKTNOSUPPORT;
  for (answer = k.objects().inetsw6[static_cast<size_t>(sock.type)]; answer != nullptr;
       answer = answer->next) {
    const bool wild = answer->protocol == kIPPROTO_IP;
    match = protocol == answer->protocol ? 0 : protocol == kIPPROTO_IP ? 1 : 2;
    if (match == 0 ? !wild : match == 1 || wild) break;
    err = -kEPROTONOSUPPORT;
  }
  if (answer == nullptr) {
    if (++try_loading_module <= 2) {
      request_protocol_module(k, kAF_INET6, protocol, try_loading_module == 1 ? sock.type : -1);
      goto lookup_protocol;
    }
    if (err == -kEPROTONOSUPPORT) k.pass(Rule::type_has_protocols);
    k.fail(err == -kEPROTONOSUPPORT ? Rule::protocol_known : Rule::type_has_protocols, -err);
    goto out_rcu_unlock;
  }
  k.step(StepKind::inetsw_match, answer->prot->name, 0, 0, answer->protocol, match);
  if (match == 1) protocol.rewrite(answer->protocol);
  k.pass(Rule::type_has_protocols);
  k.pass(Rule::protocol_known);

  if (sock.type == kSOCK_RAW) {
    if (!kern && !ns_capable(k, *net.user_ns, kCAP_NET_RAW)) {
      err = k.fail(Rule::raw_needs_net_raw, kEPERM);
      goto out_rcu_unlock;
    }
    k.pass(Rule::raw_needs_net_raw);
  }

  sock.ops = answer->ops;
  answer_prot = answer->prot;
  answer_flags = answer->flags;
  if (answer_prot->slab == nullptr) k.step(StepKind::hazard, "WARN_ON(answer_prot->slab == NULL)");

  sk = sk_alloc(k, net, kAF_INET6, GFP_KERNEL, *answer_prot, kern);
  if (sk == nullptr) {
    err = k.fail(k.refused(), kENOBUFS);
    goto out;
  }
  sock_init_data(k, &sock, *sk);

  err = 0;
  inet = &inet_sk(*sk);
  if ((answer_flags & REUSE) != 0) inet->sk_reuse = kSK_CAN_REUSE;
  inet->is_icsk = (answer_flags & ICSK) != 0;
  if (inet->is_icsk && k.has(Behaviour::queue_locks_at_create)) inet_init_csk_locks(k, *sk);
  if (sock.type == kSOCK_RAW) {
    inet->skc_num = protocol.low_bits(16);
    if (protocol == kIPPROTO_RAW) inet->hdrincl = true;
  }
  inet->sk_destruct = k.has(Behaviour::inet6_destructor) ? &kInet6SockDestruct : &kInetSockDestruct;
  inet->sk_family = static_cast<uint16_t>(kAF_INET6);
  inet->sk_protocol = protocol.low_bits(bits_of_sk_protocol(k));
  if (k.has(Behaviour::rhel8_mptcp_alias) && protocol.value() == kIPPROTO_MPTCP)
    inet->sk_protocol = {kMptcpAlias, 0};
  inet->sk_backlog_rcv = &inet->sk_prot->backlog_rcv;
  np = inet->pinet6 = answer_prot->pinfo(*inet);
  np->hop_limit = -1;
  np->mcast_hops = 1;
  np->mc_loop = true;
  if (k.has(Behaviour::ipv6_mc_all)) np->mc_all = true;
  np->pmtudisc = kIPV6_PMTUDISC_WANT;
  if (k.has(Behaviour::ipv6_autoflowlabel_field)) np->autoflowlabel = true;
  np->repflow = false;  // net.ipv6.flowlabel_reflect, 0 by default
  inet->sk_ipv6only = static_cast<uint8_t>(k.sysctl(Sysctl::bindv6only));
  if (k.has(Behaviour::txrehash_from_sysctl))
    inet->sk_txrehash = static_cast<uint8_t>(k.sysctl(Sysctl::txrehash));
  inet->uc_ttl = -1;
  inet->mc_loop = true;
  inet->mc_ttl = 1;
  inet->mc_index = 0;
  inet->mc_list = nullptr;
  inet->rcv_tos = 0;
  inet->pmtudisc = static_cast<uint8_t>(k.sysctl(Sysctl::ip_no_pmtu_disc) != 0 ? kIP_PMTUDISC_DONT
                                                                               : kIP_PMTUDISC_WANT);
  k.step(StepKind::init, "inet6_create", 0, inet->object);
  note_number_hazards(k, sock, *inet, protocol);

  if (!number_is(k, inet->skc_num, 0)) {
    inet->inet_sport = swapped(inet->skc_num);
    err = inet->sk_prot->hash(k, *inet);
    if (err != 0 && k.has(Behaviour::prot_hash_may_fail)) {
      err = k.fail(Rule::prot_hash, -err);
      goto out_sk_release;
    }
    k.pass(Rule::prot_hash);
    err = 0;
  }
  if (inet->sk_prot->init != nullptr) {
    err = inet->sk_prot->init(k, *inet);
    if (err != 0) goto out_sk_release;
  }
  if (!kern) {
    err = __cgroup_bpf_run_filter_sk(k, *inet);
    if (err != 0) goto out_sk_release;
  }
out:
  return err;
out_rcu_unlock:
  goto out;
out_sk_release:
  sk_common_release(k, *sk);
  if (k.has(Behaviour::inet6_create_clears_sk)) sock.sk = nullptr;
  goto out;
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
  switch (register_protosw(k, k.objects().inetsw6, entry)) {
    case Registered::ok: return 0;
    case Registered::permanent: return -kEPERM;
    case Registered::illegal: return -kEINVAL;
  }
  return 0;
}

void inet6_unregister_protosw(Kernel& k, inet_protosw& entry) {
  unregister_protosw(k.objects().inetsw6, entry);
}

}  // namespace sockoracle
