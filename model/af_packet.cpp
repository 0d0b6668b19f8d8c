// SPDX-License-Identifier: GPL-2.0-only
// net/packet/af_packet.c: where socket(AF_INET, SOCK_PACKET, x) ends up.
#include "model/capability.h"
#include "model/protocols.h"
#include "model/slab.h"
#include "model/sock.h"

namespace sockoracle {
namespace {

const sock_callback kPacketSockDestruct{"packet_sock_destruct"};

}  // namespace

// The capability comes first, even before the type, and `kern` does not help. Any protocol will do:
// it is an ethernet type in network byte order, of which 16 bits are kept.
int packet_create(Kernel& k, net& net, socket& sock, int32_t protocol, bool kern) {
  if (!ns_capable(k, *net.user_ns, kCAP_NET_RAW)) return k.fail(Rule::packet_needs_net_raw, kEPERM);
  k.pass(Rule::packet_needs_net_raw);
  if (sock.type != kSOCK_DGRAM && sock.type != kSOCK_RAW && sock.type != kSOCK_PACKET)
    return k.fail(Rule::packet_type, kESOCKTNOSUPPORT);
  k.pass(Rule::packet_type);
  sock.state = SS_UNCONNECTED;
  struct sock* sk = sk_alloc(k, net, kAF_PACKET, GFP_KERNEL, proto_of(k, ProtoId::packet), kern);
  if (sk == nullptr) return k.fail(k.refused(), kENOBUFS);
  const bool spkt = sock.type == kSOCK_PACKET;
  sock.ops = &ops_of(k, spkt ? OpsId::packet_ops_spkt : OpsId::packet_ops);
  const bool pending_first = k.has(Behaviour::packet_pending_before_init);
  if (!pending_first) sock_init_data(k, &sock, *sk);
  if (k.has(Behaviour::packet_alloc_pending)) {
    if (!alloc_untracked(k, "packet_alloc_pending")) {
      sk_free(k, *sk);
      return k.fail(Rule::packet_alloc, kENOBUFS);
    }
    k.pass(Rule::packet_alloc);
  }
  if (pending_first) sock_init_data(k, &sock, *sk);
  auto& po = static_cast<packet_sock&>(*sk);
  po.pending_refcnt = k.has(Behaviour::packet_alloc_pending);
  po.sk_family = static_cast<uint16_t>(kAF_PACKET);
  po.num = k.asked(protocol, kern).low_bits(16);
  po.sk_destruct = &kPacketSockDestruct;
  // __register_prot_hook: who receives is held.
  po.running = !number_is(k, po.num, 0);
  if (po.running) ++po.sk_refcnt;
  sk_add_node(k, po, "packet.sklist");
  k.step(StepKind::init, "packet_create", 0, po.object);
  return 0;
}

int packet_release(Kernel& k, socket& sock) {
  if (sock.sk == nullptr) return 0;
  auto& po = static_cast<packet_sock&>(*sock.sk);
  k.step(StepKind::release, "packet_release", 0, po.object);
  sk_del_node_init(k, po, "packet.sklist");
  if (po.running) --po.sk_refcnt;  // __unregister_prot_hook: never the last one
  po.running = po.pending_refcnt = false;
  sock_orphan(po);
  sock.sk = nullptr;
  sock_put(k, po);
  return 0;
}

}  // namespace sockoracle
