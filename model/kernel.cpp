// SPDX-License-Identifier: GPL-2.0-only
#include "model/kernel.h"

#include "model/af_inet.h"
#include "model/af_inet6.h"
#include "model/kernel_objects.h"
#include "model/module.h"
#include "model/observables.h"
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
#define PROTO(id, name, provider, object, pinfo, slab, init, destroy, hash, unhash, get_port,  \
              close, backlog_rcv)                                                              \
  {{name, ProtoId::id, nullptr, 0, nullptr, nullptr, init, destroy, hash, unhash, close,          \
    get_port != 0, {backlog_rcv, nullptr}, PINFO_##pinfo(object)},                             \
   Provider::provider, SIZE_##pinfo(object), SlabKind::slab},
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
  Kernel::Objects& o = *k.objects;
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
  Kernel::Objects& o = *k.objects;
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

void Protocol::narrow(int64_t low, int64_t high) const {
  if (path_->low < low) path_->low = low;
  if (path_->high > high) path_->high = high;
}

void SameView::within(int64_t from, int64_t to) {
  if (low < from) low = from;
  if (high > to) high = to;
}

void SameView::compared(uint8_t bits, int64_t number) {
  const int64_t size = int64_t{1} << bits;
  if (number < 0 || number >= size) return;  // never equal
  // How far above the protocol the next one is whose low bits are the number.
  const int64_t above = (((number - protocol) % size) + size) % size;
  if (above == 0) {
    within(protocol, protocol);
  } else {
    within(protocol + above - size + 1, protocol + above - 1);
  }
}

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

static BehaviourSet all_of(const World& world) {
  BehaviourSet set;
  bool decided = true;  // of every behaviour: then the release's own need not be looked up
  for (size_t i = 0; i < set.words.size(); ++i)
    decided = decided && (world.with.words[i] | world.without.words[i]) == ~uint64_t{0};
  if (!decided) set = behaviours_of(world.release);
  for (size_t i = 0; i < set.words.size(); ++i)
    set.words[i] = (set.words[i] | world.with.words[i]) & ~world.without.words[i];
  return set;
}

BootKey boot_key(const World& world) {
  static const BehaviourSet asked = read_at_boot();
  BootKey key{all_of(world), world.providers};
  for (size_t i = 0; i < asked.words.size(); ++i) key.behaviours.words[i] &= asked.words[i];
  return key;
}

// As a kernel is before its first call, but for its objects.
void Kernel::begin(const World& world) {
  world_ = world;
  behaviours_ = all_of(world);
  path = nullptr;
  kern_depth = 0;
  same = nullptr;
  changed_ = false;
  fallible_ = 0;
  decided_ = Rule::created;
  hazards_ = {};
  step_count_ = 0;
}

static void boot(Kernel& k, const World& world) {
  k.tracing = false;
  boot_namespaces(*k.objects, world);
  boot_protos(k);
  boot_providers(k, world);
  k.tracing = true;
}

Kernel::Kernel(const World& world) : world_(world), behaviours_(all_of(world)) {
  objects = new Objects;
  boot(*this, world_);
  changed_ = false;
}

void Kernel::reboot(const World& world) {
  free_all_objects(*this);
  begin(world);
  *objects = Objects{};
  boot(*this, world_);
  changed_ = false;
}

void Kernel::remember(Booted& booted) const { booted.objects = *objects; }

void Kernel::reboot(const World& world, const Booted& booted) {
  free_all_objects(*this);
  begin(world);
  *objects = booted.objects;
  objects->current_net = {};
  boot_namespaces(*objects, world_);
  if (booted.objects.current_net.sctp.local_addr_list.next != nullptr)
    sctp_net_init(objects->current_net);
  tracing = true;
}

Kernel::~Kernel() {
  free_all_objects(*this);
  delete objects;
}

Verdict Kernel::call(const Call& call) {
  step_count_ = 0;
  fallible_ = 0;
  hazards_ = {};
  decided_ = Rule::created;
  int result = 0;
  PathCondition* const path_of_call = path;
  SameView* const same_of_call = same;
  switch (call.entry) {
    case Entry::socket:
    case Entry::socketcall:  // copies its arguments and calls __sys_socket
      result = __sys_socket(*this, call.family, call.type, call.protocol);
      break;
    case Entry::socketpair:
      result = __sys_socketpair(*this, call.family, call.type, call.protocol);
      break;
    case Entry::io_uring:
      result = io_socket(*this, call.family, call.type, call.protocol);
      break;
  }
  path = path_of_call;
  same = same_of_call;
  if (objects->asconf_walker != nullptr) sctp_addr_wq_timeout_handler(*this);
  Verdict verdict;
  verdict.rule = result >= 0 ? Rule::created : decided_;
  verdict.error = result >= 0 ? 0 : -result;
  verdict.fd = result >= 0 ? result : -1;
  verdict.hazards = hazards_;
  if (result >= 0) pass(Rule::created);
  return verdict;
}

void Kernel::close(int32_t fd) {
  if (lookup(fd) != nullptr) close_fd(*this, fd);
  if (objects->asconf_walker != nullptr) sctp_addr_wq_timeout_handler(*this);
}

const struct socket* Kernel::lookup(int32_t fd) const {
  const size_t index = static_cast<size_t>(fd - kFirstDescriptor);
  return fd < kFirstDescriptor || index >= objects->fds.size() ? nullptr : objects->fds[index];
}

Balance Kernel::balance() const {
  Balance b;
  b.objects = objects->live_count;
  for (const module_owner& owner : objects->modules) b.module_refs += owner.refcnt;
  b.net_refs = objects->current_net.count + objects->current_net.passive;
  b.group_refs = objects->group_refs;
  b.fds = objects->open_fds;
  b.inuse = objects->current_net.sock_inuse;
  return b;
}

void Kernel::record(const Step& step) {
  if (step_count_ < steps_.size()) steps_[step_count_++] = step;
}

void Kernel::record_rule(Rule rule, int32_t result) {
  if (kern_depth != 0) return;
  record({StepKind::rule, rule, static_cast<int16_t>(result), 0, 0, 0, row(rule).name});
}

int Kernel::fail(Rule rule, int32_t error) {
  decided_ = rule;
  if (tracing) record_rule(rule, -error);
  return -error;
}

void Kernel::hazard(Hazard hazard) {
  hazards_.set(hazard);
  step(StepKind::hazard, hazard_name(hazard));
}

bool Kernel::fault_hits() const {
  for (size_t i = 0; i < world_.fault_count; ++i)
    if (world_.faults[i] == fallible_) return true;
  return false;
}

// What a failed or closed call left behind, as hazards.
static void add_leaks(const Balance& before, const Balance& after, HazardSet& hazards) {
  if (after.objects > before.objects) hazards.set(Hazard::leaked_sock);
  if (after.group_refs > before.group_refs) hazards.set(Hazard::leaked_group_info);
  if (after.module_refs > before.module_refs) hazards.set(Hazard::leaked_module_ref);
  if (after.net_refs > before.net_refs) hazards.set(Hazard::unclaimed_netns);
}

Answer ask(const Case& c) {
  Kernel k(c.world);
  const Balance before = k.balance();
  Answer answer;
  answer.verdict = k.call(c.call);
  answer.steps.assign(k.trace().begin(), k.trace().end());
  if (const struct socket* sock = k.lookup(answer.verdict.fd); sock != nullptr) {
    answer.state.reserve(observables().size());
    for (const Observable& row : observables()) answer.state.push_back(row.expect(k, *sock));
    k.close(answer.verdict.fd);
  }
  add_leaks(before, k.balance(), answer.verdict.hazards);
  return answer;
}

}  // namespace sockoracle
