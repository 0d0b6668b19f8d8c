// SPDX-License-Identifier: GPL-2.0-only
// kernel/kmod.c and the modules' init functions: what request_module brings registers itself with
// net/socket.c and the families, which asked for it.
#include <algorithm>

#include "model/af_inet.h"
#include "model/af_inet6.h"
#include "model/module.h"
#include "model/protocols.h"
#include "model/socket.h"

namespace sockoracle {
namespace {

struct AliasRow {
  Provider provider;
  int32_t family, protocol, type;
  std::optional<Behaviour> with;
};

constexpr AliasRow kAliases[] = {
#define MODALIAS(provider, family, protocol, type, with) \
  {Provider::provider, family, protocol, type, with},
#include "model/aliases.def"
};

struct FamilyAliasRow {
  Provider provider;
  int32_t family;
};

constexpr FamilyAliasRow kFamilyAliases[] = {
#define FAMILY_ALIAS(provider, family) {Provider::provider, family},
#include "model/aliases.def"
};

struct NeedsRow {
  Provider provider, needed;
};

constexpr NeedsRow kNeeds[] = {
#define NEEDS(provider, needed) {Provider::provider, Provider::needed},
#include "model/aliases.def"
};

struct WithBuiltinRow {
  ProtoId prot;
  Provider provider;
};

constexpr WithBuiltinRow kWithBuiltin[] = {
#define WITH_BUILTIN(id, provider) {ProtoId::id, Provider::provider},
#include "model/proto.def"
};

void load_needed(Kernel& k, Provider provider) {
  for (const NeedsRow& row : kNeeds)
    if (row.provider == provider && module_of(k, row.needed).presence == Presence::loadable)
      load_provider(k, row.needed);
}

// A module that uses another one's symbols holds it.
bool is_needed(Kernel& k, Provider provider) {
  return std::any_of(std::begin(kNeeds), std::end(kNeeds), [&](const NeedsRow& row) {
    const module_owner& user = module_of(k, row.provider);
    return row.needed == provider && (user.presence == Presence::loaded || user.starting);
  });
}

// modprobe found the module; true when it is in the kernel afterwards for the first time.
bool modprobe(Kernel& k, Provider provider) {
  if (module_of(k, provider).presence != Presence::loadable) return false;
  load_provider(k, provider);
  return true;
}

}  // namespace

void request_protocol_module(Kernel& k, int32_t family, Protocol protocol, int32_t type) {
  if (!k.world().modules_enabled) return;
  bool came = false;
  // Only a module that is not there yet can come, and mostly there is none.
  const size_t rows = k.objects().loadable != 0 ? std::size(kAliases) : 0;
  for (const AliasRow& row : std::span(kAliases, rows)) {
    if (row.family != family || row.type != type) continue;
    if (module_of(k, row.provider).presence != Presence::loadable) continue;
    if (row.with && !k.has(*row.with)) continue;
    if (protocol == row.protocol) came = modprobe(k, row.provider) || came;
  }
  k.step(StepKind::request_module, family == kAF_INET6 ? "net-pf-10" : "net-pf-2", came ? 1 : 0, 0,
         protocol.value(), type);
}

void request_family_module(Kernel& k, int32_t family) {
  if (!k.world().modules_enabled) return;
  bool came = false;
  for (const FamilyAliasRow& row : kFamilyAliases)
    if (row.family == family) came = modprobe(k, row.provider) || came;
  k.step(StepKind::request_module, "net-pf", came ? 1 : 0, 0, family, -2);
}

// Whether the kernel's configuration lets the proto be built.
static bool is_built(Kernel& k, const proto& prot) {
  return std::none_of(std::begin(kWithBuiltin), std::end(kWithBuiltin), [&](const auto& row) {
    return row.prot == prot.id && module_of(k, row.provider).presence != Presence::builtin;
  });
}

void register_provided(Kernel& k) {
  for (inet_protosw& entry : k.objects().protosw) {
    if (entry.registered || entry.prot == nullptr || !in_kernel(*entry.prot->provider)) continue;
    if (entry.family == kAF_INET6 && !in_kernel(module_of(k, Provider::ipv6))) continue;
    if (!is_built(k, *entry.prot)) continue;
    if (entry.prot->owner->presence == Presence::builtin && (entry.flags & BUILTIN_PERMANENT) != 0)
      entry.flags = static_cast<uint8_t>(entry.flags | PERMANENT);
    if (entry.family == kAF_INET6) inet6_register_protosw(k, entry);
    else inet_register_protosw(k, entry);
  }
  const module_owner& sctp = module_of(k, Provider::sctp);
  if (in_kernel(sctp) && !sctp.starting) sctp_net_init(k.objects().current_net);
  const std::array owners{Provider::inet, Provider::ipv6, Provider::packet};
  for (size_t i = 0; i < owners.size(); ++i)
    if (in_kernel(module_of(k, owners[i]))) sock_register(k, k.objects().families[i]);
}

// net/sctp/protocol.c:sctp_init registered the protosw entries before its pernet operations.
void start_provider(Kernel& k, Provider provider) {
  module_owner& owner = module_of(k, provider);
  load_needed(k, provider);
  owner.starting = true;
  if (provider != Provider::sctp || k.has(Behaviour::sctp_netns_first)) return;
  owner.presence = Presence::loaded;
  owner.going = false;
  k.step(StepKind::module_load, owner.name);
  register_provided(k);
}

void load_provider(Kernel& k, Provider provider) {
  module_owner& owner = module_of(k, provider);
  load_needed(k, provider);
  owner.presence = Presence::loaded;
  owner.going = owner.starting = false;
  --k.objects().loadable;
  k.note_change();
  k.step(StepKind::module_load, owner.name);
  register_provided(k);
}

bool unload_provider(Kernel& k, Provider provider) {
  module_owner& owner = module_of(k, provider);
  if (owner.presence != Presence::loaded || owner.refcnt != 0 || owner.starting) return false;
  if (is_needed(k, provider)) return false;
  owner.going = true;
  for (inet_protosw& entry : k.objects().protosw) {
    if (!entry.registered) continue;
    if (entry.prot->owner != &owner && entry.prot->provider != &owner) continue;
    if (entry.family == kAF_INET6) inet6_unregister_protosw(k, entry);
    else inet_unregister_protosw(k, entry);
  }
  if (provider == Provider::ipv6) sock_unregister(k, kAF_INET6);
  if (provider == Provider::packet) sock_unregister(k, kAF_PACKET);
  owner.presence = Presence::loadable;
  owner.going = false;
  ++k.objects().loadable;
  k.note_change();
  return true;
}

}  // namespace sockoracle
