// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/oracles/facts.h"

#include "model/symbols.h"
#include "model/world_facts.h"

namespace sockoracle::fuzz {
namespace {

constexpr std::optional<Behaviour> ANY = std::nullopt;

struct Entrance {
  int32_t family, type, protocol;
  ProtoId proto;
  uint8_t flags;
  std::optional<Behaviour> with, without;
};

constexpr Entrance kEntries[] = {
#define PROTOSW(family, type, protocol, proto, ops, flags, with, without, source) \
  {family, type, protocol, ProtoId::proto, flags, with, without},
#include "model/protosw.def"
};

constexpr Provider kProviderOf[] = {
#define PROTO(id, name, provider, object, pinfo, slab, init, destroy, hash, unhash, get_port, \
              close, backlog_rcv)                                                             \
  Provider::provider,
#include "model/proto.def"
};

struct Alias {
  Provider provider;
  int32_t family, protocol, type;
  std::optional<Behaviour> with;
};

constexpr Alias kAliases[] = {
#define MODALIAS(provider, family, protocol, type, with) \
  {Provider::provider, family, protocol, type, with},
#include "model/aliases.def"
};

// Each policy has a rule of its name.
struct PolicyRule {
  Rule rule;
  Fact policy;
};

constexpr PolicyRule kPolicyRules[] = {
#define POLICY(id, ...) {Rule::id, Fact::id},
#include "model/world.def"
};

struct FamilyAlias {
  Provider provider;
  int32_t family;
};

constexpr FamilyAlias kFamilyAliases[] = {
#define FAMILY_ALIAS(provider, family) {Provider::provider, family},
#include "model/aliases.def"
};

struct Needs {
  Provider provider, needed;
};

constexpr Needs kNeeds[] = {
#define NEEDS(provider, needed) {Provider::provider, Provider::needed},
#include "model/aliases.def"
};

// Without AF_INET there is nothing but AF_PACKET; what a loaded module needs is loaded.
Presence presence_of(const World& world, Provider provider) {
  const auto wanted = [&](Provider p) { return world.providers[static_cast<size_t>(p)]; };
  if (wanted(Provider::inet) == Presence::absent && provider != Provider::packet)
    return Presence::absent;
  if (wanted(provider) == Presence::loadable)
    for (const Needs& needs : kNeeds)
      if (needs.needed == provider && wanted(needs.provider) == Presence::loaded)
        return Presence::loaded;
  return wanted(provider);
}

bool is_there(Presence presence) {
  return presence == Presence::builtin || presence == Presence::loaded;
}

bool family_can_come(const World& world, int32_t family) {
  const Provider provider = family == kAF_INET    ? Provider::inet
                            : family == kAF_INET6 ? Provider::ipv6
                                                  : Provider::packet;
  const Presence presence = presence_of(world, provider);
  if (is_there(presence)) return true;
  if (presence != Presence::loadable || !world.modules_enabled) return false;
  for (const FamilyAlias& alias : kFamilyAliases)
    if (alias.provider == provider && alias.family == family) return true;
  return false;
}

bool holds(const World& world, const std::optional<Behaviour>& with,
           const std::optional<Behaviour>& without) {
  return (!with || world.has(*with)) && (!without || !world.has(*without));
}

// Entries of that type which exist, or would after the module requests that this call makes.
template <class Use>
void for_each_entry(const World& world, const Facts& f, bool after_requests, Use use) {
  for (const Entrance& e : kEntries) {
    if (e.family != f.family || e.type != f.type || !holds(world, e.with, e.without)) continue;
    const Provider provider = kProviderOf[static_cast<size_t>(e.proto)];
    if (e.family == kAF_INET6 && presence_of(world, Provider::ipv6) == Presence::absent) continue;
    const Presence presence = presence_of(world, provider);
    bool there =
        is_there(presence) || (presence == Presence::loadable && provider == Provider::ipv6);
    if (!there && after_requests && presence == Presence::loadable && world.modules_enabled)
      for (const Alias& alias : kAliases)
        there =
            there || (alias.provider == provider && alias.family == f.family &&
                      alias.protocol == f.protocol && (alias.type == f.type || alias.type == -1) &&
                      holds(world, alias.with, ANY));
    if (there) use(e);
  }
}

// What a caller's protocol and an entry's make of each other: 0 stands for anything, but not for 0.
bool fits(int32_t asked, int32_t entry) {
  if (asked == 0) return entry != 0;
  return entry == 0 || entry == asked;
}

void find_entry(const World& world, Facts& f, bool after_requests) {
  const Entrance* best = nullptr;
  for_each_entry(world, f, after_requests, [&](const Entrance& e) {
    if (!fits(f.protocol, e.protocol)) return;
    // Whoever asks for 0 gets TCP and UDP where these exist: they are registered first.
    if (best == nullptr || (e.protocol == f.protocol && best->protocol != f.protocol)) best = &e;
  });
  if (best == nullptr) return;
  f.proto = best->proto;
  f.resolved = f.protocol != 0 ? f.protocol : best->protocol;
}

bool in_ping_range(const World& world) {
  const SysctlValue& range = world.sysctls[static_cast<size_t>(Sysctl::ping_group_range)];
  const auto inside = [&](uint32_t gid) { return gid >= range.v[0] && gid <= range.v[1]; };
  bool any = inside(world.caller.egid);
  for (size_t i = 0; i < world.caller.group_count; ++i) any = any || inside(world.caller.groups[i]);
  return any;
}

int32_t family_count(const World& world) {
  int32_t count = 41;
  for (const Behaviour b : {Behaviour::family_kcm, Behaviour::family_qipcrtr, Behaviour::family_smc,
                            Behaviour::family_xdp, Behaviour::family_mctp})
    if (world.has(b)) ++count;
  return count;
}

bool any_entry(const World& world, const Facts& f) {
  bool any = false;
  for_each_entry(world, f, true, [&](const Entrance&) { any = true; });
  return any;
}

void descriptor_rules(const Case& c, RuleSet& broken) {
  const World& w = c.world;
  const int32_t left = w.limits.fds_left;
  const bool pair = c.call.entry == Entry::socketpair;
  const bool first =
      c.call.entry == Entry::io_uring || (pair && w.has(Behaviour::socketpair_reserves_fds_first));
  broken.set(Rule::fd_first, first && left != kUnlimited && left < (pair ? 2 : 1));
  broken.set(Rule::fd_available, !first && left == 0);
  broken.set(Rule::file_max, w.limits.files_left == 0 && !has_capability(w, 0, kCAP_SYS_ADMIN));
  broken.set(Rule::socketpair_supported, pair);
}

// Android's: the group inet, 3003, or CAP_NET_RAW.
bool may_use_network(const World& w) {
  bool inet = w.caller.egid == 3003;
  for (size_t i = 0; i < w.caller.group_count; ++i) inet = inet || w.caller.groups[i] == 3003;
  return inet || has_capability(w, 0, kCAP_NET_RAW);
}

void inet_rules(const Case& c, const Facts& f, RuleSet& broken) {
  const World& w = c.world;
  const int32_t limit = w.has(Behaviour::ipproto_max_263) ? 263 : 256;
  // RHEL 8 has MPTCP under 66 inside: its own number is in range, that one is nobody's.
  const bool rhel8 = w.has(Behaviour::rhel8_mptcp_alias);
  const bool alias = rhel8 && f.protocol == 66;
  broken.set(Rule::protocol_range, w.has(Behaviour::protocol_range_check) &&
                                       (f.protocol < 0 || f.protocol >= limit) &&
                                       !(rhel8 && f.protocol == kIPPROTO_MPTCP));
  broken.set(Rule::android_network,
             w.has(Behaviour::android_paranoid_network) && !may_use_network(w));
  broken.set(Rule::type_has_protocols, !alias && !any_entry(w, f));
  broken.set(Rule::protocol_known, alias || !f.proto.has_value());
  broken.set(Rule::raw_needs_net_raw,
             f.type == kSOCK_RAW && !has_capability(w, w.net_user_ns, kCAP_NET_RAW));
  broken.set(Rule::cgroup_sock_create,
             w.has(Behaviour::cgroup_bpf_sock_create) && w.policies.cgroup_sock_create != 0);
  if (!f.proto) return;
  const bool ping = *f.proto == ProtoId::ping || *f.proto == ProtoId::pingv6;
  const bool mptcp = *f.proto == ProtoId::mptcp || *f.proto == ProtoId::mptcpv6;
  broken.set(Rule::ping_group, ping && !in_ping_range(w));
  broken.set(Rule::mptcp_enabled,
             mptcp && w.sysctls[static_cast<size_t>(Sysctl::mptcp_enabled)].v[0] == 0);
}

// The errno of rules that have one; -1 for the others. Looked up once: targets ask very often.
std::array<int32_t, kRuleCount> only_errnos() {
  std::array<int32_t, kRuleCount> errnos{};
  for (const RuleRow& rule : rules()) {
    const ErrnoSymbol* only = find_errno(rule.errnos);
    errnos[static_cast<size_t>(rule.id)] = only != nullptr ? only->number : -1;
  }
  return errnos;
}

const std::array<int32_t, kRuleCount> kOnlyErrno = only_errnos();

}  // namespace

bool has_capability(const World& world, uint8_t user_ns, int32_t capability) {
  const bool effective = (world.caller.caps >> capability & 1) != 0;
  const uint8_t own = world.caller.user_ns;
  if (own == user_ns) return effective;
  // The namespace on the way up from user_ns whose parent is the caller's own.
  for (uint8_t ns = user_ns; ns != 0; ns = world.user_ns[ns].parent)
    if (world.user_ns[ns].parent == own)
      return effective || world.user_ns[ns].owner == world.caller.euid;
  return false;
}

Facts facts_of(const Case& c) {
  Facts f;
  f.type = c.call.type & kSOCK_TYPE_MASK;
  f.family = c.call.family == kAF_INET && f.type == kSOCK_PACKET ? kAF_PACKET : c.call.family;
  const bool replaceable = c.call.entry == Entry::socket || c.call.entry == Entry::socketcall;
  const bool replaced = replaceable && c.world.policies.update_protocol != kUnlimited &&
                        c.world.has(Behaviour::update_socket_protocol);
  f.protocol = replaced ? c.world.policies.update_protocol : c.call.protocol;
  f.modelled = f.family == kAF_UNSPEC || f.family == kAF_INET || f.family == kAF_INET6 ||
               f.family == kAF_PACKET;
  if (f.family == kAF_INET || f.family == kAF_INET6) {
    find_entry(c.world, f, false);
    if (!f.proto) find_entry(c.world, f, true);
  } else if (f.family == kAF_PACKET) {
    f.proto = ProtoId::packet;
    f.resolved = f.protocol;
  }
  return f;
}

RuleSet broken_rules(const Case& c, const Facts& f) {
  const World& w = c.world;
  RuleSet broken;
  const int32_t flags = kSOCK_CLOEXEC | kSOCK_NONBLOCK;
  broken.set(Rule::io_uring_opcode,
             c.call.entry == Entry::io_uring && !w.has(Behaviour::io_uring_socket));
  broken.set(Rule::type_flags, (c.call.type & ~(kSOCK_TYPE_MASK | flags)) != 0);
  broken.set(Rule::family_range, c.call.family < 0 || c.call.family >= family_count(w));
  broken.set(Rule::type_range, f.type >= kSOCK_MAX);
  for (const PolicyRule& policy : kPolicyRules) broken.set(policy.rule, get(w, policy.policy) != 0);
  // Only these families ask it, and not always: inet_rules().
  broken.set(Rule::cgroup_sock_create, false);
  broken.set(Rule::family_registered,
             !f.modelled || f.family == kAF_UNSPEC || !family_can_come(w, f.family));
  descriptor_rules(c, broken);
  if (f.family == kAF_PACKET) {
    broken.set(Rule::packet_needs_net_raw, !has_capability(w, w.net_user_ns, kCAP_NET_RAW));
    broken.set(Rule::packet_type,
               f.type != kSOCK_DGRAM && f.type != kSOCK_RAW && f.type != kSOCK_PACKET);
  } else if (f.family == kAF_INET || f.family == kAF_INET6) {
    inet_rules(c, f, broken);
  }
  return broken;
}

int32_t expected_error(Rule rule, const World& w, const Facts& f) {
  switch (rule) {
    case Rule::created: return 0;
    case Rule::family_not_modelled: return kEAFNOSUPPORT;
    case Rule::cgroup_sock_create:
      return w.has(Behaviour::cgroup_bpf_retval) ? w.policies.cgroup_sock_create : kEPERM;
    case Rule::sk_alloc_object:
    case Rule::lsm_sk_alloc:
    case Rule::prot_module_live:
      return f.family == kAF_INET && w.has(Behaviour::inet_create_enomem) ? kENOMEM : kENOBUFS;
    default: break;
  }
  for (const PolicyRule& policy : kPolicyRules)
    if (policy.rule == rule) return static_cast<int32_t>(get(w, policy.policy));
  return kOnlyErrno[static_cast<size_t>(rule)];
}

bool may_answer(Rule rule, int32_t error, const World& world) {
  // The inner TCP socket's family: a module only where IPv6 is one.
  const Presence ipv6 = world.providers[static_cast<size_t>(Provider::ipv6)];
  if ((rule == Rule::smc_clcsock || rule == Rule::mptcp_subflow) && error == kEAFNOSUPPORT)
    return ipv6 == Presence::loadable || ipv6 == Presence::loaded;
  const std::string_view name = errno_name(error);
  return !name.empty() && row(rule).errnos.find(name) != std::string_view::npos;
}

bool is_fault_rule(Rule rule) { return row(rule).is(RuleClass::memory | RuleClass::race); }

Expected expected_answer(const Case& c, const Facts& f) {
  const RuleSet broken = broken_rules(c, f);
  for (size_t i = 0; i < kRuleCount; ++i) {
    auto rule = static_cast<Rule>(i);
    if (!broken.has(rule)) continue;
    if (rule == Rule::family_registered && !f.modelled) rule = Rule::family_not_modelled;
    return {rule, expected_error(rule, c.world, f)};
  }
  return {Rule::created, 0};
}

}  // namespace sockoracle::fuzz
