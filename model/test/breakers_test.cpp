// SPDX-License-Identifier: GPL-2.0-only
// What would make a call fail. Each change that is named must do so, and the ones that people meet
// must be named; they are known from the kernel's history, not from the search.
#include <set>

#include "model/explore.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

std::string change_word(const Change& change) {
  switch (change.kind) {
    case Change::Kind::context: return std::string(contexts()[change.index].name);
    case Change::Kind::module: return std::string(providers()[change.index].name) + " absent";
    case Change::Kind::sysctl: return std::string(sysctls()[change.index].name);
    case Change::Kind::release: return name_of(change.release);
    case Change::Kind::policy: return "policy";
    case Change::Kind::limit: return "limit";
    case Change::Kind::fault: return "fault";
    default: return "other";
  }
}

// "EPERM raw_needs_net_raw: nobody"; each is tried.
std::set<std::string> breakers(const World& world, const Call& call) {
  std::set<std::string> lines;
  for (const Breaker& breaker : breakers_of({world, call})) {
    Case changed{world, call};
    apply(changed, breaker.change);
    const Verdict verdict = verdict_of(changed.world, changed.call);
    BOOST_TEST(verdict.error == breaker.error);
    BOOST_TEST((verdict.rule == breaker.rule));
    BOOST_TEST(verdict.error != 0);
    lines.insert(error_word(breaker.error) + " " + std::string(row(breaker.rule).name) + ": " +
                 change_word(breaker.change));
  }
  return lines;
}

struct Known {
  const char* release;
  Call call;
  const char* line;
};

BOOST_AUTO_TEST_CASE(what_people_meet_is_named) {
  const Known rows[] = {
      {"6.18", inet(3, 1), "EPERM raw_needs_net_raw: nobody"},
      {"6.18", inet(3, 1), "EPERM raw_needs_net_raw: userns-root-host-net"},
      {"6.18", inet(1, 262), "ENOPROTOOPT mptcp_enabled: net.mptcp.enabled"},
      {"6.18", inet(1, 262), "EINVAL protocol_range: 5.5"},
      {"6.18", inet(5, 132), "ESOCKTNOSUPPORT type_has_protocols: sctp absent"},
      {"6.15", inet(6, 33), "ESOCKTNOSUPPORT type_has_protocols: dccp absent"},
      {"6.18", inet6(1, 6), "EAFNOSUPPORT family_registered: ipv6 absent"},
      {"6.18", inet(1, 6), "EMFILE fd_available: limit"},
      {"6.18", inet(1, 6), "EPERM cgroup_sock_create: policy"},
  };
  for (const Known& known : rows) {
    const std::set<std::string> lines = breakers(world_of(known.release), known.call);
    BOOST_TEST(lines.count(known.line) == 1u, known.line);
  }
}

BOOST_AUTO_TEST_CASE(a_ping_socket_hangs_on_its_group) {
  World world = world_of("6.18");
  open_ping(world);
  BOOST_TEST(breakers(world, inet(2, 1)).count("EACCES ping_group: net.ipv4.ping_group_range") ==
             1u);
}

BOOST_AUTO_TEST_CASE(of_a_rule_only_the_nearest_kind) {
  const World world = world_of("6.18");
  // the sysctl says it: contexts and releases that come to the same rule do not say it again
  for (const std::string& line : breakers(world, inet(1, 262)))
    BOOST_TEST(line != "ENOPROTOOPT mptcp_enabled: mptcp-off");
  // TCP asks nobody's leave
  for (const std::string& line : breakers(world, inet(1, 6)))
    BOOST_TEST(line.find("nobody") == std::string::npos, line);
}

BOOST_AUTO_TEST_CASE(a_call_that_fails_has_none) {
  BOOST_TEST(breakers_of({world_of("6.18", "nobody"), inet(3, 1)}).empty());
  BOOST_TEST(breakers_of({world_of("6.18"), {Entry::socket, 1, 1, 0}}).empty());
}

}  // namespace
}  // namespace sockoracle::test
