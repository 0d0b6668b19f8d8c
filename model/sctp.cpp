// SPDX-License-Identifier: GPL-2.0-only
// net/sctp/socket.c, net/sctp/endpointola.c, net/sctp/protocol.c; SCTP over IPv6 shares all of it.
#include "model/module.h"
#include "model/protocols.h"
#include "model/slab.h"
#include "model/sock.h"

namespace sockoracle {
namespace {

const sock_callback kSctpDestructSock{"sctp_destruct_sock"};
const sock_callback kSctpV6DestructSock{"sctp_v6_destruct_sock"};
const sock_callback kSctpDataReady{"sctp_data_ready"};
const sock_callback kSctpWriteSpace{"sctp_write_space"};

// net/sctp/endpointola.c:sctp_endpoint_init with net.sctp.auth_enable 0, the default
bool sctp_endpoint_new(Kernel& k, sock& sk) {
  if (!alloc_untracked(k, "sctp_endpoint")) return false;
  if (k.has(Behaviour::sctp_endpoint_digest) && !alloc_untracked(k, "sctp_endpoint.digest"))
    return false;
  sk.sk_data_ready = &kSctpDataReady;
  sk.sk_write_space = &kSctpWriteSpace;
  // The endpoint holds its sock. Taken before the last thing that can fail, nobody gives it back.
  const bool hold_last = k.has(Behaviour::sctp_holds_sk_last);
  if (!hold_last) ++sk.sk_refcnt;
  if (!alloc_untracked(k, "sctp_endpoint.null_key")) {
    if (!hold_last) k.hazard(Hazard::leaked_sock);
    return false;
  }
  if (hold_last) ++sk.sk_refcnt;
  return true;
}

// net.sctp.default_auto_asconf: the namespace's addresses are announced to this socket's peers.
void join_auto_asconf(Kernel& k, carrier_sock& sp) {
  if (k.has(Behaviour::sctp_asconf_at_bind)) return;
  if (k.sysctl(Sysctl::sctp_default_auto_asconf) == 0) return;
  sp.do_auto_asconf = true;
  sp.auto_asconf_next = sp.sk_net->sctp.auto_asconf_splist;
  sp.sk_net->sctp.auto_asconf_splist = &sp;
  k.step(StepKind::set, "auto_asconf_splist", 0, sp.object);
}

// The list belongs to addr_wq_lock. Without it the walk of sctp_addr_wq_timeout_handler, which
// holds the lock, does not keep this sock from being freed while the walk has it in hand.
void leave_auto_asconf(Kernel& k, carrier_sock& sp) {
  if (!sp.do_auto_asconf) return;
  sp.do_auto_asconf = false;
  netns_sctp& net = sp.sk_net->sctp;
  if (!net.addr_wq_locked && !k.has(Behaviour::sctp_destroy_locks_asconf)) {
    k.hazard(Hazard::unlocked_list);
    if (k.objects().observer) k.objects().asconf_walker = &sp;
  }
  carrier_sock** link = &net.auto_asconf_splist;
  while (*link != &sp) link = &(*link)->auto_asconf_next;
  *link = sp.auto_asconf_next;
}

}  // namespace

int sctp_init_sock(Kernel& k, sock& sk) {
  if (sk.sk_type != kSOCK_SEQPACKET && sk.sk_type != kSOCK_STREAM)
    return k.fail(Rule::sctp_type, kESOCKTNOSUPPORT);
  k.pass(Rule::sctp_type);
  k.step(StepKind::init, "sctp_init_sock", 0, sk.object);
  // Its defaults are copied from the namespace: still all 0 where sctp_net_init has not run.
  if (sk.sk_net->sctp.local_addr_list.next == nullptr) k.hazard(Hazard::unready_netns);
  if (!sctp_endpoint_new(k, sk)) return k.fail(Rule::sctp_memory, kENOMEM);
  k.pass(Rule::sctp_memory);
  auto& sp = static_cast<carrier_sock&>(sk);
  sp.endpoint = sk.object;
  const bool v6 = sk.sk_family == kAF_INET6 && k.has(Behaviour::inet6_destructor_sctp_dccp);
  sk.sk_destruct = v6 ? &kSctpV6DestructSock : &kSctpDestructSock;
  join_auto_asconf(k, sp);
  return 0;
}

void sctp_destroy_sock(Kernel& k, sock& sk) {
  auto& sp = static_cast<carrier_sock&>(sk);
  if (sp.endpoint == 0) return;
  leave_auto_asconf(k, sp);
  sp.endpoint = 0;
  k.step(StepKind::free, "sctp_endpoint", 0, sk.object);
  sock_put(k, sk);
}

int sctp_hash(Kernel& k, sock& sk) {
  (void)k;
  (void)sk;
  return 0;
}

void sctp_unhash(Kernel& k, sock& sk) {
  (void)k;
  (void)sk;
}

void sctp_close(Kernel& k, sock& sk) {
  netns_sctp& net = sk.sk_net->sctp;
  net.addr_wq_locked = k.has(Behaviour::sctp_close_locks_asconf);
  sk_common_release(k, sk);
  net.addr_wq_locked = false;
}

void sctp_net_init(net& net) { net.sctp.local_addr_list.next = &net.sctp.local_addr_list; }

// The timer of the other CPU goes on with the entry that it had in hand.
void sctp_addr_wq_timeout_handler(Kernel& k) {
  const carrier_sock* sp = k.objects().asconf_walker;
  k.objects().asconf_walker = nullptr;
  k.objects().observed = sp->sk_family;
}

// net/sctp/protocol.c:sctp_copy_local_addr_list
void sctp_connect(Kernel& k, sock& sk) {
  const netns_sctp::list_head& head = sk.sk_net->sctp.local_addr_list;
  if (head.next == nullptr && !k.objects().observer) return;  // met as a hazard at creation
  for (const netns_sctp::list_head* p = head.next; p != &head;) p = p->next;
}

}  // namespace sockoracle
