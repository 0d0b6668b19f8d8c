// SPDX-License-Identifier: GPL-2.0-only
// Nothing in the tables is dead: each rule decides some case, and each behaviour, switched, changes
// some answer, step, field, observable or hazard. What is exempt says why.
#include <algorithm>

#include "model/af_inet.h"
#include "model/module.h"
#include "model/sock.h"
#include "model/socket.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

// -- rules: one case each, with what a kernel of its release answers

struct RuleCase {
  const char* rule;
  const char* error;
  const char* release;
  const char* context;
  Call call;
  void (*world)(World&);
  void (*kernel)(Kernel&);
};

void nothing(World&) {}
void leave(Kernel&) {}
void all_loaded(World& w) { set_optional(w, Presence::loaded); }
void all_builtin(World& w) { set_optional(w, Presence::builtin); }

// The n-th allocation of that name fails.
template <int kOccurrence = 1>
void fail(World& w, const Call& call, std::string_view what) {
  Kernel k(w);
  (void)k.call(call);
  int left = kOccurrence;
  for (const Step& step : k.trace())
    if (step.kind == StepKind::alloc && step.what == what && --left == 0) set_faults(w, {step.a});
  BOOST_REQUIRE_MESSAGE(w.fault_count == 1, "no allocation " << what);
}

constexpr Call kTcp{Entry::socket, 2, 1, 0}, kUdp{Entry::socket, 2, 2, 0},
    kRaw{Entry::socket, 2, 3, 1}, kPing{Entry::socket, 2, 2, 1}, kPacket{Entry::socket, 2, 10, 0},
    kMptcp{Entry::socket, 2, 1, 262}, kSmc{Entry::socket, 2, 1, 256},
    kSctp{Entry::socket, 2, 5, 132}, kDccp{Entry::socket, 2, 6, 33},
    kRing{Entry::io_uring, 2, 1, 0};

void no_fds(World& w) { w.limits.fds_left = 0; }
void ipv6_loaded(World& w) { set_provider(w, Provider::ipv6, Presence::loaded); }

void second_module_get(World& w) {
  all_loaded(w);
  Kernel k(w);
  (void)k.call(kSctp);
  set_faults(w, {k.fallible() - 2});  // behind it: a dentry and a file
}

void scheduler(World& w) {
  Kernel k(w);
  (void)k.call(kMptcp);
  set_faults(w, {k.fallible() - 2});
}

void raw_hash_refuses(Kernel& k) {
  proto_of(k, ProtoId::raw).hash = [](Kernel&, sock&) { return -kEADDRINUSE; };
}

void sctp_as_rdm(Kernel& k) {
  for (inet_protosw& e : k.objects().protosw) {
    if (e.prot == nullptr || e.prot->id != ProtoId::sctp || e.type != kSOCK_SEQPACKET) continue;
    inet_unregister_protosw(k, e);
    e.type = kSOCK_RDM;
    inet_register_protosw(k, e);
  }
}

const RuleCase kRuleCases[] = {
    {"io_uring_opcode", "EINVAL", "5.18", "root", kRing, nothing, leave},
    {"type_flags", "EINVAL", "6.12", "root", inet(1 | 0x10, 0), nothing, leave},
    {"fd_first", "EMFILE", "6.12", "root", kRing, no_fds, leave},
    {"family_range", "EAFNOSUPPORT", "6.12", "root", {Entry::socket, 46, 1, 0}, nothing, leave},
    {"type_range", "EINVAL", "6.12", "root", inet(11, 0), nothing, leave},
    {"lsm_socket_create", "EACCES", "6.12", "lsm-deny-create", kTcp, nothing, leave},
    {"sock_alloc_inode", "ENFILE", "6.12", "root", kTcp,
     [](World& w) { fail(w, kTcp, "sock_inode_cache"); }, leave},
    {"family_registered", "EAFNOSUPPORT", "6.12", "root", {Entry::socket, 0, 1, 0}, nothing, leave},
    {"family_module_live", "EAFNOSUPPORT", "6.12", "root", inet6(1, 0), ipv6_loaded,
     [](Kernel& k) { module_of(k, Provider::ipv6).going = true; }},
    {"packet_needs_net_raw", "EPERM", "6.12", "nobody", kPacket, nothing, leave},
    {"packet_type", "ESOCKTNOSUPPORT", "6.12", "root", {Entry::socket, 17, 1, 0}, nothing, leave},
    {"protocol_range", "EINVAL", "6.12", "root", inet(1, 263), nothing, leave},
    {"type_has_protocols", "ESOCKTNOSUPPORT", "6.12", "root", inet(4, 0), nothing, leave},
    {"protocol_known", "EPROTONOSUPPORT", "6.12", "root", inet(3, 0), nothing, leave},
    {"raw_needs_net_raw", "EPERM", "6.12", "nobody", kRaw, nothing, leave},
    {"sk_alloc_object", "ENOMEM", "6.12", "root", kTcp, [](World& w) { fail(w, kTcp, "TCP"); },
     leave},
    {"lsm_sk_alloc", "ENOMEM", "6.12", "lsm-deny-alloc", kTcp, nothing, leave},
    {"prot_module_live", "ENOMEM", "6.12", "root", kSctp, all_loaded,
     [](Kernel& k) { module_of(k, Provider::sctp).going = true; }},
    {"packet_alloc", "ENOBUFS", "6.12", "root", kPacket,
     [](World& w) { fail(w, kPacket, "packet_alloc_pending"); }, leave},
    {"prot_hash", "EADDRINUSE", "6.12", "root", kRaw, nothing, raw_hash_refuses},
    {"ping_group", "EACCES", "6.12", "root", kPing, nothing, leave},
    {"mptcp_enabled", "ENOPROTOOPT", "6.12", "mptcp-off", kMptcp, nothing, leave},
    {"mptcp_mib", "ENOMEM", "6.12", "root", kMptcp,
     [](World& w) { fail(w, kMptcp, "mptcp_mib_alloc"); }, leave},
    {"mptcp_scheduler", "EBUSY", "6.12", "root", kMptcp, scheduler, leave},
    {"mptcp_subflow", "ENFILE", "6.1", "root", kMptcp,
     [](World& w) { fail<2>(w, kMptcp, "sock_inode_cache"); }, leave},
    {"udp_producer_queue", "ENOMEM", "6.18", "root", kUdp,
     [](World& w) { fail(w, kUdp, "udp_prod_queue"); }, leave},
    {"sctp_type", "ESOCKTNOSUPPORT", "6.12", "root", inet(kSOCK_RDM, 132), all_loaded, sctp_as_rdm},
    {"sctp_memory", "ENOMEM", "6.12", "root", kSctp,
     [](World& w) { all_builtin(w), fail(w, kSctp, "sctp_endpoint"); }, leave},
    {"dccp_memory", "ENOMEM", "6.12", "root", kDccp,
     [](World& w) { all_builtin(w), fail(w, kDccp, "dccp_feat short_seqnos"); }, leave},
    {"smc_clcsock", "ENFILE", "6.12", "root", kSmc,
     [](World& w) { all_builtin(w), fail<2>(w, kSmc, "sock_inode_cache"); }, leave},
    {"cgroup_sock_create", "EPERM", "6.12", "cgroup-deny", kTcp, nothing, leave},
    {"android_network", "EACCES", "6.12", "nobody", kTcp,
     [](World& w) { w.with.set(Behaviour::android_paranoid_network); }, leave},
    {"seccomp_filter", "EAFNOSUPPORT", "6.12", "root", kTcp,
     [](World& w) { w.policies.seccomp_filter = kEAFNOSUPPORT; }, leave},
    {"ops_module_live", "EAFNOSUPPORT", "6.12", "root", kSctp, second_module_get, leave},
    {"lsm_socket_post_create", "EACCES", "6.12", "lsm-deny-post-create", kTcp, nothing, leave},
    {"socketpair_supported",
     "EOPNOTSUPP",
     "6.12",
     "root",
     {Entry::socketpair, 2, 1, 0},
     nothing,
     leave},
    {"fd_available", "EMFILE", "6.12", "no-fd", kTcp, nothing, leave},
    {"file_max", "ENFILE", "6.12", "file-max", kTcp, nothing, leave},
    {"file_memory", "ENOMEM", "6.12", "root", kTcp, [](World& w) { fail(w, kTcp, "filp"); }, leave},
    {"created", "0", "6.12", "root", kTcp, nothing, leave},
    {"family_not_modelled",
     "EAFNOSUPPORT",
     "6.12",
     "root",
     {Entry::socket, 1, 1, 0},
     nothing,
     leave},
};

void check_rule(size_t index) {
  const RuleCase& c = kRuleCases[index];
  World world = world_of(c.release, c.context);
  c.world(world);
  Kernel k(world);
  c.kernel(k);
  BOOST_TEST(words(k.call(c.call)) == words(c.error, c.rule));
}

const bool kRegistered = [] {
  for (size_t i = 0; i < std::size(kRuleCases); ++i)
    add_named_test("rule", kRuleCases[i].rule, check_rule, i);
  return true;
}();

BOOST_AUTO_TEST_CASE(every_rule_has_a_case) {
  for (const RuleRow& rule : rules())
    BOOST_TEST(std::any_of(std::begin(kRuleCases), std::end(kRuleCases),
                           [&](const RuleCase& c) { return rule.name == c.rule; }),
               rule.name << " decides no case here");
}

// The errnos that a rule may answer are those its row lists.
BOOST_AUTO_TEST_CASE(rules_list_their_errnos) {
  for (const RuleCase& c : kRuleCases) {
    const RuleRow* rule = find_rule(c.rule);
    BOOST_REQUIRE(rule != nullptr);
    if (rule->id == Rule::created || rule->id == Rule::family_not_modelled) continue;
    const std::string list = " " + std::string(rule->errnos) + " ";
    BOOST_TEST(list.find(" " + std::string(c.error) + " ") != std::string::npos, c.rule);
  }
}

// -- behaviours

// Behaviours that no case of this model can show, and why.
const std::pair<const char*, const char*> kExempt[] = {
    {"protosw_loop_stops_early", "both loops end at the same place: permanent entries come first"},
    {"ipv6_builtin_only", "says which configurations exist, not what a kernel does"},
    {"pmtu_disc_per_netns", "needs two network namespaces; the model has the caller's"},
    {"ip_default_ttl_per_netns", "needs two network namespaces; the model has the caller's"},
    {"tcp_mem_per_netns", "needs two network namespaces; the model has the caller's"},
    {"ping_unhash_fixed", "needs a ping sock that is hashed, twice unhashed: corpus/cves"},
    {"clone_sets_creator", "needs a listener whose proto has changed: corpus/cves"},
    {"sctp_netns_first", "needs a module whose init is not through: corpus/cves"},
    {"sctp_close_locks_asconf", "needs net.sctp.default_auto_asconf: corpus/cves"},
    {"sctp_destroy_locks_asconf", "needs net.sctp.default_auto_asconf: corpus/cves"},
    {"sctp_asconf_at_bind", "needs net.sctp.default_auto_asconf: corpus/cves"},
    {"release_clears_sk_late", "nobody looks at sock->sk between the two places"},
};

bool exempt(std::string_view name) {
  return std::any_of(std::begin(kExempt), std::end(kExempt),
                     [&](const auto& row) { return row.first == name; });
}

// Everything that can be seen of one case: answer, steps until the close, fields, observables.
std::string everything(const World& world, const Call& call) {
  Kernel k(world);
  const Verdict v = k.call(call);
  std::string text = words(v) + " " + hazard_words(v.hazards) + "\n";
  if (v.error == 0)
    for (const auto& [name, value] : fields_of(*k.lookup(v.fd))) text += name + "=" + value + " ";
  k.close(v.fd);
  text += trace_text(k);
  const Balance b = k.balance();
  for (const int64_t n : {b.objects, b.module_refs, b.net_refs, b.group_refs, b.inuse})
    text += std::to_string(n) + " ";
  return text;
}

bool state_differs(const World& a, const World& b, const Call& call) {
  return !(ask({a, call}).state == ask({b, call}).state);
}

using Tweak = void (*)(World&);

const Tweak kTweaks[] = {
    [](World&) {},
    [](World& w) { set_optional(w, Presence::loadable); },
    [](World& w) { set_optional(w, Presence::loaded); },
    [](World& w) { w.policies.cgroup_sock_create = kEACCES; },
    [](World& w) {
      w.policies.lsm_sk_alloc = kEACCES;
      w.lsm_sk_blob = true;
    },
    [](World& w) { w.policies.update_protocol = 17; },
    [](World& w) { set_sysctl(w, Sysctl::ping_group_range, 1, 0); },
    [](World& w) { set_sysctl(w, Sysctl::bypass_prot_mem, 1); },
    [](World& w) { w.limits.fds_left = 0; },
    [](World& w) { w.caller.fsuid = 7; },
    [](World& w) { set_faults(w, {2}); },
    [](World& w) { set_faults(w, {3}); },
    [](World& w) { set_faults(w, {4}); },
    [](World& w) { set_faults(w, {5}); },
    [](World& w) { set_faults(w, {6}); },
    [](World& w) { set_faults(w, {7}); },
};

const std::vector<Call>& calls() {
  static const std::vector<Call> all = [] {
    std::vector<Call> list{{Entry::io_uring, 2, 1, 0},
                           {Entry::socketpair, 2, 1, 0},
                           inet(10, 0),
                           inet(7, 0),
                           inet(2, 58),
                           inet(3, -1),
                           inet(3, 300)};
    for (const int32_t family : {2, 10})
      for (const auto& [type, protocol] : {std::pair{1, 0},
                                           {2, 0},
                                           {2, 1},
                                           {2, 58},
                                           {2, 115},
                                           {2, 136},
                                           {3, 1},
                                           {3, 256},
                                           {1, 132},
                                           {5, 132},
                                           {6, 33},
                                           {1, 256},
                                           {1, 262}})
        list.push_back({Entry::socket, family, type, protocol});
    for (int32_t family = 40; family < 46; ++family) list.push_back({Entry::socket, family, 1, 0});
    return list;
  }();
  return all;
}

// sk_prot_alloc without __GFP_ZERO, which no caller on the path does.
bool unzeroed_differs(const World& a, const World& b) {
  const auto steps = [](World world) {
    world.init_on_alloc = true;
    Kernel k(world);
    (void)sk_prot_alloc(k, proto_of(k, ProtoId::tcp), GFP_KERNEL, kAF_INET);
    return trace_text(k);
  };
  return steps(a) != steps(b);
}

// A proto whose hash refuses, which no proto of the tree does.
bool refused_hash_differs(const World& a, const World& b) {
  const auto answer = [](const World& world) {
    Kernel k(world);
    raw_hash_refuses(k);
    return words(k.call(kRaw));
  };
  return answer(a) != answer(b);
}

// A socket of the kernel's own and the caches it comes from: what a user's socket hides.
bool kernel_s_own_differs(const World& a, const World& b) {
  const auto own = [](const World& world) {
    Kernel k(world);
    struct socket* sock = nullptr;
    std::string text = std::to_string(sock_create_kern(k, kAF_INET, kSOCK_STREAM, 0, &sock));
    text += " " + std::to_string(k.objects().current_net.passive);
    for (const kmem_cache& slab : k.objects().slabs) text += slab.typesafe ? " 1" : " 0";
    return text;
  };
  return own(a) != own(b);
}

bool alive_on(Release release, Behaviour b) {
  for (const Tweak& tweak : kTweaks) {
    World with = world_of(release);
    set_optional(with, Presence::builtin);
    open_ping(with);
    tweak(with);
    World without = with;
    with.with.set(b);
    without.without.set(b);
    for (const Call& call : calls())
      if (everything(with, call) != everything(without, call)) return true;
    if (&tweak != &kTweaks[0]) continue;
    if (unzeroed_differs(with, without) || refused_hash_differs(with, without) ||
        kernel_s_own_differs(with, without))
      return true;
    for (const Call& call : calls())
      if (state_differs(with, without, call)) return true;
    // what a sysctl's default depends on
    for (const SysctlDefaultRow& row : sysctl_defaults())
      if (row.behaviour == b &&
          sysctls()[static_cast<size_t>(row.sysctl)].usual.v[row.index] != row.before)
        return true;
  }
  return false;
}

// Where a row could matter: around its own bounds first, then old, middle and new.
std::vector<Release> where_to_look(const BehaviourRow& row) {
  std::vector<Release> list;
  const auto add = [&](std::string_view name, int step) {
    Release release;
    if (name.empty() || !parse_release(name, &release)) return;
    const int index = release.index + step;
    if (index >= 0) list.push_back({static_cast<uint8_t>(index), 0});
  };
  add(row.since, 0);
  add(row.since, -1);
  add(row.until, -1);
  for (const char* name : {"3.12", "4.12", "5.10", "6.1", "6.12", "7.3"}) add(name, 0);
  return list;
}

BOOST_AUTO_TEST_CASE(every_behaviour_shows) {
  for (const BehaviourRow& row : behaviours()) {
    bool alive = false;
    for (const Release release : where_to_look(row))
      if (!alive) alive = alive_on(release, row.id);
    if (exempt(row.name)) BOOST_TEST(!alive, row.name << " shows by now: it is no longer exempt");
    else BOOST_TEST(alive, row.name << " changes nothing anywhere");
  }
}

BOOST_AUTO_TEST_CASE(exemptions_name_behaviours) {
  for (const auto& [name, reason] : kExempt)
    BOOST_TEST(find_behaviour(name) != nullptr, name << reason);
}

// A behaviour of a release, taken away and given back, is that release again.
BOOST_AUTO_TEST_CASE(with_and_without_are_inverse) {
  for (const BehaviourRow& row : behaviours()) {
    World world = world_of("6.12");
    world.without.set(row.id);
    BOOST_TEST(!world.has(row.id));
    BOOST_TEST(!Kernel(world).has(row.id));
    world.without = {};
    world.with.set(row.id);
    BOOST_TEST(world.has(row.id));
    BOOST_TEST(Kernel(world).has(row.id));
  }
}

}  // namespace
}  // namespace sockoracle::test
