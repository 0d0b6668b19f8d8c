// SPDX-License-Identifier: GPL-2.0-only
// The operations of contexts.def, applied to a World. The probe performs the same text on a kernel.
#include "model/case.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr ContextRow kContexts[] = {
#define CONTEXT(name, operations, sentence) {name, operations, sentence},
#include "model/contexts.def"
};

constexpr std::string_view take_until(std::string_view& text, char separator) {
  const size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

constexpr std::string_view take_operation(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  return take_until(text, ';');
}

constexpr uint32_t number(std::string_view word) {
  uint32_t n = 0;
  for (const char c : word) n = n * 10 + static_cast<uint32_t>(c - '0');
  return n;
}

uint8_t add_user_ns(World& world, uint8_t parent, uint32_t owner) {
  if (world.user_ns_count == kUserNsMax) return 0;
  const uint8_t index = world.user_ns_count++;
  world.user_ns[index] = {parent, owner, 0, owner, 1};
  return index;
}

bool same_but_case(std::string_view lower, std::string_view upper) {
  if (lower.size() != upper.size()) return false;
  for (size_t i = 0; i < lower.size(); ++i) {
    const char c = lower[i];
    if (upper[i] != (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c)) return false;
  }
  return true;
}

uint64_t capability_bit(std::string_view name) {
  for (const Symbol& row : capability_symbols())
    if (same_but_case(name, row.name.substr(4))) return uint64_t{1} << row.number;
  return 0;
}

void apply_caps(World& world, std::string_view word) {
  const size_t colon = word.find(':');
  const std::string_view how = word.substr(0, colon);
  const uint64_t bit = colon == std::string_view::npos ? 0 : capability_bit(word.substr(colon + 1));
  if (how == "none") world.caller.caps = 0;
  else if (how == "all") world.caller.caps = kAllCaps;
  else if (how == "all-but") world.caller.caps = kAllCaps & ~bit;
  else if (how == "only") world.caller.caps = bit;
}

void apply_groups(World& world, std::string_view word) {
  world.caller.group_count = 0;
  world.caller.groups = {};
  if (word == "none") return;
  while (!word.empty() && world.caller.group_count < kGroupsMax) {
    world.caller.groups[world.caller.group_count++] = number(take_until(word, ','));
  }
}

void apply_sysctl(World& world, std::string_view rest) {
  const SysctlRow* row = find_sysctl(take_until(rest, ' '));
  if (row == nullptr) return;
  SysctlValue& value = world.sysctls[static_cast<size_t>(row->id)];
  for (size_t i = 0; i < row->count; ++i) value.v[i] = number(take_until(rest, ' '));
}

// A new network namespace starts with the defaults, whatever the one before was set to.
void reset_netns(World& world) {
  for (const SysctlRow& row : sysctls())
    if (row.per_netns)
      world.sysctls[static_cast<size_t>(row.id)] = default_sysctl(row.id, world.release);
  world.net_is_init = false;
  world.mib_ready = false;
}

void apply_netns(World& world, std::string_view) {
  world.net_user_ns = world.caller.user_ns;
  reset_netns(world);
}

void apply_userns(World& world, std::string_view) {
  world.caller.user_ns = add_user_ns(world, world.caller.user_ns, world.caller.euid);
  world.caller.caps = kAllCaps;
}

void apply_ownednetns(World& world, std::string_view uid) {
  world.net_user_ns = add_user_ns(world, world.caller.user_ns, number(uid));
  reset_netns(world);
}

void apply_gid(World& world, std::string_view id) {
  world.caller.egid = world.caller.fsgid = number(id);
}
void apply_egid(World& world, std::string_view id) { apply_gid(world, id); }
void apply_uid(World& world, std::string_view id) {
  world.caller.euid = world.caller.fsuid = number(id);
}

void apply_nofile(World& world, std::string_view count) {
  world.limits.fds_left = static_cast<int32_t>(number(count));
}
void apply_file_max(World& world, std::string_view) { world.limits.files_left = 0; }

void apply_cgroup_deny(World& world, std::string_view) {
  world.policies.cgroup_sock_create = kEPERM;
}
void apply_lsm_deny_create(World& world, std::string_view) {
  world.policies.lsm_socket_create = kEACCES;
}
void apply_lsm_deny_post_create(World& world, std::string_view) {
  world.policies.lsm_socket_post_create = kEACCES;
}
void apply_lsm_deny_alloc(World& world, std::string_view) { world.policies.lsm_sk_alloc = kEACCES; }

enum class Argument : uint8_t { nothing, id, groups, caps, sysctl };

struct OperationRow {
  std::string_view word;
  Argument argument;
  void (*apply)(World& world, std::string_view argument);
};

constexpr OperationRow kOperations[] = {
#define CONTEXT_OPERATION(id, word, argument, sentence) {word, Argument::argument, apply_##id},
#include "model/context_operations.def"
};

constexpr const OperationRow* find_operation(std::string_view word) {
  for (const OperationRow& row : kOperations)
    if (row.word == word) return &row;
  return nullptr;
}

constexpr bool is_number(std::string_view word) {
  for (const char c : word)
    if (c < '0' || c > '9') return false;
  return !word.empty();
}

constexpr bool are_numbers(std::string_view words, char separator) {
  if (words.empty() || words.back() == separator) return false;
  while (!words.empty())
    if (!is_number(take_until(words, separator))) return false;
  return true;
}

constexpr bool is_sysctl(std::string_view text) {
  const std::string_view name = take_until(text, ' ');
#define SYSCTL(id, known, count, d0, d1, d2, min, max, scope, sentence) \
  if (name == known) return are_numbers(text, ' ');
#define SYSCTL_DEFAULT(sysctl, index, before, behaviour)
#include "model/sysctls.def"
  return false;
}

constexpr bool is_caps(std::string_view text) {
  const std::string_view how = take_until(text, ':');
  if (how == "none" || how == "all") return text.empty();
  return (how == "all-but" || how == "only") && !text.empty();
}

constexpr bool fits(Argument argument, std::string_view text) {
  switch (argument) {
    case Argument::nothing: return text.empty();
    case Argument::id: return is_number(text);
    case Argument::groups: return text == "none" || are_numbers(text, ',');
    case Argument::caps: return is_caps(text);
    case Argument::sysctl: return is_sysctl(text);
  }
  return false;
}

constexpr bool well_formed(std::string_view operations) {
  while (!operations.empty()) {
    std::string_view argument = take_operation(operations);
    const OperationRow* row = find_operation(take_until(argument, ' '));
    if (row == nullptr || !fits(row->argument, argument)) return false;
  }
  return true;
}

// Each context on its own, so that the compiler names the one that is wrong.
#define CONTEXT(name, operations, sentence) static_assert(well_formed(operations), name);
#include "model/contexts.def"

}  // namespace

std::span<const ContextRow> contexts() { return kContexts; }

const ContextRow* find_context(std::string_view name) {
  for (const ContextRow& row : kContexts)
    if (row.name == name) return &row;
  return nullptr;
}

void apply_context(World& world, const ContextRow& context) {
  world.caller = {};
  world.user_ns_count = 1;
  world.user_ns = {};
  world.net_user_ns = 0;
  world.net_is_init = true;
  world.limits = {};
  world.policies = {};
  std::string_view operations = context.operations;
  while (!operations.empty()) {
    std::string_view argument = take_operation(operations);
    const OperationRow* row = find_operation(take_until(argument, ' '));
    if (row != nullptr) row->apply(world, argument);
  }
}

}  // namespace sockoracle
