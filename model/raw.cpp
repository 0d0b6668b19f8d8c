// SPDX-License-Identifier: GPL-2.0-only
// net/ipv4/raw.c, net/ipv6/raw.c, net/l2tp/l2tp_ip.c and l2tp_ip6.c: socks that are hashed at
// creation.
#include "model/protocols.h"
#include "model/sock.h"

namespace sockoracle {

void sk_add_node(Kernel& k, sock& sk, std::string_view table) {
  sk.sk_node_pprev = &sk.sk_node_next;  // non-null: hashed
  sk.sk_node_next = nullptr;
  ++sk.sk_refcnt;  // the table's reference
  k.step(StepKind::hash, table, 0, sk.object);
}

bool sk_del_node_init(Kernel& k, sock& sk, std::string_view table) {
  if (sk.sk_node_pprev == nullptr) return false;
  sk.sk_node_pprev = nullptr;
  --sk.sk_refcnt;  // __sock_put: never the last one
  k.step(StepKind::unhash, table, 0, sk.object);
  return true;
}

int raw_hash_sk(Kernel& k, sock& sk) {
  sk_add_node(k, sk, "raw_hashinfo");
  if (k.has(Behaviour::raw_rcu_free)) sk.sk_flags |= SOCK_RCU_FREE;
  static_cast<raw_sock&>(sk).hashed = true;
  return 0;
}

void raw_unhash_sk(Kernel& k, sock& sk) {
  if (sk_del_node_init(k, sk, "raw_hashinfo")) static_cast<raw_sock&>(sk).hashed = false;
}

int raw_sk_init(Kernel& k, sock& sk) {
  if (number_is(k, sk.skc_num, kIPPROTO_ICMP)) static_cast<raw_sock&>(sk).filter = 0;
  static const NamesByRelease function("raw_init 5.0:raw_sk_init");
  k.step(StepKind::init, function.on(k.world().release), 0, sk.object);
  return 0;
}

int rawv6_init_sk(Kernel& k, sock& sk) {
  k.step(StepKind::init, "rawv6_init_sk", 0, sk.object);
  return 0;
}

void raw_destroy(Kernel& k, sock& sk) { k.step(StepKind::release, "raw_destroy", 0, sk.object); }

void raw6_destroy(Kernel& k, sock& sk) { k.step(StepKind::release, "raw6_destroy", 0, sk.object); }

void raw_close(Kernel& k, sock& sk) { sk_common_release(k, sk); }

// l2tp_ip_open sets the number itself, so that autobind never runs, and hashes.
int l2tp_ip_open(Kernel& k, sock& sk) {
  sk.skc_num = {kIPPROTO_L2TP};
  k.step(StepKind::init, "l2tp_ip_open", 0, sk.object);
  return l2tp_ip_hash(k, sk);
}

void l2tp_ip_destroy_sock(Kernel& k, sock& sk) {
  k.step(StepKind::release, "l2tp_ip_destroy_sock", 0, sk.object);
}

int l2tp_ip_hash(Kernel& k, sock& sk) {
  if (sk.sk_node_pprev == nullptr) sk_add_node(k, sk, "l2tp_ip_table");
  return 0;
}

void l2tp_ip_unhash(Kernel& k, sock& sk) { sk_del_node_init(k, sk, "l2tp_ip_table"); }

void l2tp_ip_close(Kernel& k, sock& sk) {
  l2tp_ip_unhash(k, sk);
  sk_common_release(k, sk);
}

}  // namespace sockoracle
