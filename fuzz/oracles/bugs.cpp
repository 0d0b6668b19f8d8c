// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/oracles/bugs.h"

#include <array>
#include <optional>

#include "model/symbols.h"

namespace sockoracle::fuzz {
namespace {

constexpr std::optional<Behaviour> ANY = std::nullopt;

struct Cure {
  Hazard hazard;
  Behaviour cure;
  std::optional<Behaviour> because;
};

constexpr Cure kCures[] = {
#define CURE(hazard, cure, because) {Hazard::hazard, Behaviour::cure, because},
#include "fuzz/oracles/bugs.def"
};

bool is_missing(const World& world, const Cure& cure) {
  return (!cure.because || world.has(*cure.because)) && !world.has(cure.cure);
}

constexpr bool kHasGetPort[] = {
#define PROTO(id, name, provider, object, pinfo, slab, init, destroy, hash, unhash, get_port, \
              close, backlog_rcv)                                                             \
  get_port != 0,
#include "model/proto.def"
};

// behaviours_of reads the versions of backports as text; most inputs share their releases.
const BehaviourSet& own_behaviours(Release release) {
  struct Known {
    bool used = false;
    Release release;
    BehaviourSet set;
  };
  static std::array<Known, 1024> all;
  Known& known = all[(release.index * 13u + release.sublevel) % all.size()];
  if (!known.used || !(known.release == release)) known = {true, release, behaviours_of(release)};
  return known.set;
}

}  // namespace

World pinned(const World& world) {
  World copy = world;
  const BehaviourSet& own = own_behaviours(world.release);
  for (size_t i = 0; i < own.words.size(); ++i) {
    copy.with.words[i] = (own.words[i] | world.with.words[i]) & ~world.without.words[i];
    copy.without.words[i] = ~copy.with.words[i];
  }
  return copy;
}

bool admits(const World& world, Hazard hazard) {
  for (const Cure& cure : kCures)
    if (cure.hazard == hazard && is_missing(world, cure)) return true;
  return false;
}

HazardSet known_leaks(const World& world, Rule decided) {
  HazardSet leaks;
  for (const Hazard hazard : {Hazard::leaked_sock, Hazard::leaked_group_info})
    if (admits(world, hazard)) leaks.set(hazard);
  // Nobody has cured this one up to the newest release: __sock_create clears sock->ops and with it
  // the way to the finished sock.
  // Nor for the inner TCP socket over IPv6, where that is a module.
  const Presence ipv6 = world.providers[static_cast<size_t>(Provider::ipv6)];
  const bool inner = decided == Rule::smc_clcsock || decided == Rule::mptcp_subflow;
  if (decided == Rule::ops_module_live ||
      (inner && (ipv6 == Presence::loadable || ipv6 == Presence::loaded)))
    leaks.set(Hazard::leaked_sock);
  return leaks;
}

bool inadmissible(const World& world, HazardSet hazards, Rule decided, Hazard* which) {
  for (size_t i = 0; i < kHazardCount; ++i) {
    const auto hazard = static_cast<Hazard>(i);
    if (!hazards.has(hazard) || admits(world, hazard)) continue;
    if (known_leaks(world, decided).has(hazard)) continue;
    *which = hazard;
    return true;
  }
  return false;
}

static bool is_spared(Behaviour cure, std::optional<Hazard> spared) {
  for (const Cure& row : kCures)
    if (row.cure == cure && spared == row.hazard) return true;
  return false;
}

void repair(World& world, std::optional<Hazard> spared) {
  const BehaviourSet& own = own_behaviours(world.release);
  const World now = pinned(world);
  for (const Cure& cure : kCures) {
    if (is_spared(cure.cure, spared) || !is_missing(now, cure)) continue;
    world.without.set(cure.cure, false);
    if (!own.has(cure.cure)) world.with.set(cure.cure);
  }
}

void make_possible(World& world) {
  // INET is a bool, and so are the parts of it.
  for (const Provider provider : {Provider::inet, Provider::udplite, Provider::mptcp}) {
    auto& presence = world.providers[static_cast<size_t>(provider)];
    if (presence == Presence::loadable || presence == Presence::loaded)
      presence = Presence::builtin;
  }
  auto& ipv6 = world.providers[static_cast<size_t>(Provider::ipv6)];
  // Kconfig: what has an IPv6 part is not built in where IPv6 is a module.
  for (const Provider provider :
       {Provider::sctp, Provider::dccp, Provider::l2tp_ip, Provider::smc, Provider::mptcp})
    if (world.providers[static_cast<size_t>(provider)] == Presence::builtin &&
        (ipv6 == Presence::loadable || ipv6 == Presence::loaded))
      ipv6 = Presence::builtin;
}

void make_possible(Program& program) {
  make_possible(program.world);
  for (Operation& o : program.operations) {
    if (o.op != Op::add_protosw) continue;
    o.entry.protocol &= 0xff;
    if (!kHasGetPort[static_cast<size_t>(o.entry.prot)])
      o.entry.prot = o.entry.ipv6 ? ProtoId::tcpv6 : ProtoId::tcp;
  }
}

}  // namespace sockoracle::fuzz
