// SPDX-License-Identifier: GPL-2.0-only
// Each oracle, shown to fail: on a world with a bug that the oracle is told is not there, or on an
// answer that was tampered with. And on sound worlds each is silent.
#define BOOST_TEST_MODULE fuzz_oracles
#include <boost/test/unit_test.hpp>

#include "fuzz/oracles/bugs.h"
#include "fuzz/oracles/oracles.h"
#include "fuzz/targets/live_plan.h"
#include "model/symbols.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

World world_at(std::string_view release, std::string_view context = "root") {
  Release at;
  BOOST_TEST_REQUIRE(parse_release(release, &at));
  World world = default_world(at);
  apply_context(world, *find_context(context));
  return world;
}

Case case_at(std::string_view release, int32_t family, int32_t type, int32_t protocol,
             std::string_view context = "root") {
  return {world_at(release, context), {Entry::socket, family, type, protocol}};
}

Operation create(int32_t family, int32_t type, int32_t protocol) {
  Operation o;
  o.op = Op::create;
  o.call = {Entry::socket, family, type, protocol};
  return o;
}

Operation number(Op op, int32_t n) {
  Operation o;
  o.op = op;
  o.number = n;
  return o;
}

Verdict ask_once(const Case& c) {
  Kernel k(c.world);
  return k.call(c.call);
}

struct Tampered {
  std::string_view what;
  Case c;
  Verdict verdict;
};

}  // namespace

BOOST_AUTO_TEST_CASE(every_release_and_context_is_clean) {
  for (size_t r = 0; r < releases().size(); ++r)
    for (const ContextRow& row : contexts())
      for (const int32_t type : {1, 2, 3, 5, 6, 10})
        for (const int32_t protocol : {0, 1, 6, 17, 33, 115, 132, 136, 255, 256, 262, 70000, -1}) {
          Case c{default_world({static_cast<uint8_t>(r), 0}), {Entry::socket, 2, type, protocol}};
          apply_context(c.world, row);
          const MaybeFinding f = check_case(c, false);
          BOOST_TEST(!f, releases()[r].name << " " << row.name << " type " << type << " protocol "
                                            << protocol << ": "
                                            << (f ? finding_name(*f) : std::string_view()) << " "
                                            << (f ? f->what : std::string_view()));
        }
}

BOOST_AUTO_TEST_CASE(precedence_sees_a_later_rule_and_another_errno) {
  // Two faults at once: the protocol is unknown and the capability is missing.
  const Case c = case_at("6.12", kAF_INET, kSOCK_RAW, 0, "nobody");
  const Facts facts = facts_of(c);
  Verdict v = ask_once(c);
  BOOST_TEST(!check_precedence(c, facts, v));
  v.rule = Rule::raw_needs_net_raw;
  v.error = kEPERM;
  BOOST_TEST(check_precedence(c, facts, v).has_value());
  v = ask_once(c);
  v.error = kEINVAL;
  BOOST_TEST(check_precedence(c, facts, v).has_value());
}

BOOST_AUTO_TEST_CASE(precedence_sees_a_world_that_differs) {
  // The model of 3.12 asked, the facts of 6.12 expected: the range check is missing.
  const Case old = case_at("3.12", kAF_INET, kSOCK_RAW, 65536);
  const Case now = case_at("6.12", kAF_INET, kSOCK_RAW, 65536);
  BOOST_TEST(check_precedence(now, facts_of(now), ask_once(old)).has_value());
}

BOOST_AUTO_TEST_CASE(hazards_are_findings_where_the_bug_is_cured) {
  const struct {
    Case c;
    Behaviour cure;
    Hazard hazard;
  } rows[] = {
      {case_at("3.12", kAF_INET, kSOCK_DGRAM, kIPPROTO_ICMP), Behaviour::ping_drops_group_ref,
       Hazard::leaked_group_info},
      {case_at("3.12", kAF_INET, kSOCK_DGRAM, kIPPROTO_ICMP), Behaviour::inet_create_clears_sk,
       Hazard::dangling_sock_sk},
  };
  for (const auto& row : rows) {
    const Verdict v = ask_once(row.c);
    BOOST_TEST(v.hazards.has(row.hazard), hazard_name(row.hazard));
    BOOST_TEST(!check_hazards(row.c.world, v), hazard_name(row.hazard));
    World cured = row.c.world;
    repair(cured);
    const MaybeFinding f = check_hazards(cured, v);
    BOOST_TEST_REQUIRE(f.has_value(), hazard_name(row.hazard));
    BOOST_TEST(!ask_once({cured, row.c.call}).hazards.has(row.hazard));
  }
}

BOOST_AUTO_TEST_CASE(balance_sees_what_is_left_behind) {
  // CVE-2014-2851: 3.12 leaks a group_info reference; with nothing known to leak that is a finding.
  const Case c = case_at("3.12", kAF_INET, kSOCK_DGRAM, kIPPROTO_ICMP);
  Kernel k(c.world);
  const Balance before = k.balance();
  const Verdict v = k.call(c.call);
  const MaybeFinding f = check_balance(before, k.balance(), {}, v.rule);
  BOOST_TEST_REQUIRE(f.has_value());
  BOOST_TEST(f->what == "group references");
  BOOST_TEST(!check_balance(before, k.balance(), known_leaks(c.world, v.rule), v.rule));
  // Even a known leak does not explain that less is there than before.
  Balance less = before;
  less.objects = -1;
  HazardSet known;
  known.set(Hazard::leaked_sock);
  BOOST_TEST(check_balance(before, less, known, Rule::created).has_value());
}

BOOST_AUTO_TEST_CASE(balance_sees_an_open_descriptor) {
  const Case c = case_at("6.12", kAF_INET, kSOCK_STREAM, 0);
  Kernel k(c.world);
  const Balance before = k.balance();
  k.call(c.call);
  BOOST_TEST(check_balance(before, k.balance(), {}, Rule::created).has_value());
}

BOOST_AUTO_TEST_CASE(fault_sees_a_swallowed_failure_and_a_wrong_errno) {
  // UDP-Lite before 7.0 swallows the failure of its producer queue: known on 6.18, a finding if
  // not.
  const Case c = case_at("6.18", kAF_INET, kSOCK_DGRAM, kIPPROTO_UDPLITE);
  const Facts facts = facts_of(c);
  Kernel k(c.world);
  const Verdict clean = k.call(c.call);
  bool seen = false;
  for (uint16_t n = 1; n < 8; ++n) {
    Case faulty = c;
    faulty.world.fault_count = 1;
    faulty.world.faults[0] = n;
    const Verdict v = ask_once(faulty);
    BOOST_TEST(!(v.error == 0 ? MaybeFinding{} : check_fault(c.world, facts, clean, v)));
    if (!v.hazards.has(Hazard::null_prod_queue)) continue;
    seen = true;
    BOOST_TEST(!check_fault(c.world, facts, clean, v));
    World cured = c.world;
    repair(cured);
    BOOST_TEST(check_fault(cured, facts, clean, v).has_value());
  }
  BOOST_TEST(seen);
  Verdict wrong = clean;
  wrong.rule = Rule::sk_alloc_object;
  wrong.error = kENOBUFS;  // ENOMEM since 5.14
  BOOST_TEST(check_fault(c.world, facts, clean, wrong).has_value());
  wrong.error = kENOMEM;
  BOOST_TEST(!check_fault(c.world, facts, clean, wrong));
  // A rule behind the one that refuses anyway.
  Verdict refused = clean;
  refused.rule = Rule::type_range;
  refused.error = kEINVAL;
  BOOST_TEST(check_fault(c.world, facts, refused, wrong).has_value());
}

BOOST_AUTO_TEST_CASE(state_sees_another_socket) {
  const Case c = case_at("6.12", kAF_INET, kSOCK_RAW, 200);
  Kernel k(c.world);
  const Verdict v = k.call(c.call);
  Facts facts = facts_of(c);
  BOOST_TEST(!check_state(k, facts, v));
  facts.resolved = 201;
  BOOST_TEST(check_state(k, facts, v).has_value());
  facts = facts_of(c);
  facts.proto = ProtoId::udp;
  BOOST_TEST(check_state(k, facts, v).has_value());
  Verdict closed = v;
  closed.fd = 77;
  BOOST_TEST(check_state(k, facts_of(c), closed).has_value());
}

BOOST_AUTO_TEST_CASE(equivalence_sees_an_entry_point_that_differs) {
  const Case c = case_at("6.12", kAF_INET, kSOCK_RAW, 1, "nobody");
  const Verdict v = ask_once(c);
  Verdict other = v;
  for (const Entry entry : {Entry::socketcall, Entry::io_uring, Entry::socketpair}) {
    BOOST_TEST(!check_equivalence(v, v, entry));
    other.rule = Rule::protocol_known;
    BOOST_TEST(check_equivalence(v, other, entry).has_value());
  }
  Verdict made = v;
  made.rule = Rule::created;
  made.error = 0;
  BOOST_TEST(check_equivalence(made, made, Entry::socketpair).has_value());
  other.rule = Rule::lsm_sk_alloc;
  BOOST_TEST(check_equivalence(made, other, Entry::io_uring).has_value());
}

BOOST_AUTO_TEST_CASE(table_sees_wrong_ranges) {
  const Case c = case_at("6.12", kAF_INET, kSOCK_STREAM, 6);
  const Verdict v = ask_once(c);
  std::vector<TableRange> table = table_of(c.world, Entry::socket, kAF_INET, kSOCK_STREAM);
  BOOST_TEST(!check_table(table, c.call, v));
  for (TableRange& range : table)
    if (range.low <= 6 && 6 <= range.high) range.error = kEPERM;
  BOOST_TEST(check_table(table, c.call, v).has_value());
  table = table_of(c.world, Entry::socket, kAF_INET, kSOCK_STREAM);
  table.pop_back();
  BOOST_TEST(check_table(table, c.call, v).has_value());
  // A path condition that is too wide.
  Kernel k(c.world);
  BOOST_TEST(check_range(k, c.call, v, {0, 17}).has_value());
  BOOST_TEST(!check_range(k, c.call, v, {6, 6}));
}

BOOST_AUTO_TEST_CASE(determinism_sees_a_difference) {
  const Verdict v = ask_once(case_at("6.12", kAF_INET, kSOCK_STREAM, 0));
  Verdict other = v;
  BOOST_TEST(!check_same(v, other));
  other.hazards.set(Hazard::leaked_sock);
  BOOST_TEST(check_same(v, other).has_value());
}

BOOST_AUTO_TEST_CASE(text_sees_a_world_that_no_text_can_say) {
  Program program = program_of(case_at("6.12", kAF_INET, kSOCK_STREAM, 0));
  BOOST_TEST(!check_text(program));
  // A number behind those that the sysctl has: no text has a place for it.
  program.world.sysctls[static_cast<size_t>(Sysctl::mptcp_enabled)].v[1] = 7;
  BOOST_TEST(check_text(program).has_value());
}

BOOST_AUTO_TEST_CASE(programs_of_cured_releases_are_clean_and_of_others_are_hunted) {
  Program program;
  program.world = world_at("3.12");
  program.operations = {create(kAF_INET, kSOCK_DGRAM, kIPPROTO_ICMP),
                        create(kAF_INET, kSOCK_RAW, 65536), create(kAF_INET, kSOCK_STREAM, 0),
                        number(Op::connect, 0)};
  Program cured = program;
  repair(cured.world);
  make_possible(cured);
  BOOST_TEST(!check_program(cured, {}));
  ProgramOptions options;
  options.observer = false;
  options.hunting = true;
  for (const Hazard hazard :
       {Hazard::leaked_group_info, Hazard::dangling_sock_sk, Hazard::truncated_protocol}) {
    options.hunted = hazard;
    const MaybeFinding f = check_program(program, options);
    BOOST_TEST_REQUIRE(f.has_value(), hazard_name(hazard));
    BOOST_TEST((f->hazard == hazard), hazard_name(hazard));
  }
}

BOOST_AUTO_TEST_CASE(live_answers_are_compared) {
  const std::vector<size_t> rows = live_rows();
  BOOST_TEST_REQUIRE(rows.size() >= 4u);
  auto slot = std::make_unique<LiveSlot>();
  slot->run_count = 2;
  slot->runs[0] = {0, 2, 3, 5, 2};
  slot->runs[1] = {0, 2, 1, 0, 1};
  const Verdict refused{kEPERM, Rule::raw_needs_net_raw, {}, -1};
  const Verdict made{0, Rule::created, {}, 3};
  const std::vector<LiveExpectation> expected = {{{Entry::socket, 2, 3, 5}, refused},
                                                 {{Entry::socket, 2, 1, 0}, made}};
  std::vector<LiveAnswer> values(3);
  slot->answers[0].error = slot->answers[1].error = kEPERM;
  BOOST_TEST(!compare_batch(*slot, expected, values, rows).has_value());
  slot->answers[1].error = 0;
  const auto difference = compare_batch(*slot, expected, values, rows);
  BOOST_TEST_REQUIRE(difference.has_value());
  BOOST_TEST(difference->call.protocol == 6);
  BOOST_TEST((difference->finding.rule == Rule::raw_needs_net_raw));
  slot->answers[1].error = kEPERM;
  slot->answers[2].values[1] = 17;
  const auto other = compare_batch(*slot, expected, values, rows);
  BOOST_TEST_REQUIRE(other.has_value());
  BOOST_TEST((other->finding.oracle == Oracle::live_state));
}
