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

std::string_view take_word(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  const size_t end = text.find(' ');
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  return word;
}

uint32_t number(std::string_view word) {
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

void set_caps(World& world, std::string_view word) {
  const size_t colon = word.find(':');
  const std::string_view how = word.substr(0, colon);
  const uint64_t bit = colon == std::string_view::npos ? 0 : capability_bit(word.substr(colon + 1));
  if (how == "none") world.caller.caps = 0;
  else if (how == "all") world.caller.caps = kAllCaps;
  else if (how == "all-but") world.caller.caps = kAllCaps & ~bit;
  else if (how == "only") world.caller.caps = bit;
}

void set_groups(World& world, std::string_view word) {
  world.caller.group_count = 0;
  world.caller.groups = {};
  if (word == "none") return;
  while (!word.empty() && world.caller.group_count < kGroupsMax) {
    const size_t comma = word.find(',');
    world.caller.groups[world.caller.group_count++] = number(word.substr(0, comma));
    word.remove_prefix(comma == std::string_view::npos ? word.size() : comma + 1);
  }
}

void set_sysctl(World& world, std::string_view rest) {
  const SysctlRow* row = find_sysctl(take_word(rest));
  if (row == nullptr) return;
  SysctlValue& value = world.sysctls[static_cast<size_t>(row->id)];
  for (size_t i = 0; i < row->count; ++i) value.v[i] = number(take_word(rest));
}

// A new network namespace starts with the defaults, whatever the one before was set to.
void reset_netns(World& world) {
  for (const SysctlRow& row : sysctls())
    if (row.per_netns)
      world.sysctls[static_cast<size_t>(row.id)] = default_sysctl(row.id, world.release);
  world.net_is_init = false;
  world.mib_ready = false;
}

void apply_operation(World& world, std::string_view op) {
  Caller& caller = world.caller;
  const std::string_view word = take_word(op);
  if (word == "netns") {
    world.net_user_ns = caller.user_ns;
    reset_netns(world);
  } else if (word == "userns") {
    caller.user_ns = add_user_ns(world, caller.user_ns, caller.euid);
    caller.caps = kAllCaps;
  } else if (word == "ownednetns") {
    world.net_user_ns = add_user_ns(world, caller.user_ns, number(take_word(op)));
    reset_netns(world);
  } else if (word == "sysctl") {
    set_sysctl(world, op);
  } else if (word == "groups") {
    set_groups(world, take_word(op));
  } else if (word == "gid") {
    caller.egid = caller.fsgid = number(take_word(op));
  } else if (word == "egid") {
    caller.egid = caller.fsgid = number(take_word(op));
  } else if (word == "uid") {
    caller.euid = caller.fsuid = number(take_word(op));
  } else if (word == "caps") {
    set_caps(world, take_word(op));
  } else if (word == "nofile") {
    world.limits.fds_left = static_cast<int32_t>(number(take_word(op)));
  } else if (word == "cgroup-deny") {
    world.policies.cgroup_sock_create = kEPERM;
  } else if (word == "lsm-deny-create") {
    world.policies.lsm_socket_create = kEACCES;
  } else if (word == "lsm-deny-post-create") {
    world.policies.lsm_socket_post_create = kEACCES;
  } else if (word == "lsm-deny-alloc") {
    world.policies.lsm_sk_alloc = kEACCES;
  } else if (word == "file-max") {
    world.limits.files_left = 0;
  }
}

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
    const size_t end = operations.find(';');
    apply_operation(world, operations.substr(0, end));
    operations.remove_prefix(end == std::string_view::npos ? operations.size() : end + 1);
  }
}

}  // namespace sockoracle
