// SPDX-License-Identifier: GPL-2.0-only
#include "model/sock.h"

#include <cstring>

#include "model/capability.h"
#include "model/module.h"
#include "model/net_namespace.h"
#include "model/slab.h"

namespace sockoracle {

const sock_callback kSockDefWakeup{"sock_def_wakeup"};
const sock_callback kSockDefReadable{"sock_def_readable"};
const sock_callback kSockDefWriteSpace{"sock_def_write_space"};
const sock_callback kSockDefErrorReport{"sock_def_error_report"};
const sock_callback kSockDefDestruct{"sock_def_destruct"};
const sock_callback kSkStreamWriteSpace{"sk_stream_write_space"};

namespace {

// Everything but sk_node.next, which a lock-free lookup may still be following in a recycled
// object. The number of the object is the model's: it stays too.
void clear_but_nulls(Kernel& k, std::string_view function, sock& sk, uint32_t size) {
  const uint32_t object = sk.object;
  char* bytes = reinterpret_cast<char*>(&sk);
  static_assert(offsetof(sock, sk_node_next) == 0);
  std::memset(bytes + sizeof(sk.sk_node_next), 0, size - sizeof(sk.sk_node_next));
  sk.object = object;
  k.step(StepKind::clear, function, 0, object, static_cast<int32_t>(size));
}

// include/net/sock.h
void sk_prot_clear_nulls(Kernel& k, sock& sk, uint32_t size) {
  clear_but_nulls(k, "sk_prot_clear_nulls", sk, size);
}

// net/core/sock.c, until 4.8. It leaves the link of UDP's second hash table alone as well, which
// the model's sock does not have.
void sk_prot_clear_portaddr_nulls(Kernel& k, sock& sk, uint32_t size) {
  clear_but_nulls(k, "sk_prot_clear_portaddr_nulls", sk, size);
}

// net/ipv6/tcp_ipv6.c and udp.c, until 4.8: a lookup may still follow pinet6, too.
void clear_but_pinet6(Kernel& k, std::string_view function, sock& sk, uint32_t size) {
  ipv6_pinfo* const pinet6 = inet_sk(sk).pinet6;
  clear_but_nulls(k, function, sk, size);
  inet_sk(sk).pinet6 = pinet6;
}

void tcp_v6_clear_sk(Kernel& k, sock& sk, uint32_t size) {
  clear_but_pinet6(k, "tcp_v6_clear_sk", sk, size);
}

void udp_v6_clear_sk(Kernel& k, sock& sk, uint32_t size) {
  clear_but_pinet6(k, "udp_v6_clear_sk", sk, size);
}

using ClearSk = void (*)(Kernel& k, sock& sk, uint32_t size);

// prot->clear_sk; null where the proto or the release has none.
ClearSk clear_sk_of(const Kernel& k, ProtoId id) {
  if (!k.has(Behaviour::prot_clear_sk)) return nullptr;
  switch (id) {
// clang-format off
#define CLEAR_SK(id, hook) case ProtoId::id: return hook;
// clang-format on
#include "model/proto.def"
    default: return nullptr;
  }
}

// include/linux/mm.h; until 5.2 only the caller's __GFP_ZERO counts
bool want_init_on_alloc(const Kernel& k, gfp_t priority) {
  return (priority & __GFP_ZERO) != 0 ||
         (k.has(Behaviour::init_on_alloc) && k.world().init_on_alloc);
}

void security_sk_free(Kernel& k, sock& sk) {
  if (!sk.sk_security) return;
  sk.sk_security = false;
  k.step(StepKind::free, "security_sk_free", 0, sk.object);
}

// The blob first: from 6.11 on the core allocates it before it asks the modules, before that
// SELinux, Smack and AppArmor did in their own hooks, which come before the BPF LSM's. A refusal
// after that gives the blob back from 6.11 on; before, sk_prot_alloc only frees the object.
bool security_sk_alloc(Kernel& k, sock& sk, int32_t family, gfp_t priority) {
  (void)family;  // for the modules' hooks
  (void)priority;
  sk.sk_security = false;
  if (k.world().lsm_sk_blob) {
    if (!alloc_untracked(k, "security_sk_alloc")) return false;
    sk.sk_security = true;
  }
  const int32_t refused = k.world().policies.lsm_sk_alloc;
  if (refused == 0) return true;
  k.step(StepKind::security, "security_sk_alloc", -refused, sk.object);
  if (k.has(Behaviour::lsm_sk_blob_in_core)) security_sk_free(k, sk);
  return false;
}

// net/core/sock.c:sk_prot_free
void sk_prot_free(Kernel& k, const proto& prot, sock& sk) {
  security_sk_free(k, sk);
  if (prot.slab != nullptr) kmem_cache_free(k, *prot.slab, &sk);
  else kfree(k, &sk);
  module_put(k, prot.owner);
}

// net/core/sock.c:__sk_destruct, at once: the grace period of SOCK_RCU_FREE is a step, not a wait.
void sk_destruct(Kernel& k, sock& sk) {
  if ((sk.sk_flags & SOCK_RCU_FREE) != 0) k.step(StepKind::release, "call_rcu", 0, sk.object);
  if (sk.sk_destruct != nullptr && sk.sk_destruct->call != nullptr) sk.sk_destruct->call(k, sk);
  net& net = *sk.sk_net;
  if (sk.sk_net_refcnt) put_net(k, net);
  else if (sk.sk_kern_sock && k.has(Behaviour::kernel_sock_passive_netns)) --net.passive;
  sk_prot_free(k, *sk.sk_prot_creator, sk);
}

// net/core/sock.c:__sk_free
void sk_really_free(Kernel& k, sock& sk) {
  if (sk.sk_net_refcnt && k.has(Behaviour::sock_inuse_per_netns)) --sk.sk_net->sock_inuse;
  sk_destruct(k, sk);
}

// Who counts on the network namespace: every socket until 4.1, later the users' only.
void hold_netns(Kernel& k, net& net, sock& sk, bool kern) {
  const bool counted = !kern || !k.has(Behaviour::kern_in_sk_alloc);
  sk.sk_net_refcnt = counted;
  if (counted) {
    get_net(k, net);
    if (k.has(Behaviour::sock_inuse_per_netns)) ++net.sock_inuse;
  } else if (k.has(Behaviour::kernel_sock_passive_netns)) {
    ++net.passive;
  }
  sk.sk_net = &net;
}

}  // namespace

sock* sk_prot_alloc(Kernel& k, const proto& prot, gfp_t priority, int32_t family) {
  kmem_cache* const slab = prot.slab;
  uint32_t object = 0;
  auto* sk = static_cast<sock*>(slab != nullptr ? kmem_cache_alloc(k, *slab, &object)
                                                : kmalloc(k, prot, priority, &object));
  if (sk == nullptr) {
    k.refuse(Rule::sk_alloc_object);
    return nullptr;
  }
  k.pass(Rule::sk_alloc_object);
  sk->object = object;
  if (slab == nullptr) {
    // kmalloc got __GFP_ZERO itself: nothing is left alone.
    if ((priority & __GFP_ZERO) != 0)
      k.step(StepKind::clear, "__GFP_ZERO", 0, object, static_cast<int32_t>(prot.obj_size));
  } else if (want_init_on_alloc(k, priority)) {
    if (const ClearSk clear_sk = clear_sk_of(k, prot.id); clear_sk != nullptr)
      clear_sk(k, *sk, prot.obj_size);
    else sk_prot_clear_nulls(k, *sk, prot.obj_size);
  }
  if (!security_sk_alloc(k, *sk, family, priority)) {
    k.refuse(Rule::lsm_sk_alloc);
    goto out_free;
  }
  k.pass(Rule::lsm_sk_alloc);
  if (!try_module_get(k, prot.owner)) {
    k.refuse(Rule::prot_module_live);
    goto out_free_sec;
  }
  k.pass(Rule::prot_module_live);
  if (k.has(Behaviour::tx_queue_clear_in_prot_alloc)) sk->sk_tx_queue_mapping = -1;
  if (k.has(Behaviour::cgroup_sk_in_prot_alloc)) sk->sk_cgrp_data_set = true;
  return sk;

out_free_sec:
  security_sk_free(k, *sk);
out_free:
  if (slab != nullptr) kmem_cache_free(k, *slab, sk);
  else kfree(k, sk);
  return nullptr;
}

sock* sk_alloc(Kernel& k, net& net, int32_t family, gfp_t priority, const proto& prot, bool kern) {
  sock* sk = sk_prot_alloc(k, prot, priority | __GFP_ZERO, family);
  if (sk == nullptr) return nullptr;
  sk->sk_family = static_cast<uint16_t>(family);
  sk->sk_prot = sk->sk_prot_creator = &prot;
  if (k.has(Behaviour::sk_kern_sock)) sk->sk_kern_sock = kern;
  sk->sk_lock_owned = false;
  hold_netns(k, net, *sk, kern);
  if (k.has(Behaviour::bypass_prot_mem))
    sk->sk_bypass_prot_mem = k.sysctl(Sysctl::bypass_prot_mem) != 0;
  sk->sk_wmem_alloc = 1;
  if (k.has(Behaviour::memcg_sk_alloc)) sk->sk_memcg_set = true;
  if (k.has(Behaviour::cgroup_sk_in_sk_alloc)) sk->sk_cgrp_data_set = true;
  sk->sk_classid = 0;       // sock_update_classid: the caller's net_cls class
  sk->sk_cgrp_prioidx = 0;  // sock_update_netprioidx
  if (k.has(Behaviour::tx_queue_clear_in_sk_alloc)) sk->sk_tx_queue_mapping = -1;
  k.step(StepKind::init, "sk_alloc", 0, sk->object);
  return sk;
}

void sock_init_data(Kernel& k, struct socket* sock, struct sock& sk) {
  sk.sk_rcvbuf = static_cast<int32_t>(k.sysctl(Sysctl::rmem_default));
  sk.sk_sndbuf = static_cast<int32_t>(k.sysctl(Sysctl::wmem_default));
  sk.sk_state = kTCP_CLOSE;
  sk.sk_socket = sock;
  sk.sk_flags |= SOCK_ZAPPED;
  if (sock != nullptr) {
    sk.sk_type = static_cast<uint16_t>(sock->type);
    sk.sk_wq = true;
    sock->sk = &sk;
    if (k.has(Behaviour::sk_uid)) sk.sk_uid = sock->inode_uid;
  } else {
    sk.sk_wq = false;
  }
  sk.sk_state_change = &kSockDefWakeup;
  sk.sk_data_ready = &kSockDefReadable;
  sk.sk_write_space = &kSockDefWriteSpace;
  sk.sk_error_report = &kSockDefErrorReport;
  sk.sk_destruct = &kSockDefDestruct;
  sk.sk_peek_off = -1;
  sk.sk_rcvlowat = 1;
  sk.sk_rcvtimeo = kMAX_SCHEDULE_TIMEOUT;
  sk.sk_sndtimeo = kMAX_SCHEDULE_TIMEOUT;
  sk.sk_stamp = kSK_DEFAULT_STAMP;
  sk.sk_napi_id = 0;
  sk.sk_ll_usec = static_cast<uint32_t>(k.sysctl(Sysctl::busy_read));
  const bool wide = k.has(Behaviour::pacing_rate_64bit);
  sk.sk_pacing_rate = sk.sk_max_pacing_rate = wide ? UINT64_MAX : UINT32_MAX;
  sk.sk_pacing_shift = 10;
  if (k.has(Behaviour::incoming_cpu_unset)) sk.sk_incoming_cpu = -1;
  if (k.has(Behaviour::txrehash) && !k.has(Behaviour::txrehash_from_sysctl))
    sk.sk_txrehash = kSOCK_TXREHASH_DEFAULT;
  sk.sk_rx_queue_mapping = -1;
  sk.sk_refcnt = 1;
  sk.sk_drops = 0;
  k.step(StepKind::init, "sock_init_data", 0, sk.object);
}

// The copy takes over everything but identity, owners and the links of lists. Until 4.13 that
// includes the proto to whose slab it will be given back, which after IPV6_ADDRFORM is not the one
// it is from.
sock* sk_clone_lock(Kernel& k, const sock& sk) {
  const proto& prot = *sk.sk_prot;
  sock* child = sk_prot_alloc(k, prot, GFP_ATOMIC, sk.sk_family);
  if (child == nullptr) return nullptr;
  const uint32_t object = child->object;
  const bool security = child->sk_security;
  // sock_copy: the object is as large as the slab's, which may be less than the parent
  std::memcpy(static_cast<void*>(child), &sk, prot.obj_size);
  child->object = object;
  child->sk_security = security;
  if (k.has(Behaviour::clone_sets_creator)) child->sk_prot_creator = &prot;
  child->sk_node_next = nullptr;
  child->sk_node_pprev = nullptr;
  child->sk_socket = nullptr;
  child->sk_wq = false;
  child->sk_refcnt = 1;
  child->sk_wmem_alloc = 1;
  hold_netns(k, *sk.sk_net, *child, false);
  if (is_inet(*child))
    inet_sk(*child).pinet6 = prot.pinfo == nullptr ? nullptr : prot.pinfo(*child);
  k.step(StepKind::init, "sk_clone_lock", 0, object);
  return child;
}

void sock_orphan(sock& sk) {
  sk.sk_flags |= SOCK_DEAD;
  sk.sk_socket = nullptr;
  sk.sk_wq = false;
}

void sk_free(Kernel& k, sock& sk) {
  if (--sk.sk_wmem_alloc == 0) sk_really_free(k, sk);
}

void sock_put(Kernel& k, sock& sk) {
  if (--sk.sk_refcnt == 0) sk_free(k, sk);
}

void sk_common_release(Kernel& k, sock& sk) {
  k.step(StepKind::release, "sk_common_release", 0, sk.object);
  if (sk.sk_prot->destroy != nullptr) sk.sk_prot->destroy(k, sk);
  sk.sk_prot->unhash(k, sk);
  if (k.has(Behaviour::sk_common_release_clears_sk) && sk.sk_socket != nullptr)
    sk.sk_socket->sk = nullptr;
  sock_orphan(sk);
  sock_put(k, sk);
}

}  // namespace sockoracle
