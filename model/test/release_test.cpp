// SPDX-License-Identifier: GPL-2.0-only
// Stable releases by their backports. The sublevels are those of the changelogs, patches and CVE
// records that the rows were read from, not the table's own.
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>

#include "model/release.h"
#include "support.h"

using namespace sockoracle;

namespace {

struct Turn {
  Behaviour behaviour;
  std::string_view before, from;  // releases
};

// ChangeLog-X.Y.Z of each names the commit for the first time in its series.
constexpr Turn kArrives[] = {
    {Behaviour::mptcp_getsockopt_keepalive, "6.1.93", "6.1.94"},
    {Behaviour::mptcp_getsockopt_keepalive, "6.8.11", "6.8.12"},
    {Behaviour::mptcp_getsockopt_keepalive, "5.15.160", "5.15.161"},
    {Behaviour::mptcp_getsockopt_flags, "6.12.23", "6.12.24"},
    {Behaviour::inet6_destroy_in_destructor, "6.1.25", "6.1.26"},
    {Behaviour::inet6_destroy_in_destructor, "5.4.241", "5.4.242"},
    {Behaviour::smc_entry_without_icsk, "6.17.5", "6.17.6"},
    {Behaviour::smc_destroy_hook, "6.18.51", "6.18.52"},
    {Behaviour::queue_locks_at_create, "5.15.148", "5.15.149"},
    {Behaviour::queue_locks_at_create, "6.7.2", "6.7.3"},
    {Behaviour::socket_file_releases_once, "6.2.2", "6.2.3"},
    {Behaviour::clone_sets_creator, "4.9.54", "4.9.55"},
    {Behaviour::ping_unhash_fixed, "3.18.13", "3.18.14"},
    {Behaviour::ping_ops_sockraw, "4.9.31", "4.9.32"},
    {Behaviour::tcp_rmem_131072, "4.19.85", "4.19.86"},
    {Behaviour::release_clears_sk_late, "4.19.98", "4.19.99"},
    {Behaviour::tx_queue_clear_in_sk_alloc, "5.4.49", "5.4.50"},
    {Behaviour::ip_protocol_option, "6.3.4", "6.3.5"},
    {Behaviour::sctp_destroy_locks_asconf, "5.10.31", "5.10.32"},
    {Behaviour::mptcp_getsockopt_notsent_lowat, "6.8.11", "6.8.12"},
};

// Reverted, or replaced by another fix.
constexpr Turn kLeaves[] = {
    {Behaviour::sctp_destroy_locks_asconf, "5.10.36", "5.10.37"},
    {Behaviour::sctp_destroy_locks_asconf, "5.12.3", "5.12.4"},
    {Behaviour::ipv6_autoflowlabel_field, "4.14.10", "4.14.11"},
    {Behaviour::ipv6_autoflowlabel_field, "4.9.73", "4.9.74"},
    {Behaviour::cgroup_sk_in_prot_alloc, "4.7.5", "4.7.6"},
};

bool has(std::string_view name, Behaviour b) { return behaviours_of(test::at(name)).has(b); }

}  // namespace

BOOST_AUTO_TEST_CASE(backports_arrive) {
  for (const Turn& step : kArrives) {
    BOOST_TEST_CONTEXT(row(step.behaviour).name << " " << step.from) {
      BOOST_TEST(!has(step.before, step.behaviour));
      BOOST_TEST(has(step.from, step.behaviour));
    }
  }
}

BOOST_AUTO_TEST_CASE(backports_leave) {
  for (const Turn& step : kLeaves) {
    BOOST_TEST_CONTEXT(row(step.behaviour).name << " " << step.from) {
      BOOST_TEST(has(step.before, step.behaviour));
      BOOST_TEST(!has(step.from, step.behaviour));
    }
  }
}

BOOST_AUTO_TEST_CASE(how_a_backport_is_known) {
  using Known = Backport::Known;
  const auto known = [](Behaviour b, uint32_t major, uint32_t minor) {
    for (const Backport& found : backports_of(b))
      if (found.numbers.major == major && found.numbers.minor == minor) return found.known;
    BOOST_FAIL("no backport of that series");
    return Known::proven;
  };
  BOOST_TEST((known(Behaviour::mptcp_getsockopt_keepalive, 6, 1) == Known::proven));
  BOOST_TEST((known(Behaviour::mptcp_stream_write_space, 7, 0) == Known::at_latest));
  BOOST_TEST((known(Behaviour::sctp_destroy_locks_asconf, 5, 12) == Known::gone));
  BOOST_TEST((known(Behaviour::ip_protocol_option, 4, 14) == Known::not_there));
  BOOST_TEST(!has("4.14.336", Behaviour::ip_protocol_option));
  BOOST_TEST(backports_of(Behaviour::family_smc).empty());
}

// Two rows are left as leads: no source of 3.15 to 4.0 was at hand with the header that shows them.
BOOST_AUTO_TEST_CASE(no_row_is_recalled) {
  for (const BehaviourRow& facts : behaviours()) {
    const bool lead = facts.id == Behaviour::bpf_extensions_random ||
                      facts.id == Behaviour::bpf_extensions_vlan_tpid;
    BOOST_TEST((facts.evidence == "recalled") == lead, facts.name);
  }
}

// within() reads the row's text each time; behaviours_of() has read all of them beforehand.
BOOST_AUTO_TEST_CASE(the_rows_say_the_same_one_by_one_and_together) {
  constexpr uint16_t kSublevels = 400;  // behind the last that a row names
  for (uint8_t index = 0; index < releases().size(); ++index) {
    for (uint16_t sublevel = 0; sublevel <= kSublevels; ++sublevel) {
      const Release release{index, sublevel};
      const BehaviourSet set = behaviours_of(release);
      size_t differ = 0;
      for (const BehaviourRow& row : behaviours())
        differ += set.has(row.id) != within(release, row.since, row.until, row.backports);
      BOOST_TEST(differ == 0u, releases()[index].name << " sublevel " << sublevel);
    }
  }
}
