// SPDX-License-Identifier: GPL-2.0-only
// What a kernel does before its first call: the tables, brought into the form it works with.
#include "model/af_inet.h"
#include "model/af_inet6.h"
#include "model/kernel.h"
#include "model/module.h"
#include "model/protocols.h"
#include "model/slab.h"
#include "model/socket.h"

namespace sockoracle {
namespace {

// What is written once in each table, brought into the form boot copies from.

template <class T>
ipv6_pinfo* pinfo_in(sock& sk) {
  return &static_cast<with_ipv6<T>&>(sk).inet6;
}

enum class SlabKind : uint8_t { plain, typesafe, udp, mptcp, kmalloc };

struct ProtoRow {
  proto prot;
  Provider provider;
  uint32_t size;
  SlabKind slab;
};

#define PINFO_none(object) nullptr
#define PINFO_ipv6(object) pinfo_in<object>
#define SIZE_none(object) sizeof(object)
#define SIZE_ipv6(object) sizeof(with_ipv6<object>)

const ProtoRow kProtos[] = {
#define PROTO(id, name, provider, object, pinfo, slab, init, destroy, hash, unhash, get_port, \
              close, backlog_rcv)                                                             \
  {{name,                                                                                     \
    ProtoId::id,                                                                              \
    nullptr,                                                                                  \
    0,                                                                                        \
    nullptr,                                                                                  \
    nullptr,                                                                                  \
    init,                                                                                     \
    destroy,                                                                                  \
    hash,                                                                                     \
    unhash,                                                                                   \
    close,                                                                                    \
    get_port != 0,                                                                            \
    {backlog_rcv, nullptr},                                                                   \
    PINFO_##pinfo(object)},                                                                   \
   Provider::provider,                                                                        \
   SIZE_##pinfo(object),                                                                      \
   SlabKind::slab},
#include "model/proto.def"
};

struct BacklogRow {
  ProtoId prot;
  std::string_view hook;
};

constexpr BacklogRow kBacklogRcv[] = {
#define BACKLOG_RCV(id, hook) {ProtoId::id, hook},
#include "model/proto.def"
};

struct OwnerRow {
  ProtoId prot;
  Provider owner;
};

constexpr OwnerRow kOwners[] = {
#define OWNER(id, provider) {ProtoId::id, Provider::provider},
#include "model/proto.def"
};

struct OpsRow {
  std::string_view name;
  int32_t family;
  Provider provider;
  int (*release)(Kernel& k, socket& sock);
};

constexpr OpsRow kOps[] = {
#define PROTO_OPS(id, family, provider, release) {#id, family, Provider::provider, release},
#include "model/protosw.def"
};

struct ProtoswRow {
  int32_t family, type, protocol;
  ProtoId prot;
  OpsId ops;
  uint8_t flags;
  std::optional<Behaviour> with, without;
};

constexpr ProtoswRow kProtosw[] = {
#define PROTOSW(family, type, protocol, proto, ops, flags, with, without, source) \
  {family, type, protocol, ProtoId::proto, OpsId::ops, flags, with, without},
#include "model/protosw.def"
};

bool typesafe(const Kernel& k, SlabKind kind) {
  switch (kind) {
    case SlabKind::typesafe: return true;
    case SlabKind::udp: return k.has(Behaviour::udp_slab_typesafe);
    case SlabKind::mptcp: return k.has(Behaviour::mptcp_slab_typesafe);
    case SlabKind::plain:
    case SlabKind::kmalloc: return false;
  }
  return false;
}

void boot_namespaces(Kernel::Objects& o, const World& world) {
  for (size_t i = 0; i < world.user_ns_count; ++i) {
    const UserNs& from = world.user_ns[i];
    user_namespace& ns = o.user_ns[i];
    ns.number = static_cast<uint8_t>(i);
    ns.owner = from.owner;
    if (i == 0) continue;
    ns.parent = &o.user_ns[from.parent];
    ns.level = static_cast<uint8_t>(ns.parent->level + 1);
  }
  o.current_net.user_ns = &o.user_ns[world.net_user_ns];
  o.current_net.mptcp_statistics = world.mib_ready;
}

void boot_protos(Kernel& k) {
  Kernel::Objects& o = k.objects();
  for (size_t i = 0; i < kProtoCount; ++i) {
    const ProtoRow& row = kProtos[i];
    o.slabs[i] = {row.prot.name, row.size, typesafe(k, row.slab), nullptr};
    o.protos[i] = row.prot;
    o.protos[i].slab = row.slab == SlabKind::kmalloc ? nullptr : &o.slabs[i];
    o.protos[i].obj_size = row.size;
    o.protos[i].owner = o.protos[i].provider = &o.modules[static_cast<size_t>(row.provider)];
  }
  for (const OwnerRow& row : kOwners) proto_of(k, row.prot).owner = &module_of(k, row.owner);
  if (k.has(Behaviour::udp_backlog_rcv))
    for (const BacklogRow& row : kBacklogRcv) proto_of(k, row.prot).backlog_rcv.name = row.hook;
  for (size_t i = 0; i < kOpsCount; ++i)
    o.ops[i] = {kOps[i].name, kOps[i].family, &o.modules[static_cast<size_t>(kOps[i].provider)],
                kOps[i].release};
  for (size_t i = 0; i < kProtoswCount; ++i) {
    const ProtoswRow& row = kProtosw[i];
    if (row.with && !k.has(*row.with)) continue;
    if (row.without && k.has(*row.without)) continue;
    inet_protosw& entry = o.protosw[i];
    entry.family = row.family;
    entry.type = row.type;
    entry.protocol = row.protocol;
    entry.prot = &proto_of(k, row.prot);
    entry.ops = &ops_of(k, row.ops);
    entry.flags = row.flags;
  }
}

// What inet_init and the initcalls after it register; modules that are already loaded come last.
void boot_providers(Kernel& k, const World& world) {
  Kernel::Objects& o = k.objects();
  o.families = {{{kAF_INET, inet_create, &module_of(k, Provider::inet)},
                 {kAF_INET6, inet6_create, &module_of(k, Provider::ipv6)},
                 {kAF_PACKET, packet_create, &module_of(k, Provider::packet)}}};
  for (const ProviderRow& row : providers()) {
    module_owner& owner = module_of(k, row.id);
    owner.name = row.name;
    owner.presence = world.providers[static_cast<size_t>(row.id)];
  }
  // The AF_INET protocols' own twins need AF_INET.
  if (module_of(k, Provider::inet).presence == Presence::absent)
    for (const ProviderRow& row : providers())
      if (row.id != Provider::packet) module_of(k, row.id).presence = Presence::absent;
  // Modules come after what is built in, whatever the order of the tables.
  for (module_owner& owner : o.modules) {
    if (owner.presence == Presence::loaded) owner.presence = Presence::loadable;
    if (owner.presence == Presence::loadable) ++o.loadable;
  }
  register_provided(k);
  const bool has_inet = module_of(k, Provider::inet).presence != Presence::absent;
  for (const ProviderRow& row : providers())
    if (world.providers[static_cast<size_t>(row.id)] == Presence::loaded &&
        (has_inet || row.id == Provider::packet) &&
        module_of(k, row.id).presence == Presence::loadable)  // else another one took it along
      load_provider(k, row.id);
}

}  // namespace

// Everything that boot asks k.has() of. fuzz/test/boots_test.cpp boots both ways and compares.
static BehaviourSet read_at_boot() {
  BehaviourSet set;
  for (const Behaviour b : {Behaviour::udp_slab_typesafe, Behaviour::mptcp_slab_typesafe,
                            Behaviour::udp_backlog_rcv, Behaviour::protosw_loop_stops_early})
    set.set(b);
  for (const ProtoswRow& row : kProtosw) {
    if (row.with) set.set(*row.with);
    if (row.without) set.set(*row.without);
  }
  return set;
}

BootKey boot_key(const World& world) {
  static const BehaviourSet asked = read_at_boot();
  BootKey key{behaviours_in(world), world.providers};
  for (size_t i = 0; i < asked.words.size(); ++i) key.behaviours.words[i] &= asked.words[i];
  return key;
}

void Kernel::boot() {
  const CallScope quiet(*this, {.tracing = false});
  boot_namespaces(objects_, world_);
  boot_protos(*this);
  boot_providers(*this, world_);
  changed_ = false;
}

Kernel::Kernel(const World& world) {
  begin(world);
  boot();
}

void Kernel::reboot(const World& world) {
  free_all_objects(*this);
  begin(world);
  objects_ = Objects{};
  boot();
}

void Kernel::reboot(const World& world, const Booted& booted) {
  free_all_objects(*this);
  begin(world);
  objects_ = booted.objects;
  objects_.current_net = {};
  boot_namespaces(objects_, world_);
  if (booted.objects.current_net.sctp.local_addr_list.next != nullptr)
    sctp_net_init(objects_.current_net);
}

Kernel::~Kernel() { free_all_objects(*this); }

}  // namespace sockoracle
