// SPDX-License-Identifier: GPL-2.0-only
#include "model/case.h"

namespace sockoracle {
namespace {

// The presence words of providers.def.
constexpr Presence absent = Presence::absent, loadable = Presence::loadable,
                   builtin = Presence::builtin;

constexpr ProviderRow kProviders[] = {
#define PROVIDER(id, config, since, until, usual, sentence) \
  {Provider::id, #id, config, since, until, usual, sentence},
#include "model/providers.def"
};
static_assert(std::size(kProviders) == kProviderCount);

// The scopes of sysctls.def: does a new network namespace start at the default?
constexpr bool netns = true, copied = false, global = false;

constexpr SysctlRow kSysctls[] = {
#define SYSCTL(id, name, count, d0, d1, d2, min, max, scope, sentence) \
  {Sysctl::id, name, count, {{d0, d1, d2}}, min, max, scope, sentence},
#include "model/sysctls.def"
};
static_assert(std::size(kSysctls) == kSysctlCount);

constexpr SysctlDefaultRow kSysctlDefaults[] = {
#define SYSCTL_DEFAULT(sysctl, index, before, behaviour) \
  {Sysctl::sysctl, index, before, Behaviour::behaviour},
#include "model/sysctls.def"
};
// Which providers each release has, read once: every decoded case asks it of all.
using Existing = std::array<std::array<bool, kProviderCount>, 256>;

Existing existing_providers() {
  Existing existing{};
  for (size_t i = 0; i < releases().size(); ++i)
    for (const ProviderRow& row : kProviders)
      existing[i][static_cast<size_t>(row.id)] =
          within({static_cast<uint8_t>(i), 0}, row.since, row.until);
  return existing;
}

bool exists(Provider provider, Release release) {
  static const Existing existing = existing_providers();
  return existing[release.index][static_cast<size_t>(provider)];
}

constexpr std::string_view kEntryNames[] = {"socket", "socketpair", "io_uring", "socketcall"};
constexpr std::string_view kPresenceNames[] = {"absent", "loadable", "loaded", "builtin"};

}  // namespace

std::string_view entry_name(Entry entry) { return kEntryNames[static_cast<size_t>(entry)]; }

std::string_view presence_name(Presence presence) {
  return kPresenceNames[static_cast<size_t>(presence)];
}

bool parse_presence(std::string_view text, Presence* out) {
  for (size_t i = 0; i < std::size(kPresenceNames); ++i) {
    if (kPresenceNames[i] != text) continue;
    *out = static_cast<Presence>(i);
    return true;
  }
  return false;
}

std::span<const ProviderRow> providers() { return kProviders; }

const ProviderRow* find_provider(std::string_view name) {
  for (const ProviderRow& row : kProviders)
    if (row.name == name) return &row;
  return nullptr;
}

Presence possible_presence(Provider provider, Release release, Presence wanted) {
  return exists(provider, release) ? wanted : absent;
}

Presence usual_presence(Provider provider, Release release) {
  return possible_presence(provider, release, kProviders[static_cast<size_t>(provider)].usual);
}

std::span<const SysctlRow> sysctls() { return kSysctls; }

const SysctlRow* find_sysctl(std::string_view name) {
  for (const SysctlRow& row : kSysctls)
    if (row.name == name) return &row;
  return nullptr;
}

SysctlValue default_sysctl(Sysctl sysctl, Release release) {
  SysctlValue value = kSysctls[static_cast<size_t>(sysctl)].usual;
  for (const SysctlDefaultRow& row : kSysctlDefaults)
    if (row.sysctl == sysctl && !behaviours_of(release).has(row.behaviour))
      value.v[row.index] = row.before;
  return value;
}

std::span<const SysctlDefaultRow> sysctl_defaults() { return kSysctlDefaults; }

BehaviourSet default_changes(Sysctl sysctl, Release before, Release after) {
  const BehaviourSet had = behaviours_of(before), has = behaviours_of(after);
  BehaviourSet changes;
  for (const SysctlDefaultRow& row : kSysctlDefaults)
    if (row.sysctl == sysctl && had.has(row.behaviour) != has.has(row.behaviour))
      changes.set(row.behaviour);
  return changes;
}

BehaviourSet behaviours_in(const World& world) {
  BehaviourSet set;
  bool decided = true;  // of every behaviour: then the release's own need not be looked up
  for (size_t i = 0; i < set.words.size(); ++i)
    decided = decided && (world.with.words[i] | world.without.words[i]) == ~uint64_t{0};
  if (!decided) set = behaviours_of(world.release);
  for (size_t i = 0; i < set.words.size(); ++i)
    set.words[i] = (set.words[i] | world.with.words[i]) & ~world.without.words[i];
  return set;
}

World default_world(Release release) {
  World world;
  world.release = release;
  for (const ProviderRow& row : kProviders)
    world.providers[static_cast<size_t>(row.id)] = usual_presence(row.id, release);
  for (const SysctlRow& row : kSysctls)
    world.sysctls[static_cast<size_t>(row.id)] = default_sysctl(row.id, release);
  return world;
}

void set_release(World& world, Release release) {
  const World before = default_world(world.release);
  const World after = default_world(release);
  for (size_t i = 0; i < kProviderCount; ++i) {
    if (world.providers[i] == before.providers[i]) world.providers[i] = after.providers[i];
    else
      world.providers[i] = possible_presence(static_cast<Provider>(i), release, world.providers[i]);
  }
  for (size_t i = 0; i < kSysctlCount; ++i)
    if (world.sysctls[i] == before.sysctls[i]) world.sysctls[i] = after.sysctls[i];
  world.release = release;
}

}  // namespace sockoracle
