// SPDX-License-Identifier: GPL-2.0-only
// Calls and worlds: what may be drawn for each of their fields.
#include <algorithm>
#include <bit>

#include "fuzz/generators/mutator_draws.h"
#include "model/codec.h"
#include "model/world_facts.h"

namespace sockoracle::fuzz {
namespace {

const FactRow& pick_fact(std::span<const FactRow> rows, Random& random) {
  return rows[random.below(static_cast<uint32_t>(rows.size()))];
}

template <class Draw>
void redraw_fact(World& world, const FactRow& row, Draw draw) {
  int64_t value = get(world, row.id);
  redraw(value, draw);
  set(world, row.id, value);
}

// Where comparisons of the path change their mind.
constexpr int32_t kEdges[] = {-2,          -1,      0,       1,         2,         11,
                              15,          16,      40,      41,        42,        43,
                              44,          45,      46,      127,       128,       132,
                              255,         256,     257,     261,       262,       263,
                              264,         65535,   65536,   65537,     65536 + 6, 65536 + 17,
                              65536 + 255, 1 << 24, 1 << 30, INT32_MAX, INT32_MIN, INT32_MIN + 1};

int32_t flip_bit(int32_t n, Random& random) {
  return static_cast<int32_t>(static_cast<uint32_t>(n) ^ uint32_t{1} << random.below(32));
}

int32_t near(int32_t n, Random& random) {
  const int64_t moved = int64_t{n} + static_cast<int64_t>(random.below(5)) - 2;
  return static_cast<int32_t>(std::clamp<int64_t>(moved, INT32_MIN, INT32_MAX));
}

int32_t number(int32_t old, std::span<const Symbol> names, Random& random) {
  switch (random.below(6)) {
    case 0: return pick(kEdges, random);
    case 1: return near(old, random);
    case 2: return flip_bit(old, random);
    default: return symbol(names, random);
  }
}

}  // namespace

int32_t family(int32_t old, Random& random) {
  switch (random.below(8)) {
    case 0: return number(old, family_symbols(), random);
    case 1: return kAF_PACKET;
    case 2: return static_cast<int32_t>(random.below(48));
    case 3:
    case 4: return kAF_INET6;
    default: return kAF_INET;
  }
}

int32_t type(int32_t old, Random& random) {
  switch (random.below(8)) {
    case 0: return number(old, type_symbols(), random);
    case 1: return old ^ kSOCK_CLOEXEC;
    case 2: return old ^ kSOCK_NONBLOCK;
    case 3: return static_cast<int32_t>(random.below(16));
    default: return (old & ~kSOCK_TYPE_MASK) | symbol(type_symbols(), random);
  }
}

int32_t protocol(int32_t old, Random& random) {
  if (random.one_in(4)) return static_cast<int32_t>(random.below(264));
  if (random.one_in(6)) return 0;
  return number(old, protocol_symbols(), random);
}

namespace {

struct Entrance {
  int32_t family, type, protocol;
};

constexpr Entrance kEntrances[] = {
#define PROTOSW(family, type, protocol, ...) {family, type, protocol},
#include "model/protosw.def"
};

}  // namespace

void enter(Call& call, Random& random) {
  const Entrance entrance = pick(kEntrances, random);
  call.family = entrance.family;
  call.type = (call.type & ~kSOCK_TYPE_MASK) | entrance.type;
  call.protocol = entrance.protocol;
}

namespace {

// -- worlds

// Takes away what the release has, or brings what it has not. A fifth one would not be stored.
void toggle(World& world, Random& random) {
  size_t toggled = 0;
  for (size_t i = 0; i < world.with.words.size(); ++i)
    toggled += static_cast<size_t>(std::popcount(world.with.words[i] | world.without.words[i]));
  if (toggled >= kTogglesMax) world.with = world.without = {};
  const auto b = static_cast<Behaviour>(random.below(static_cast<uint32_t>(kBehaviourCount)));
  const bool own = behaviours_of(world.release).has(b);
  const bool has = world.has(b);
  world.with.set(b, !has && !own);
  world.without.set(b, has && own);
}

void move_release(World& world, Random& random) {
  Release release = world.release;
  redraw(release, [&] {
    Release other;
    other.index = static_cast<uint8_t>(random.below(static_cast<uint32_t>(releases().size())));
    if (random.one_in(4)) other.sublevel = static_cast<uint16_t>(random.below(300));
    return other;
  });
  set_release(world, release);
}

// Only what the release has can be more than absent.
void change_presence(World& world, Random& random) {
  for (int tries = 8; tries != 0; --tries) {
    const auto provider = static_cast<Provider>(random.below(uint32_t{kProviderCount}));
    Presence& presence = world.providers[static_cast<size_t>(provider)];
    const Presence old = presence;
    redraw(presence, [&] {
      return possible_presence(provider, world.release, static_cast<Presence>(random.below(4)));
    });
    if (presence != old) return;
  }
}

}  // namespace

size_t change_sysctl(World& world, Random& random) {
  const size_t i = random.below(static_cast<uint32_t>(kSysctlCount));
  const SysctlRow& row = sysctls()[i];
  const int64_t gid = world.caller.egid;
  redraw(world.sysctls[i], [&] {
    SysctlValue other = world.sysctls[i];
    const int64_t values[] = {
        row.min, row.max, row.usual.v[0], 0, 1, gid, gid + 1, static_cast<int64_t>(random.next())};
    other.v[random.below(row.count)] = std::clamp(pick(values, random), row.min, row.max);
    return other;
  });
  return i;
}

namespace {

void change_caller(World& world, Random& random) {
  Caller& caller = world.caller;
  constexpr uint32_t kIds[] = {0, 1, 1000, 2000, 65534, UINT32_MAX - 1, UINT32_MAX};
  const uint8_t spaces = world.user_ns_count;
  switch (random.below(spaces > 1 ? 7 : 5)) {
    case 0: caller.caps = caller.caps == kAllCaps ? 0 : kAllCaps; break;
    case 1:
      caller.caps ^= uint64_t{1} << (random.one_in(2) ? uint32_t{kCAP_NET_RAW} : random.below(41));
      break;
    case 2:
      redraw(caller.euid, [&] { return pick(kIds, random); });
      caller.fsuid = caller.euid;
      break;
    case 3:
      redraw(caller.egid, [&] { return pick(kIds, random); });
      caller.fsgid = caller.egid;
      break;
    case 5:
      redraw(caller.user_ns, [&] { return static_cast<uint8_t>(random.below(spaces)); });
      break;
    case 6:
      redraw(world.net_user_ns, [&] { return static_cast<uint8_t>(random.below(spaces)); });
      break;
    default:
      redraw(caller, [&] {
        Caller other = caller;
        other.group_count = static_cast<uint8_t>(random.below(4));
        for (size_t i = 0; i < other.group_count; ++i) other.groups[i] = pick(kIds, random);
        return other;
      });
  }
}

// One more; where there is no room, one has another owner.
void add_user_ns(World& world, Random& random) {
  const bool full = world.user_ns_count == kUserNsMax;
  const auto number =
      full ? static_cast<uint8_t>(1 + random.below(kUserNsMax - 1)) : world.user_ns_count;
  UserNs& ns = world.user_ns[number];
  if (!full) {
    ns = {};
    ns.parent = static_cast<uint8_t>(random.below(number));
    ++world.user_ns_count;
  }
  redraw(ns.owner, [&] { return random.one_in(2) ? world.caller.euid : random.below(2000); });
}

void change_limits(World& world, Random& random) {
  const FactRow& limit = pick_fact(world_facts(FactKind::limit), random);
  redraw_fact(world, limit, [&] { return int64_t{random.below(4)} - 1; });
}

}  // namespace

int32_t an_errno(Random& random) {
  constexpr int32_t kErrnos[] = {0, 0, kEPERM, kEACCES, kENOMEM, 133, 1};
  return pick(kErrnos, random);
}

namespace {

void change_policy(World& world, Random& random) {
  const auto policies = world_facts(FactKind::policy);
  const auto replacements = world_facts(FactKind::replacement);
  const size_t index = random.below(static_cast<uint32_t>(policies.size() + replacements.size()));
  if (index < policies.size()) {
    redraw_fact(world, policies[index],
                [&] { return random.one_in(8) ? policies[index].least : an_errno(random); });
    return;
  }
  const FactRow& row = replacements[index - policies.size()];
  redraw_fact(world, row, [&] {
    const auto old = static_cast<int32_t>(get(world, row.id));
    return random.one_in(2) ? kUnlimited : protocol(old, random);
  });
}

// Steps are counted from 1: a fault at 0 never comes.
void change_faults(World& world, Random& random) {
  const uint32_t count = world.fault_count == 0 ? 1 + random.below(2) : random.below(3);
  world.faults = {};
  world.fault_count = static_cast<uint8_t>(count);
  for (size_t i = 0; i < count; ++i) world.faults[i] = static_cast<uint16_t>(1 + random.below(12));
}

void change_flags(World& world, Random& random) {
  const auto switches = world_facts(FactKind::toggle);
  const size_t index = random.below(static_cast<uint32_t>(switches.size()) + 1);
  if (index == switches.size()) world.net_is_init = !world.net_is_init;
  else set(world, switches[index].id, get(world, switches[index].id) == 0 ? 1 : 0);
}

}  // namespace

void mutate(Call& call, Random& random) {
  switch (random.below(9)) {
    case 0: redraw(call.entry, [&] { return static_cast<Entry>(random.below(4)); }); break;
    case 1:
    case 2: redraw(call.family, [&] { return family(call.family, random); }); break;
    case 3:
    case 4: redraw(call.type, [&] { return type(call.type, random); }); break;
    case 5:
      redraw(call, [&] {
        Call other = call;
        enter(other, random);
        return other;
      });
      break;
    default: redraw(call.protocol, [&] { return protocol(call.protocol, random); });
  }
}

void change(World& world, WorldChange how, Random& random) {
  switch (how) {
    case WorldChange::context:
      redraw(world, [&] {
        World other = world;
        apply_context(other, contexts()[random.below(static_cast<uint32_t>(contexts().size()))]);
        return other;
      });
      break;
    case WorldChange::presence: change_presence(world, random); break;
    case WorldChange::sysctl: change_sysctl(world, random); break;
    case WorldChange::caller: change_caller(world, random); break;
    case WorldChange::user_ns: add_user_ns(world, random); break;
    case WorldChange::limits: change_limits(world, random); break;
    case WorldChange::policy: change_policy(world, random); break;
    case WorldChange::faults: change_faults(world, random); break;
    case WorldChange::flags: change_flags(world, random); break;
    case WorldChange::reset: world = default_world(world.release); break;
    case WorldChange::toggle: toggle(world, random); break;
    case WorldChange::release: move_release(world, random); break;
  }
}

void mutate(World& world, Random& random, Releases releases) {
  static_assert(static_cast<size_t>(WorldChange::toggle) == kWorldChangeCount - 2);
  const size_t free = releases == Releases::all ? kWorldChangeCount : kWorldChangeCount - 2;
  auto how = static_cast<WorldChange>(random.below(static_cast<uint32_t>(free)));
  // A world that nothing was done to has nothing to take back.
  if (how == WorldChange::reset && world == default_world(world.release)) how = WorldChange::caller;
  change(world, how, random);
}

}  // namespace sockoracle::fuzz
