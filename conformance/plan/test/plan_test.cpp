// SPDX-License-Identifier: GPL-2.0-only
#include <boost/test/unit_test.hpp>
#include <map>
#include <set>

#include "conformance/base/cli_error.h"
#include "conformance/plan/model_answers.h"
#include "conformance/plan/plan.h"
#include "conformance/words/case_facts.h"
#include "model/kernel.h"
#include "model/strace.h"
#include "model/symbols.h"

using namespace sockoracle;

namespace {

World world_of_release(std::string_view name) {
  Release release;
  BOOST_REQUIRE(parse_release(name, &release));
  return default_world(release);
}

Call parsed(std::string_view text) {
  Call call;
  CallError error;
  BOOST_REQUIRE_MESSAGE(parse_call(text, &call, &error), text << ": " << error.accepted);
  return call;
}

bool asks(const std::vector<Request>& requests, int32_t family, int32_t type, int32_t protocol) {
  for (const Request& r : requests) {
    if (r.deep || r.family != family || r.type != type) continue;
    for (const ProtocolRange& range : r.protocols) {
      if (range.low <= protocol && protocol <= range.high) return true;
    }
  }
  return false;
}

const ContextPlan* context_of(const Plan& plan, std::string_view name) {
  for (const ContextPlan& part : plan.contexts) {
    if (part.context->name == name) return &part;
  }
  return nullptr;
}

// Everything may be asked and everything is staged.
Plan whole_plan(const World& base) { return make_plan(base, {.contexts = {}, .stage = false}); }

}  // namespace

BOOST_AUTO_TEST_SUITE(plan)

BOOST_AUTO_TEST_CASE(each_rule_has_a_witness_or_says_why_not) {
  std::map<std::string_view, const NamedCase*> by_name;
  for (const NamedCase& named : named_cases()) {
    BOOST_TEST(by_name.emplace(named.name, &named).second, named.name << " is there twice");
  }
  for (const RuleRow& rule : rules()) {
    if (rule.witness.substr(0, 8) == "exempt: ") {
      BOOST_TEST(rule.witness.size() > 12u, rule.name << " says no reason");
      continue;
    }
    const auto found = by_name.find(rule.witness);
    BOOST_REQUIRE_MESSAGE(found != by_name.end(), rule.name << ": no case " << rule.witness);
    BOOST_TEST(row(found->second->rule).name == rule.name);
  }
}

BOOST_AUTO_TEST_CASE(names_are_words_that_every_tool_takes) {
  for (const NamedCase& named : named_cases()) {
    BOOST_TEST(named.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_/") ==
                   std::string_view::npos,
               named.name);
    BOOST_TEST(find_context(named.context) != nullptr, named.name);
    BOOST_TEST((named.error == "0" || find_errno(named.error) != nullptr), named.name);
  }
}

BOOST_AUTO_TEST_CASE(the_model_answers_named_cases_as_written) {
  // 5.6 brought MPTCP; from then on every row holds.
  for (const std::string_view release : {"5.6", "5.10", "6.1", "6.12", "6.18", "7.3"}) {
    const World base = world_of_release(release);
    for (const NamedCase& named : named_cases()) {
      const World world = context_world(base, *find_context(named.context));
      const Answer answer = ask({.world = world, .call = parsed(named.call)});
      BOOST_TEST_CONTEXT(named.name << " on " << release) {
        BOOST_TEST(errno_name(answer.verdict.error) == named.error);
        BOOST_TEST(row(answer.verdict.rule).name == row(named.rule).name);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(named_cases_are_asked) {
  const Plan plan = whole_plan(world_of_release("6.18"));
  for (const NamedCase& named : named_cases()) {
    const Call call = parsed(named.call);
    const ContextPlan* part = context_of(plan, named.context);
    BOOST_REQUIRE(part != nullptr);
    BOOST_TEST(asks(part->requests, call.family, call.type, call.protocol), named.name);
  }
}

BOOST_AUTO_TEST_CASE(no_question_is_asked_twice) {
  std::map<std::tuple<int32_t, int32_t, bool>, std::vector<ProtocolRange>> asked;
  for (const Request& r : full_grid()) {
    auto& ranges = asked[{r.family, r.type, r.deep}];
    ranges.insert(ranges.end(), r.protocols.begin(), r.protocols.end());
  }
  for (auto& [question, ranges] : asked) {
    std::sort(ranges.begin(), ranges.end(), [](auto a, auto b) { return a.low < b.low; });
    for (size_t i = 0; i < ranges.size(); ++i) {
      BOOST_TEST(ranges[i].low <= ranges[i].high);
      if (i > 0) {
        BOOST_TEST(ranges[i - 1].high < ranges[i].low,
                   "family " << std::get<0>(question) << " type " << std::get<1>(question)
                             << " protocol " << ranges[i].low);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_grid_covers_what_it_promises) {
  const auto& grid = full_grid();
  for (const int32_t family : {2, 10}) {
    for (int32_t type = 0; type < 10; ++type) {
      for (int32_t protocol = -2; protocol <= 300; ++protocol) {
        BOOST_REQUIRE_MESSAGE(asks(grid, family, type, protocol),
                              family << " " << type << " " << protocol);
      }
      for (const int32_t protocol :
           {INT32_MIN, INT32_MIN + 1, INT32_MAX - 1, INT32_MAX, 1023, 1024, 1025, -32769, 65535,
            65536, 65537, 65542, 65536 + 255, 16777215, 16777216, 1 << 30, (1 << 30) + 1}) {
        BOOST_TEST(asks(grid, family, type, protocol), family << " " << type << " " << protocol);
      }
      for (const int32_t flags : {02000000, 04000, 02004000}) {
        for (const int32_t protocol : {-1, 0, 1, 6, 17, 58, 132, 136, 255, 256, 262, 263}) {
          BOOST_TEST(asks(grid, family, type | flags, protocol));
        }
      }
    }
    for (int32_t type = 11; type <= 17; ++type) BOOST_TEST(asks(grid, family, type, 0));
    for (const int32_t type : {-1, INT32_MIN, INT32_MAX}) BOOST_TEST(asks(grid, family, type, 0));
    for (unsigned bit = 4; bit < 32; ++bit) {
      if (bit == 11 || bit == 19) continue;  // SOCK_NONBLOCK, SOCK_CLOEXEC
      const auto flag = static_cast<int32_t>(1u << bit);
      BOOST_TEST(asks(grid, family, flag | 1, 0));
      BOOST_TEST(asks(grid, family, flag | 3 | 02000000, 0));
    }
  }
  for (int32_t family = 0; family <= 48; ++family) BOOST_TEST(asks(grid, family, 1, 0));
  BOOST_TEST(asks(grid, 9999, 15, 263));
}

BOOST_AUTO_TEST_CASE(packet_sockets_are_few_because_their_close_is_slow) {
  uint64_t calls = 0;
  for (const Request& r : full_grid()) {
    if (r.family != 2 || (r.type & 15) != 10 || r.type > 15 + 02004000) continue;
    if ((r.type & ~(15 | 02004000)) != 0) continue;
    for (const ProtocolRange& range : r.protocols) calls += width(range.low, range.high);
  }
  BOOST_TEST(calls >= 2u);
  BOOST_TEST(calls <= 4u);
}

BOOST_AUTO_TEST_CASE(a_kernel_that_can_load_modules_is_not_made_to) {
  World base = world_of_release("6.12");
  base.modules_enabled = true;
  base.providers[static_cast<size_t>(Provider::sctp)] = Presence::loadable;
  const PlanOptions careful{.contexts = {}, .stage = true, .allow_autoload = false};
  const Plan plan = make_plan(base, careful);
  const ContextPlan* root = context_of(plan, "root");
  BOOST_REQUIRE(root != nullptr);
  // Found at once, or refused before the search: no module is asked for.
  for (const int32_t protocol : {0, 6, -1, 263}) BOOST_TEST(asks(root->requests, 2, 1, protocol));
  BOOST_TEST(asks(root->requests, 2, 3, 1));
  // Not found: net-pf-2-proto-132 and others.
  BOOST_TEST(!asks(root->requests, 2, 1, 132));
  BOOST_TEST(!asks(root->requests, 2, 5, 0));
  BOOST_TEST(!asks(root->requests, 2, 1, 17));
  BOOST_TEST(!asks(root->requests, 2, 3, 0));
  bool said = false;
  for (const Skipped& s : root->left_out) {
    if (s.family == 2 && s.type == 1 && s.low <= 132 && 132 <= s.high) {
      said = s.reason.find("modprobe") != std::string::npos;
    }
  }
  BOOST_TEST(said);

  const Plan bold = make_plan(base, {.contexts = {}, .stage = true, .allow_autoload = true});
  BOOST_TEST(asks(context_of(bold, "root")->requests, 2, 1, 132));
  base.modules_enabled = false;  // as without CONFIG_MODULES
  const Plan harmless = make_plan(base, careful);
  BOOST_TEST(asks(context_of(harmless, "root")->requests, 2, 1, 132));
}

// The plan reads the tables, the model follows its path: both must tell the same calls that make a
// kernel look for a module.
BOOST_AUTO_TEST_CASE(what_might_request_a_module_is_what_the_model_requests) {
  for (const char* name : {"3.12", "4.4", "5.4", "5.10", "6.12", "6.16", "7.3"}) {
    for (const Presence presence : {Presence::builtin, Presence::loaded, Presence::loadable}) {
      World world = world_of_release(name);
      for (const ProviderRow& row : providers()) {
        Presence& is = world.providers[static_cast<size_t>(row.id)];
        if (row.id != Provider::inet && is != Presence::absent) is = presence;
      }
      ModelAsker asker(world);
      for (const Request& r : full_grid()) {
        if (!has_model(r.family) || r.deep) continue;
        for (const ProtocolRange& range : r.protocols) {
          for (int64_t p = range.low; p <= range.high; p += p == range.high ? 1 : 3) {
            const auto protocol = static_cast<int32_t>(std::min<int64_t>(p, range.high));
            const bool requests = asker.piece(r.family, r.type, protocol).requests_module;
            BOOST_REQUIRE_MESSAGE(
                might_request_module(world, r.family, r.type, protocol) == requests,
                name << ": " << r.family << " " << r.type << " " << protocol);
          }
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(other_families_are_left_out_where_they_might_load_a_module) {
  World base = world_of_release("6.12");
  const PlanOptions careful{.contexts = {"root"}, .stage = true, .allow_autoload = false};
  BOOST_TEST(!asks(make_plan(base, careful).contexts[0].requests, 1, 1, 0));
  BOOST_TEST(asks(make_plan(base, careful).contexts[0].requests, 9999, 1, 0));
  base.modules_enabled = false;
  BOOST_TEST(asks(make_plan(base, careful).contexts[0].requests, 1, 1, 0));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_staged_is_skipped_with_its_reason) {
  const World base = world_of_release("6.18");
  const Plan all = whole_plan(base);
  const Plan staged = make_plan(base, {.contexts = {}, .stage = true});
  BOOST_REQUIRE(all.contexts.size() == staged.contexts.size());
  std::set<std::string_view> skipped;
  for (size_t i = 0; i < all.contexts.size(); ++i) {
    const ContextPlan& part = staged.contexts[i];
    if (part.skipped.empty()) continue;
    skipped.insert(part.context->name);
    BOOST_TEST(part.requests.empty());
    // Nothing is dropped silently.
    BOOST_TEST(part.skipped_cases ==
               count_cases(all.contexts[i]) + count_cases(all.contexts[i].left_out));
  }
  const std::set<std::string_view> expected = {"cgroup-deny", "file-max"};
  BOOST_TEST(skipped == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(contexts_can_be_chosen_and_misspelt) {
  const World base = world_of_release("6.18");
  BOOST_TEST(make_plan(base, {.contexts = {"nobody"}}).contexts.size() == 1u);
  try {
    make_plan(base, {.contexts = {"nobdy"}});
    BOOST_TEST(false, "accepted");
  } catch (const UsageError& error) {
    BOOST_TEST(std::string(error.what()).find("\"nobdy\"") != std::string::npos);
    BOOST_TEST(std::string(error.what()).find(" nobody") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_fresh_network_namespace_has_the_kernels_defaults) {
  World base = world_of_release("6.18");
  base.sysctls[static_cast<size_t>(Sysctl::ip_no_pmtu_disc)] = {{3, 0, 0}};
  base.sysctls[static_cast<size_t>(Sysctl::tcp_rmem)] = {{1, 2222, 3}};
  base.sysctls[static_cast<size_t>(Sysctl::rmem_default)] = {{4444, 0, 0}};
  const World root = context_world(base, *find_context("root"));
  BOOST_TEST(root.sysctls[static_cast<size_t>(Sysctl::ip_no_pmtu_disc)].v[0] == 0);
  // Copied from the initial namespace, and global.
  BOOST_TEST(root.sysctls[static_cast<size_t>(Sysctl::tcp_rmem)].v[1] == 2222);
  BOOST_TEST(root.sysctls[static_cast<size_t>(Sysctl::rmem_default)].v[0] == 4444);
  const World pmtu = context_world(base, *find_context("pmtu-2"));
  BOOST_TEST(pmtu.sysctls[static_cast<size_t>(Sysctl::ip_no_pmtu_disc)].v[0] == 2);
}

BOOST_AUTO_TEST_SUITE_END()
