// SPDX-License-Identifier: GPL-2.0-only
// The questions that are answered by asking the model: the complete table, the history, remedies
// and causes. What they say is checked against the model call by call, and against the kernel's
// history.
#include "model/explore.h"

#include <algorithm>
#include <random>
#include <set>

#include "model/test/support.h"

namespace sockoracle::test {
namespace {

// -- table_of

World table_world(std::string_view release, std::string_view context, Presence optional) {
  World world = world_of(release, context);
  set_optional(world, optional);
  return world;
}

struct TableWorld {
  const char* release;
  const char* context;
  Presence optional;
};

const TableWorld kTableWorlds[] = {
    {"3.12", "root", Presence::builtin},     {"3.12", "nobody", Presence::loadable},
    {"4.3", "ping-gid", Presence::absent},   {"4.4", "root", Presence::loadable},
    {"5.6", "mptcp-off", Presence::builtin}, {"6.1", "root", Presence::loadable},
    {"6.12", "nobody", Presence::loaded},    {"6.18", "cgroup-deny", Presence::loadable},
    {"7.3", "no-fd", Presence::loadable},    {"7.3", "root", Presence::absent},
};

std::string range_text(const TableRange& range) {
  return std::to_string(range.low) + ".." + std::to_string(range.high) + " " +
         error_word(range.error) + " " + std::string(row(range.rule).name);
}

BOOST_AUTO_TEST_CASE(tables_have_no_gap_and_no_overlap) {
  for (const TableWorld& t : kTableWorlds)
    for (const int32_t family : {2, 10, 17, 0, -1})
      for (int32_t type = 0; type < 16; ++type) {
        const World world = table_world(t.release, t.context, t.optional);
        const std::vector<TableRange> table = table_of(world, Entry::socket, family, type);
        BOOST_REQUIRE(!table.empty());
        BOOST_TEST(table.front().low == kMin);
        BOOST_TEST(table.back().high == kMax);
        for (size_t i = 0; i < table.size(); ++i) {
          BOOST_TEST(table[i].low <= table[i].high);
          if (i == 0) continue;
          BOOST_TEST(int64_t{table[i].low} == int64_t{table[i - 1].high} + 1);
          BOOST_TEST((table[i].error != table[i - 1].error || table[i].rule != table[i - 1].rule));
        }
      }
}

// Asks the protocols one by one; reboots when a module came.
class Asker {
 public:
  explicit Asker(const World& world) : world_(world) {}
  Verdict operator()(const Call& call) {
    if (!k_ || k_->changed()) k_.emplace(world_);
    const CallScope quiet(*k_, {.tracing = false});
    const Verdict v = k_->call(call);
    k_->close(v.fd);
    return v;
  }

 private:
  World world_;
  std::optional<Kernel> k_;
};

void compare(const std::vector<TableRange>& table, Asker& asked, int32_t type, int32_t protocol) {
  const auto range = std::find_if(table.begin(), table.end(), [&](const TableRange& r) {
    return r.low <= protocol && protocol <= r.high;
  });
  const Verdict v = asked(inet(type, protocol));
  if (v.error != range->error || v.rule != range->rule)
    BOOST_ERROR("type " << type << " protocol " << protocol << ": " << words(v)
                        << ", the table says " << range_text(*range));
}

BOOST_AUTO_TEST_CASE(tables_agree_with_every_single_call) {
  const TableWorld worlds[] = {{"3.12", "root", Presence::loadable},
                               {"6.12", "nobody", Presence::loadable},
                               {"7.3", "root", Presence::builtin}};
  for (const TableWorld& t : worlds) {
    const World world = table_world(t.release, t.context, t.optional);
    for (const int32_t type : {1, 2, 3, 5}) {
      const std::vector<TableRange> table = table_of(world, Entry::socket, kAF_INET, type);
      Asker asked(world);
      for (int32_t protocol = -70000; protocol <= 70000; ++protocol)
        compare(table, asked, type, protocol);
    }
  }
}

BOOST_AUTO_TEST_CASE(tables_agree_with_sampled_calls) {
  std::mt19937 random(12345);
  std::uniform_int_distribution<int32_t> any(kMin, kMax);
  for (const TableWorld& t : kTableWorlds) {
    const World world = table_world(t.release, t.context, t.optional);
    for (int32_t type = 0; type < 16; ++type) {
      const std::vector<TableRange> table = table_of(world, Entry::socket, kAF_INET, type);
      Asker asked(world);
      for (int i = 0; i < 500; ++i) compare(table, asked, type, any(random));
      for (const TableRange& range : table)
        for (const int64_t p : {int64_t{range.low} - 1, int64_t{range.low}, int64_t{range.high},
                                int64_t{range.high} + 1})
          if (p >= kMin && p <= kMax) compare(table, asked, type, static_cast<int32_t>(p));
    }
  }
}

struct NamedTable {
  const char* release;
  const char* context;
  int32_t type;
  std::vector<std::string> ranges;
};

const NamedTable kNamedTables[] = {
    {"6.12",
     "nobody",
     3,
     {"-2147483648..-1 EINVAL protocol_range", "0..0 EPROTONOSUPPORT protocol_known",
      "1..262 EPERM raw_needs_net_raw", "263..2147483647 EINVAL protocol_range"}},
    {"3.12",
     "root",
     3,
     {"-2147483648..-1 0 created", "0..0 EPROTONOSUPPORT protocol_known",
      "1..2147483647 0 created"}},
    {"4.4",
     "root",
     3,
     {"-2147483648..-1 EINVAL protocol_range", "0..0 EPROTONOSUPPORT protocol_known",
      "1..255 0 created", "256..2147483647 EINVAL protocol_range"}},
    {"6.12",
     "root",
     1,
     {"-2147483648..-1 EINVAL protocol_range", "0..0 0 created",
      "1..5 EPROTONOSUPPORT protocol_known", "6..6 0 created",
      "7..131 EPROTONOSUPPORT protocol_known", "132..132 0 created",
      "133..255 EPROTONOSUPPORT protocol_known", "256..256 0 created",
      "257..261 EPROTONOSUPPORT protocol_known", "262..262 0 created",
      "263..2147483647 EINVAL protocol_range"}},
    {"6.12", "root", 10, {"-2147483648..2147483647 0 created"}},
    {"6.12", "root", 11, {"-2147483648..2147483647 EINVAL type_range"}},
    {"3.12", "root", 7, {"-2147483648..2147483647 ESOCKTNOSUPPORT type_has_protocols"}},
};

BOOST_AUTO_TEST_CASE(named_tables) {
  for (const NamedTable& t : kNamedTables) {
    std::vector<std::string> ranges;
    for (const TableRange& r :
         table_of(world_of(t.release, t.context), Entry::socket, kAF_INET, t.type))
      ranges.push_back(range_text(r));
    BOOST_TEST_CONTEXT(t.release << ' ' << t.context << ' ' << t.type) {
      BOOST_TEST(ranges == t.ranges, boost::test_tools::per_element());
    }
  }
}

// A program that replaces the protocol makes the caller's irrelevant.
BOOST_AUTO_TEST_CASE(a_replaced_protocol_is_one_range) {
  World world = world_of("6.12");
  world.policies.update_protocol = 6;
  BOOST_TEST(table_of(world, Entry::socket, kAF_INET, 1).size() == 1u);
  BOOST_TEST(table_of(world, Entry::io_uring, kAF_INET, 1).size() > 1u);
}

// -- history_of

// "4.4-5.5 EINVAL protocol_range <- protocol_range_check +mptcp -udplite"
std::string era_text(const Era& era) {
  std::string text = std::string(releases()[era.first].name) + "-" +
                     std::string(releases()[era.last].name) + " " + error_word(era.error) + " " +
                     std::string(row(era.rule).name);
  for (const Behaviour b : era.because) text += " " + std::string(row(b).name);
  for (const Provider p : era.appeared)
    text += " +" + std::string(providers()[static_cast<size_t>(p)].name);
  for (const Provider p : era.disappeared)
    text += " -" + std::string(providers()[static_cast<size_t>(p)].name);
  return text;
}

std::vector<std::string> history(const World& world, const Call& call, bool by_state = false) {
  std::vector<std::string> eras;
  for (const Era& era : history_of({world, call}, by_state)) eras.push_back(era_text(era));
  return eras;
}

struct History {
  const char* name;
  const char* context;
  Call call;
  std::vector<std::string> eras;
};

const History kHistories[] = {
    {"MPTCP: three eras",
     "root",
     inet(1, 262),
     {"3.12-4.3 EPROTONOSUPPORT protocol_known",
      "4.4-5.5 EINVAL protocol_range protocol_range_check",
      "5.6-7.3 0 created ipproto_max_263 +mptcp"}},
    {"MPTCP switched off",
     "mptcp-off",
     inet(1, 262),
     {"3.12-4.3 EPROTONOSUPPORT protocol_known",
      "4.4-5.5 EINVAL protocol_range protocol_range_check",
      "5.6-7.3 ENOPROTOOPT mptcp_enabled ipproto_max_263 +mptcp"}},
    {"RAW 256",
     "root",
     inet(3, 256),
     {"3.12-4.3 0 created", "4.4-5.5 EINVAL protocol_range protocol_range_check",
      "5.6-7.3 0 created ipproto_max_263"}},
    {"RAW 256 without the capability",
     "nobody",
     inet(3, 256),
     {"3.12-4.3 EPERM raw_needs_net_raw", "4.4-5.5 EINVAL protocol_range protocol_range_check",
      "5.6-7.3 EPERM raw_needs_net_raw ipproto_max_263"}},
    {"RAW 263",
     "root",
     inet(3, 263),
     {"3.12-4.3 0 created", "4.4-7.3 EINVAL protocol_range protocol_range_check"}},
    {"UDP-Lite is removed",
     "root",
     inet(2, 136),
     {"3.12-7.0 0 created", "7.1-7.3 EPROTONOSUPPORT protocol_known -udplite"}},
    {"DCCP is removed",
     "root",
     inet(6, 33),
     {"3.12-6.15 0 created", "6.16-7.3 ESOCKTNOSUPPORT type_has_protocols -dccp"}},
    {"SMC",
     "root",
     inet(1, 256),
     {"3.12-4.3 EPROTONOSUPPORT protocol_known",
      "4.4-5.5 EINVAL protocol_range protocol_range_check",
      "5.6-6.10 EPROTONOSUPPORT protocol_known ipproto_max_263", "6.11-7.3 0 created +smc"}},
    {"a denied sk_alloc",
     "lsm-deny-alloc",
     inet(1, 0),
     {"3.12-5.13 ENOBUFS lsm_sk_alloc", "5.14-7.3 ENOMEM lsm_sk_alloc inet_create_enomem"}},
    {"denied by the cgroup",
     "cgroup-deny",
     inet(1, 0),
     {"3.12-4.9 0 created", "4.10-7.3 EPERM cgroup_sock_create cgroup_bpf_sock_create"}},
    {"L2TP/IP's alias",
     "root",
     inet(2, 115),
     {"3.12-4.3 EPROTONOSUPPORT protocol_known", "4.4-6.0 0 created l2tp_alias_generic",
      "6.1-6.2 EPROTONOSUPPORT protocol_known l2tp_alias_generic",
      "6.3-7.3 0 created l2tp_alias_fixed"}},
    {"TCP", "root", inet(1, 0), {"3.12-7.3 0 created"}},
};

BOOST_AUTO_TEST_CASE(named_histories) {
  for (const History& h : kHistories) BOOST_TEST_CONTEXT(h.name) {
      BOOST_TEST(history(world_of("6.12", h.context), h.call) == h.eras,
                 boost::test_tools::per_element());
    }
}

// Only the state differs: the reason is named as well.
BOOST_AUTO_TEST_CASE(history_by_state) {
  const std::vector<Era> eras = history_of({world_of("6.12"), inet(1, 0)}, true);
  BOOST_TEST(eras.size() > 5u);
  std::set<std::string> because;
  for (size_t i = 1; i < eras.size(); ++i) {
    BOOST_TEST(eras[i].state_changed);
    BOOST_TEST(int{eras[i].first} == eras[i - 1].last + 1);
    for (const Behaviour b : eras[i].because) because.emplace(row(b).name);
  }
  for (const char* name : {"tcp_rmem_131072", "incoming_cpu_unset", "pacing_rate_64bit"})
    BOOST_TEST(because.count(name) == 1u, name);
}

// A default differs between two releases where a row says so, and is blamed on that row alone.
BOOST_AUTO_TEST_CASE(a_changed_default_is_blamed_on_its_own_row) {
  for (uint8_t i = 1; i < releases().size(); ++i) {
    const Release before{static_cast<uint8_t>(i - 1), 0}, after{i, 0};
    for (const SysctlRow& sysctl : sysctls()) {
      const BehaviourSet blamed = default_changes(sysctl.id, before, after);
      const bool changed = !(default_sysctl(sysctl.id, before) == default_sysctl(sysctl.id, after));
      BOOST_TEST((blamed != BehaviourSet{}) == changed,
                 sysctl.name << " in " << releases()[i].name);
      for (const SysctlDefaultRow& row : sysctl_defaults())
        if (row.sysctl != sysctl.id) BOOST_TEST(!blamed.has(row.behaviour), sysctl.name);
    }
  }
  // net/ipv4/tcp.c:tcp_init: sysctl_tcp_rmem[1] in v4.19 and v4.20.
  BehaviourSet rmem;
  rmem.set(Behaviour::tcp_rmem_131072);
  const Release old = world_of("4.19").release, young = world_of("4.20").release;
  BOOST_TEST((default_changes(Sysctl::tcp_rmem, old, young) == rmem));
  BOOST_TEST((default_changes(Sysctl::tcp_wmem, old, young) == BehaviourSet{}));
}

BOOST_AUTO_TEST_CASE(same_span_of_an_answer) {
  const auto span = [](std::string_view release, const char* context, const Call& call) {
    const SameSpan s = same_span({world_of(release, context), call});
    return std::string(releases()[s.first].name) + "-" + std::string(releases()[s.last].name);
  };
  BOOST_TEST(span("6.18", "nobody", inet(3, 1)) == "3.12-7.3");
  BOOST_TEST(span("5.0", "root", inet(3, 256)) == "4.4-5.5");
  BOOST_TEST(span("6.18", "root", inet(1, 262)) == "5.6-7.3");
  BOOST_TEST(span("3.12", "root", inet(1, 262)) == "3.12-4.3");
}

// -- remedies_of, causes_of

Case after(Case c, const std::vector<Change>& changes) {
  for (const Change& change : changes) apply(c, change);
  return c;
}

bool succeeds(const Case& c) { return verdict_of(c.world, c.call).error == 0; }

bool is_capability(const Change& c, int32_t cap) {
  return c.kind == Change::Kind::capability && c.number == cap;
}

bool is_context(const Change& c, std::string_view name) {
  return c.kind == Change::Kind::context && contexts()[c.index].name == name;
}

bool is_call(const Change& c, int32_t type, int32_t protocol) {
  return c.kind == Change::Kind::call && c.call == inet(type, protocol);
}

bool is_sysctl(const Change& c, Sysctl sysctl) {
  return c.kind == Change::Kind::sysctl && c.index == static_cast<uint8_t>(sysctl);
}

template <class Test>
bool any_remedy(const std::vector<Remedy>& remedies, const Test& test) {
  return std::any_of(remedies.begin(), remedies.end(),
                     [&](const Remedy& r) { return test(r.changes); });
}

BOOST_AUTO_TEST_CASE(what_would_let_a_raw_socket_through) {
  const Case c{world_of("6.18", "nobody"), inet(3, 1)};
  const std::vector<Remedy> remedies = remedies_of(c, 1000);
  BOOST_TEST(any_remedy(remedies, [](const std::vector<Change>& s) {
    return s.size() == 1 && is_capability(s[0], kCAP_NET_RAW);
  }));
  BOOST_TEST(any_remedy(remedies, [](const std::vector<Change>& s) {
    return s.size() == 1 && is_context(s[0], "userns-root");
  }));
  BOOST_TEST(any_remedy(remedies, [](const std::vector<Change>& s) {
    return s.size() == 2 && is_call(s[0], kSOCK_DGRAM, kIPPROTO_ICMP) &&
           is_sysctl(s[1], Sysctl::ping_group_range);
  }));
}

// A context is offered where somebody else helps: not for a descriptor, a sysctl or a policy, which
// are changes of their own, nor root where net.ipv4.ip_no_pmtu_disc is 0 beside root.
BOOST_AUTO_TEST_CASE(contexts_that_change_what_helps) {
  struct Row {
    const char* asked;
    Call call;
    std::vector<std::string> offered;
  };
  const Row rows[] = {
      {"nobody", inet(3, 1), {"root", "net-raw-only", "userns-root", "netns-owner"}},
      {"no-fd", inet(1, 0), {}},
      {"mptcp-off", inet(1, 262), {}},
      {"cgroup-deny", inet(1, 0), {}},
      {"nobody", inet(2, 1), {}},
  };
  for (const Row& row : rows) {
    std::vector<std::string> offered;
    for (const Remedy& remedy : remedies_of({world_of("6.18", row.asked), row.call}, 1000))
      for (const Change& change : remedy.changes)
        if (change.kind == Change::Kind::context)
          offered.emplace_back(contexts()[change.index].name);
    BOOST_TEST_CONTEXT("as " << row.asked) BOOST_TEST(offered == row.offered);
  }
}

// Two things stand in the way, neither of them the call.
BOOST_AUTO_TEST_CASE(what_takes_two_changes) {
  Case c{world_of("6.18", "nobody"), inet(3, 1)};
  c.world.limits.fds_left = 0;
  BOOST_TEST(any_remedy(remedies_of(c, 1000), [](const std::vector<Change>& s) {
    return s.size() == 2 && is_capability(s[0], kCAP_NET_RAW) && s[1].kind == Change::Kind::limit;
  }));
}

std::vector<Case> failing() {
  const Release now = newest_release();
  return {
      {world_of(now, "nobody"), inet(3, 1)},         {world_of(now, "nobody"), inet(3, 0)},
      {world_of(now, "root"), inet(2, 1)},           {world_of(now, "mptcp-off"), inet(1, 262)},
      {world_of(now, "no-fd"), inet(1, 0)},          {world_of(now, "file-max"), inet(1, 0)},
      {world_of(now, "cgroup-deny"), inet(1, 0)},    {world_of(now, "lsm-deny-create"), inet(1, 0)},
      {world_of(now, "root"), inet(1 | 0x10000, 0)}, {world_of(now, "root"), inet(1, 263)},
      {world_of(now, "root"), inet(6, 33)},          {world_of(now, "nobody"), inet(10, 0)},
  };
}

// Each does help, the smallest come first, and none contains another.
BOOST_AUTO_TEST_CASE(remedies_help_and_are_minimal) {
  for (const Case& c : failing()) {
    BOOST_TEST_CONTEXT("type " << c.call.type << " protocol " << c.call.protocol) {
      BOOST_REQUIRE(!succeeds(c));
      const std::vector<Remedy> remedies = remedies_of(c, 200);
      BOOST_TEST(!remedies.empty());
      for (size_t i = 0; i < remedies.size(); ++i) {
        const std::vector<Change>& set = remedies[i].changes;
        BOOST_TEST(!set.empty());
        BOOST_TEST(succeeds(after(c, set)));
        if (i != 0) BOOST_TEST(remedies[i - 1].changes.size() <= set.size());
        for (size_t skip = 0; set.size() > 1 && skip < set.size(); ++skip) {
          std::vector<Change> fewer = set;
          fewer.erase(fewer.begin() + static_cast<std::ptrdiff_t>(skip));
          BOOST_TEST(!succeeds(after(c, fewer)));
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_missing_module_is_named) {
  Case c{world_of("6.12"), inet(5, 132)};
  set_provider(c.world, Provider::sctp, Presence::absent);
  BOOST_TEST(any_remedy(remedies_of(c, 100), [](const std::vector<Change>& s) {
    return s.size() == 1 && s[0].kind == Change::Kind::module &&
           s[0].index == static_cast<uint8_t>(Provider::sctp);
  }));
}

BOOST_AUTO_TEST_CASE(nothing_to_remedy) {
  BOOST_TEST(remedies_of({world_of("6.12"), inet(1, 0)}, 10).empty());
}

std::set<std::string> cause_names(const Case& c, int32_t error) {
  std::set<std::string> names;
  for (const Cause& cause : causes_of(c, error)) {
    const Case changed = after(c, cause.changes);
    const Verdict v = verdict_of(changed.world, changed.call);
    BOOST_TEST(words(v) == words(error_word(error), row(cause.rule).name));
    BOOST_TEST(names.emplace(row(cause.rule).name).second);
  }
  return names;
}

BOOST_AUTO_TEST_CASE(every_cause_of_an_errno) {
  const World root = world_of("6.18"), nobody = world_of("6.18", "nobody");
  using Names = std::set<std::string>;
  const Names eperm{"seccomp_filter", "lsm_socket_create", "raw_needs_net_raw",
                    "cgroup_sock_create", "lsm_socket_post_create"};
  BOOST_TEST((cause_names({root, inet(3, 1)}, kEPERM) == eperm));
  BOOST_TEST((cause_names({nobody, inet(3, 1)}, kEPERM) == eperm));
  // raw sockets with protocol 0: the capability is never reached
  BOOST_TEST((cause_names({nobody, inet(3, 0)}, kEPERM).count("raw_needs_net_raw") == 0));
  const Names enfile{"sock_alloc_inode", "file_max"};
  BOOST_TEST((cause_names({root, inet(1, 0)}, kENFILE) == enfile));
  const Names emfile{"fd_available"};
  BOOST_TEST((cause_names({root, inet(1, 0)}, kEMFILE) == emfile));
  BOOST_TEST((cause_names({root, inet(2, 1)}, kEACCES).count("ping_group") == 1));
  BOOST_TEST((cause_names({root, inet(1, 0)}, kEBADF).empty()));
  // the case itself comes without changes
  for (const Cause& cause : causes_of({nobody, inet(3, 1)}, kEPERM))
    if (cause.rule == Rule::raw_needs_net_raw) BOOST_TEST(cause.changes.empty());
}

}  // namespace
}  // namespace sockoracle::test
