// SPDX-License-Identifier: GPL-2.0-only
// net/ipv4/udp.c and udplite.c; IPv6's twins do the same to the same fields.
#include "model/protocols.h"
#include "model/slab.h"
#include "model/sock.h"

namespace sockoracle {
namespace {

const sock_callback kUdpDestructSock{"udp_destruct_sock"};
const sock_callback kUdpv6DestructSock{"udpv6_destruct_sock"};
constexpr uint8_t kUdpliteBit = 1;  // include/linux/udp.h:UDPLITE_BIT

const sock_callback* destructor_of(const Kernel& k, const sock& sk) {
  const bool v6 = sk.sk_family == kAF_INET6 && k.has(Behaviour::inet6_destructor);
  return v6 ? &kUdpv6DestructSock : &kUdpDestructSock;
}

// 6.18+: one queue per NUMA node, kcalloc'ed.
int udp_lib_init_sock(Kernel& k, udp_sock& up) {
  up.reader_queue_ready = true;
  if (k.has(Behaviour::sock_custom_sockopt)) up.sk_socket->flags |= SOCK_CUSTOM_SOCKOPT;
  if (k.has(Behaviour::sock_support_zc)) up.sk_socket->flags |= SOCK_SUPPORT_ZC;
  if (!k.has(Behaviour::udp_prod_queue)) return 0;
  if (!alloc_untracked(k, "udp_prod_queue")) return -kENOMEM;
  up.udp_prod_queue = true;
  return 0;
}

}  // namespace

int udp_init_sock(Kernel& k, sock& sk) {
  if (!k.has(Behaviour::udp_init_sock)) return 0;  // udp_prot had no init hook until 4.9
  const int error = udp_lib_init_sock(k, static_cast<udp_sock&>(sk));
  sk.sk_destruct = destructor_of(k, sk);
  k.step(StepKind::init, "udp_init_sock", error, sk.object);
  if (error != 0) return k.fail(Rule::udp_producer_queue, -error);
  if (k.has(Behaviour::udp_prod_queue)) k.pass(Rule::udp_producer_queue);
  return 0;
}

int udplite_sk_init(Kernel& k, sock& sk) {
  auto& up = static_cast<udp_sock&>(sk);
  int error = 0;
  if (k.has(Behaviour::udp_init_sock)) {
    error = udp_lib_init_sock(k, up);
    sk.sk_destruct = destructor_of(k, sk);
  }
  up.pcflag = kUdpliteBit;
  k.step(StepKind::init, "udplite_sk_init", error, sk.object);
  if (error == 0) return 0;
  if (k.has(Behaviour::udplite_checks_init)) return k.fail(Rule::udp_producer_queue, -error);
  k.hazard(Hazard::null_prod_queue);
  return 0;
}

void udp_destroy_sock(Kernel& k, sock& sk) {
  k.step(StepKind::release, "udp_destroy_sock", 0, sk.object);
  static_cast<udp_sock&>(sk).udp_prod_queue = false;
}

int udp_lib_hash(Kernel& k, sock& sk) {
  (void)k;
  (void)sk;
  return 0;  // never called at creation: a fresh UDP sock has no number
}

void udp_lib_unhash(Kernel& k, sock& sk) { sk_del_node_init(k, sk, "udp_table"); }

void udp_lib_close(Kernel& k, sock& sk) { sk_common_release(k, sk); }

}  // namespace sockoracle
