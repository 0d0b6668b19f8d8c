// SPDX-License-Identifier: GPL-2.0-only
#include "model/af_inet.h"

#include "model/capability.h"
#include "model/module.h"
#include "model/protocols.h"
#include "model/sock.h"

namespace sockoracle {

const sock_callback kInetSockDestruct{"inet_sock_destruct"};

int32_t ipproto_max(const Kernel& k) { return k.has(Behaviour::ipproto_max_263) ? 263 : 256; }

// RHEL 8 takes MPTCP's number, which lies beyond its IPPROTO_MAX.
bool out_of_range(const Kernel& k, const Protocol& protocol) {
  if (k.has(Behaviour::rhel8_mptcp_alias) && protocol == kIPPROTO_MPTCP) return false;
  return protocol < 0 || protocol >= ipproto_max(k);
}

bool is_mptcp_alias(const Kernel& k, const Protocol& protocol) {
  return k.has(Behaviour::rhel8_mptcp_alias) && protocol == kMptcpAlias;
}

// kernel/groups.c:in_egroup_p: the effective group or a supplementary one.
bool current_has_network(Kernel& k) {
  constexpr uint32_t kAidInet = 3003;  // Android, include/linux/android_aid.h
  const Caller& cred = k.world().caller;
  bool member = cred.egid == kAidInet;
  for (size_t i = 0; i < cred.group_count; ++i) member = member || cred.groups[i] == kAidInet;
  return member || capable(k, kCAP_NET_RAW);
}

int __cgroup_bpf_run_filter_sk(Kernel& k, sock& sk) {
  if (!k.has(Behaviour::cgroup_bpf_sock_create)) return 0;
  int32_t refused = k.world().policies.cgroup_sock_create;
  if (refused != 0 && !k.has(Behaviour::cgroup_bpf_retval)) refused = kEPERM;
  if (refused != 0) {
    k.step(StepKind::bpf, "BPF_CGROUP_INET_SOCK_CREATE", -refused, sk.object);
    return k.fail(Rule::cgroup_sock_create, refused);
  }
  k.pass(Rule::cgroup_sock_create);
  return 0;
}

// 3.8 to 3.12: drawn once per boot, by the first socket that is neither raw nor datagram. It is the
// key of the established hash; nothing of it shows.
static void build_ehash_secret(Kernel& k) {
  k.objects().inet_ehash_secret = true;
  k.step(StepKind::set, "inet_ehash_secret");
}

uint8_t bits_of_sk_protocol(const Kernel& k) {
  return k.has(Behaviour::sk_protocol_16bit) ? 16 : 8;
}

void inet_init_csk_locks(Kernel& k, sock& sk) {
  k.step(StepKind::init, "inet_init_csk_locks", 0, sk.object);
}

// Hazards are about one call; which protocols share them is not asked.
void note_number_hazards(Kernel& k, const socket& sock, const inet_sock& inet,
                         const Protocol& protocol) {
  const bool aliased = k.has(Behaviour::rhel8_mptcp_alias) && protocol.value() == kIPPROTO_MPTCP;
  if (!aliased && inet.sk_protocol.number != static_cast<uint32_t>(protocol.value()))
    k.hazard(Hazard::truncated_protocol);
  if (sock.type == kSOCK_RAW && inet.skc_num.number == 0) k.hazard(Hazard::null_get_port);
}

// In the order of v6.12, to be read beside it. What only other releases do stands where theirs do
// it.
// NOLINTNEXTLINE(readability-function-size): one function there, one function here
int inet_create(Kernel& k, net& net, socket& sock, int32_t asked, bool kern) {
  struct sock* sk = nullptr;
  inet_sock* inet = nullptr;
  const inet_protosw* answer = nullptr;
  const proto* answer_prot = nullptr;
  uint8_t answer_flags = 0;
  int32_t match = 0;
  int try_loading_module = 0, err = 0;
  Protocol protocol = k.asked(asked, kern);

  if (!k.objects().inet_ehash_secret && k.has(Behaviour::ehash_secret_in_create) &&
      sock.type != kSOCK_RAW && sock.type != kSOCK_DGRAM)
    build_ehash_secret(k);
  if (k.has(Behaviour::protocol_range_check)) {
    if (out_of_range(k, protocol)) return k.fail(Rule::protocol_range, kEINVAL);
    k.pass(Rule::protocol_range);
  }
  if (k.has(Behaviour::android_paranoid_network)) {
    if (!current_has_network(k)) return k.fail(Rule::android_network, kEACCES);
    k.pass(Rule::android_network);
  }
  if (is_mptcp_alias(k, protocol)) return k.fail(Rule::protocol_known, kEPROTONOSUPPORT);
  sock.state = SS_UNCONNECTED;

  // An entry matches when its number is the one asked for, when the caller asked for 0 or when the
  // entry itself is wild. Both 0 is a miss: that is why SOCK_RAW with protocol 0 finds nothing.
lookup_protocol:
  err = -kESOCKTNOSUPPORT;
  for (answer = k.objects().inetsw[static_cast<size_t>(sock.type)]; answer != nullptr;
       answer = answer->next) {
    const bool wild = answer->protocol == kIPPROTO_IP;
    match = protocol == answer->protocol ? 0 : protocol == kIPPROTO_IP ? 1 : 2;
    if (match == 0 ? !wild : match == 1 || wild) break;
    err = -kEPROTONOSUPPORT;
  }
  if (answer == nullptr) {
    if (++try_loading_module <= 2) {
      request_protocol_module(k, kAF_INET, protocol, try_loading_module == 1 ? sock.type : -1);
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

  sk = sk_alloc(k, net, kAF_INET, GFP_KERNEL, *answer_prot, kern);
  if (sk == nullptr) {
    err = k.fail(k.refused(), k.has(Behaviour::inet_create_enomem) ? kENOMEM : kENOBUFS);
    goto out;
  }
  err = 0;
  inet = &inet_sk(*sk);
  if (!k.has(Behaviour::no_check_split)) {
    inet->sk_no_check = 0;  // answer->no_check: UDP_CSUM_DEFAULT in every entry there ever was
    k.step(StepKind::set, "sk_no_check", 0, inet->object);
  }
  if ((answer_flags & REUSE) != 0) inet->sk_reuse = kSK_CAN_REUSE;
  inet->is_icsk = (answer_flags & ICSK) != 0;
  if (inet->is_icsk && k.has(Behaviour::queue_locks_at_create)) inet_init_csk_locks(k, *sk);
  inet->nodefrag = false;
  if (sock.type == kSOCK_RAW) {
    inet->skc_num = protocol.low_bits(16);
    if (protocol == kIPPROTO_RAW) inet->hdrincl = true;
  }
  inet->pmtudisc = static_cast<uint8_t>(k.sysctl(Sysctl::ip_no_pmtu_disc) != 0 ? kIP_PMTUDISC_DONT
                                                                               : kIP_PMTUDISC_WANT);
  inet->inet_id = 0;

  sock_init_data(k, &sock, *sk);

  inet->sk_destruct = &kInetSockDestruct;
  inet->sk_protocol = protocol.low_bits(bits_of_sk_protocol(k));
  if (k.has(Behaviour::rhel8_mptcp_alias) && protocol.value() == kIPPROTO_MPTCP)
    inet->sk_protocol = {kMptcpAlias, 0};
  inet->sk_backlog_rcv = &inet->sk_prot->backlog_rcv;
  if (k.has(Behaviour::txrehash_from_sysctl))
    inet->sk_txrehash = static_cast<uint8_t>(k.sysctl(Sysctl::txrehash));
  inet->uc_ttl = -1;
  inet->mc_loop = true;
  inet->mc_ttl = 1;
  inet->mc_all = true;
  inet->mc_index = 0;
  inet->mc_list = nullptr;
  inet->rcv_tos = 0;
  k.step(StepKind::init, "inet_create", 0, inet->object);
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
  if (k.has(Behaviour::inet_create_clears_sk)) sock.sk = nullptr;
  goto out;
}

int inet_release(Kernel& k, socket& sock) {
  struct sock* sk = sock.sk;
  if (sk == nullptr) return 0;
  if (k.has(Behaviour::cgroup_bpf_release_hook) && !sk->sk_kern_sock)
    k.step(StepKind::bpf, "BPF_CGROUP_INET_SOCK_RELEASE", 0, sk->object);
  if (!k.has(Behaviour::release_clears_sk_late)) sock.sk = nullptr;
  sk->sk_prot->close(k, *sk);
  sock.sk = nullptr;
  return 0;
}

Registered register_protosw(Kernel& k, std::array<inet_protosw*, kSOCK_MAX>& heads,
                            inet_protosw& entry) {
  if (entry.type < 0 || entry.type >= kSOCK_MAX) return Registered::illegal;
  // The new entry goes behind the last permanent one: before all that may be overridden.
  inet_protosw** place = &heads[static_cast<size_t>(entry.type)];
  for (inet_protosw** link = place; *link != nullptr; link = &(*link)->next) {
    if (((*link)->flags & PERMANENT) == 0) {
      // The loops differ, the outcome does not: permanent entries always come first.
      if (entry.family == kAF_INET && k.has(Behaviour::protosw_loop_stops_early)) break;
      continue;
    }
    if ((*link)->protocol == entry.protocol) return Registered::permanent;
    place = &(*link)->next;
  }
  entry.next = *place;
  *place = &entry;
  entry.registered = true;
  return Registered::ok;
}

bool unregister_protosw(std::array<inet_protosw*, kSOCK_MAX>& heads, inet_protosw& entry) {
  if ((entry.flags & PERMANENT) != 0 || !entry.registered) return false;
  inet_protosw** link = &heads[static_cast<size_t>(entry.type)];
  while (*link != &entry) link = &(*link)->next;
  *link = entry.next;
  entry.next = nullptr;
  entry.registered = false;
  return true;
}

void inet_register_protosw(Kernel& k, inet_protosw& entry) {
  register_protosw(k, k.objects().inetsw, entry);
}

void inet_unregister_protosw(Kernel& k, inet_protosw& entry) {
  unregister_protosw(k.objects().inetsw, entry);
}

// connect() on a socket without a number asks the proto for a port. raw_prot has no get_port: on
// releases that let a raw socket have number 0 the kernel calls a null pointer (CVE-2015-8543).
static void call_null_get_port(sock& sk) {
  int (*volatile get_port)(struct sock & sk, uint16_t number) = nullptr;
  get_port(sk, 0);
}

int inet_autobind(Kernel& k, socket& sock) {
  struct sock* sk = sock.sk;
  if (sk == nullptr || !is_inet(*sk) || !number_is(k, sk->skc_num, 0)) return 0;
  if (!sk->sk_prot->get_port) {
    k.hazard(Hazard::null_get_port);
    if (k.objects().observer) call_null_get_port(*sk);
    return 0;
  }
  if (k.should_fail()) return -kEAGAIN;
  sk->skc_num = {32768};  // some ephemeral port
  if (sk->sk_prot->unhash == ping_unhash) ping_get_port(k, *sk);
  inet_sk(*sk).inet_sport = swapped(sk->skc_num);
  return 0;
}

}  // namespace sockoracle
