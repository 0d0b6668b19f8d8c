// SPDX-License-Identifier: GPL-2.0-only
// What is asked: a call, the world it is made in, and both together. Plain values, no pointers:
// they copy, compare and encode. The single facts of a world are rows of world.def.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

#include "model/release.h"

namespace sockoracle {

// The system call or its like. They share __sock_create and differ around it.
enum class Entry : uint8_t { socket, socketpair, io_uring, socketcall };
std::string_view entry_name(Entry entry);

// Raw 32-bit arguments; `type` is the whole word, flag bits included.
struct Call {
  Entry entry = Entry::socket;
  int32_t family = 2;
  int32_t type = 1;
  int32_t protocol = 0;
  friend bool operator==(const Call&, const Call&) = default;
};

enum class Provider : uint8_t {
#define PROVIDER(id, ...) id,
#include "model/providers.def"
};
#define PROVIDER(...) +1
inline constexpr size_t kProviderCount = 0
#include "model/providers.def"
    ;

// absent: the code does not exist. loadable: a module that request_module can load. loaded: a
// module, loaded before the call. builtin: part of the kernel image.
enum class Presence : uint8_t { absent, loadable, loaded, builtin };
std::string_view presence_name(Presence presence);
bool parse_presence(std::string_view text, Presence* out);

struct ProviderRow {
  Provider id;
  std::string_view name;
  std::string_view config;
  std::string_view since;
  std::string_view until;
  Presence usual;
  std::string_view sentence;
};
std::span<const ProviderRow> providers();  // indexed by Provider
const ProviderRow* find_provider(std::string_view name);
// The presence in a distribution kernel of that release; absent outside since/until.
Presence usual_presence(Provider provider, Release release);
// The best presence the release allows: absent outside since/until, else `wanted`.
Presence possible_presence(Provider provider, Release release, Presence wanted);

enum class Sysctl : uint8_t {
#define SYSCTL(id, ...) id,
#include "model/sysctls.def"
};
#define SYSCTL(...) +1
inline constexpr size_t kSysctlCount = 0
#include "model/sysctls.def"
    ;

struct SysctlValue {
  std::array<int64_t, 3> v{};
  friend bool operator==(const SysctlValue&, const SysctlValue&) = default;
};

struct SysctlRow {
  Sysctl id;
  std::string_view name;  // "net.ipv4.ping_group_range"
  uint8_t count;          // numbers in it
  SysctlValue usual;      // default of the newest release
  int64_t min, max;       // of each number
  bool per_netns;         // a new network namespace starts at the default
  std::string_view sentence;
};
std::span<const SysctlRow> sysctls();  // indexed by Sysctl
const SysctlRow* find_sysctl(std::string_view name);
SysctlValue default_sysctl(Sysctl sysctl, Release release);

// A default that a behaviour changed: number `index` of it was `before`.
struct SysctlDefaultRow {
  Sysctl sysctl;
  size_t index;
  int64_t before;
  Behaviour behaviour;
};
std::span<const SysctlDefaultRow> sysctl_defaults();
// The behaviours that changed a sysctl's default between two releases.
BehaviourSet default_changes(Sysctl sysctl, Release before, Release after);

// One user namespace. Number 0 is the initial one; parents come before children.
struct UserNs {
  uint8_t parent = 0;
  uint32_t owner = 0;  // kuid of the creator: in the parent it has every capability in this one
  // One extent maps ids of the namespace to kernel ids; count 0 = nothing is mapped.
  uint32_t inside = 0, outside = 0, count = std::numeric_limits<uint32_t>::max();
  friend bool operator==(const UserNs&, const UserNs&) = default;
};

inline constexpr size_t kUserNsMax = 8;
inline constexpr size_t kGroupsMax = 32;
inline constexpr uint64_t kAllCaps = (uint64_t{1} << 41) - 1;

// Kernel ids (kuid, kgid): as the initial user namespace numbers them.
struct Caller {
#define ID(id, ...) uint32_t id = 0;
#include "model/world.def"
  uint8_t group_count = 0;
  std::array<uint32_t, kGroupsMax> groups{};
  uint64_t caps = kAllCaps;  // effective, in the caller's own user namespace
  uint8_t user_ns = 0;
  friend bool operator==(const Caller&, const Caller&) = default;
};

inline constexpr int32_t kUnlimited = -1;

// How many are left.
struct Limits {
#define LIMIT(id, ...) int32_t id = kUnlimited;
#include "model/world.def"
  friend bool operator==(const Limits&, const Limits&) = default;
};

// Programs and modules of others that may refuse; each value is the errno (positive), 0 = allowed.
// What replaces a number is that number, or kUnlimited.
struct Policies {
#define POLICY(id, ...) int32_t id = 0;
#define REPLACEMENT(id, ...) int32_t id = kUnlimited;
#include "model/world.def"
  friend bool operator==(const Policies&, const Policies&) = default;
};

inline constexpr size_t kFaultsMax = 8;

struct World {
  Release release = newest_release();
  BehaviourSet with{}, without{};  // on top of the release's own; `without` wins
  std::array<Presence, kProviderCount> providers{};
#define SWITCH(id, usual, ...) bool id = usual;
#include "model/world.def"
  Caller caller;
  uint8_t user_ns_count = 1;
  std::array<UserNs, kUserNsMax> user_ns{};
  uint8_t net_user_ns = 0;  // the user namespace that owns the caller's network namespace
  bool net_is_init = true;
  std::array<SysctlValue, kSysctlCount> sysctls{};
  Limits limits;
  Policies policies;
  uint8_t fault_count = 0;
  std::array<uint16_t, kFaultsMax> faults{};  // 1 = the first fallible step of the call fails
  friend bool operator==(const World&, const World&) = default;

  bool has(Behaviour b) const {
    return !without.has(b) && (with.has(b) || behaviours_of(release).has(b));
  }
};

// What a kernel of that world does: its release's behaviours, with what was added and taken away.
BehaviourSet behaviours_in(const World& world);
// The world of a distribution kernel of that release, asked by root.
World default_world(Release release);
// Changes the release and everything that follows from it (providers, sysctl defaults) but was not
// changed by hand: values equal to the old release's defaults become the new one's.
void set_release(World& world, Release release);

struct ContextRow {
  std::string_view name;
  std::string_view operations;
  std::string_view sentence;
};
std::span<const ContextRow> contexts();
const ContextRow* find_context(std::string_view name);
// Makes the caller, namespaces, limits and policies those of the context; everything else stays.
void apply_context(World& world, const ContextRow& context);

struct Case {
  World world;
  Call call;
  friend bool operator==(const Case&, const Case&) = default;
};

}  // namespace sockoracle
