// SPDX-License-Identifier: GPL-2.0-only
// Module requests as a machine answered them, against the model. What the kernel asks for is read
// in net/ipv4/af_inet.c:inet_create, v6.12: first the alias with the type, then the one without,
// each when the list had no entry. What came is Debian's 6.12 as
// corpus/recordings/linux-6.12-modules.jsonl has it.
#include "conformance/compare/autoload.h"

#include <boost/test/unit_test.hpp>

#include "conformance/compare/compare.h"
#include "conformance/recording/recording.h"
#include "conformance/subject/subject.h"
#include "model/symbols.h"

using namespace sockoracle;

namespace {

using Words = std::vector<std::string>;
const Words kTyped = {"net-pf-2-proto-132-type-1", "net-pf-2-proto-132"};

World debian() {
  Release release;
  BOOST_REQUIRE(parse_release("6.12", &release));
  World world = default_world(release);
  for (const Provider p : {Provider::sctp, Provider::dccp, Provider::l2tp_ip, Provider::smc})
    world.providers[static_cast<size_t>(p)] = Presence::loaded;
  return world;
}

AutoloadCall sctp(Presence modules, Words asked, int32_t error) {
  return {.modules = modules,
          .family = 2,
          .type = 1,
          .protocol = 132,
          .asked = std::move(asked),
          .came = {},
          .error = error};
}

AutoloadAnswers recorded() {
  AutoloadAnswers seen;
  seen.aliases = {{"net-pf-2-proto-132", "udp_tunnel", "ip6_udp_tunnel", "libcrc32c", "sctp"}};
  seen.calls = {sctp(Presence::absent, kTyped, kEPROTONOSUPPORT),
                sctp(Presence::loadable, kTyped, 0), sctp(Presence::loaded, {}, 0)};
  // The tunnels were there, L2TP had brought them.
  seen.calls[1].came["net-pf-2-proto-132"] = {"libcrc32c", "sctp"};
  return seen;
}

std::vector<Difference> differences(const AutoloadAnswers& seen, const World& world = debian()) {
  std::vector<Difference> all;
  for (DeepGroup& group : compare_autoload(seen, world).groups)
    for (Difference& d : group.differences) all.push_back(std::move(d));
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(autoload)

BOOST_AUTO_TEST_CASE(what_a_kernel_did_is_no_difference) {
  BOOST_TEST(differences(recorded()).empty());
  const DeepResult result = compare_autoload(recorded(), debian());
  BOOST_REQUIRE(result.oracles.size() == 1u);
  BOOST_TEST(result.oracles[0].compared == 3u);
  BOOST_TEST(result.oracles[0].counts ==
             "3 calls, 2 of which asked for modules, where they are absent, loadable, loaded\n"
             "  socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP) as nobody: net-pf-2-proto-132 brought "
             "libcrc32c sctp");
  BOOST_TEST(compare_autoload({}, debian()).oracles.empty());
}

BOOST_AUTO_TEST_CASE(each_part_of_an_answer_counts) {
  const auto changed = [](size_t call, auto change) {
    AutoloadAnswers seen = recorded();
    change(seen.calls[call]);
    return differences(seen);
  };
  const auto one = changed(0, [](AutoloadCall& c) { std::swap(c.asked[0], c.asked[1]); });
  BOOST_REQUIRE(one.size() == 1u);
  BOOST_TEST(one[0].observable == "the requests where modules are absent");
  BOOST_TEST(one[0].expected == "net-pf-2-proto-132-type-1 net-pf-2-proto-132 = EPROTONOSUPPORT");
  BOOST_TEST(one[0].got == "net-pf-2-proto-132 net-pf-2-proto-132-type-1 = EPROTONOSUPPORT");
  BOOST_TEST(changed(0, [](AutoloadCall& c) { c.asked.pop_back(); }).size() == 1u);
  BOOST_TEST(changed(0, [](AutoloadCall& c) { c.error = kEINVAL; }).size() == 1u);
  BOOST_TEST(changed(1, [](AutoloadCall& c) { c.came.clear(); }).size() == 1u);
  const auto more = changed(1, [](AutoloadCall& c) {
    c.came["net-pf-2-proto-132"].insert(c.came["net-pf-2-proto-132"].begin(), "ipv6");
  });
  BOOST_REQUIRE(more.size() == 1u);
  BOOST_TEST(more[0].got == "net-pf-2-proto-132-type-1 net-pf-2-proto-132+ipv6+sctp = ok");
  BOOST_TEST(changed(2, [](AutoloadCall& c) { c.asked = kTyped; }).size() == 1u);
}

// No alias brings DCCP on Debian: its calls fail as if there were no such module.
BOOST_AUTO_TEST_CASE(what_no_alias_brings_is_not_there) {
  AutoloadAnswers seen = recorded();
  AutoloadCall dccp{.modules = Presence::loadable,
                    .family = 2,
                    .type = 6,
                    .protocol = 33,
                    .asked = {"net-pf-2-proto-33-type-6", "net-pf-2-proto-33"},
                    .came = {},
                    .error = kESOCKTNOSUPPORT};
  seen.calls.insert(seen.calls.begin() + 2, dccp);
  BOOST_TEST(differences(seen).empty());
  seen.aliases.push_back({"net-pf-2-proto-33-type-6", "dccp", "dccp_ipv4"});
  BOOST_TEST(differences(seen).size() == 1u);
}

// A difference outside of the contexts that were asked is a finding all the same.
BOOST_AUTO_TEST_CASE(no_difference_is_dropped) {
  AutoloadAnswers seen = recorded();
  seen.calls[1].came.clear();
  const StateTable states;
  Comparer comparer(debian(), states);
  comparer.add({.context = "root", .skipped = {}, .observations = {}, .left_out = {}});
  comparer.add(compare_autoload(seen, debian()));
  const Comparison comparison = comparer.finish({}, {}, true);
  BOOST_REQUIRE(comparison.findings.size() == 1u);
  BOOST_TEST(comparison.findings[0].contexts == std::vector<std::string>{"nobody"},
             boost::test_tools::per_element());
}

// With IPv6 as a module: what user-mode Linux 6.1 with Debian's modules does.
BOOST_AUTO_TEST_CASE(sctp_brings_ipv6_where_that_is_a_module) {
  World world = debian();
  world.providers[static_cast<size_t>(Provider::ipv6)] = Presence::loaded;
  AutoloadAnswers seen = recorded();
  seen.aliases = {{"net-pf-2-proto-132", "ipv6", "sctp"}, {"net-pf-10", "ipv6"}};
  seen.calls[1].came["net-pf-2-proto-132"] = {"ipv6", "sctp"};
  BOOST_TEST(differences(seen, world).empty());
  seen.calls[1].came["net-pf-2-proto-132"] = {"sctp"};
  BOOST_TEST(differences(seen, world).size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()
