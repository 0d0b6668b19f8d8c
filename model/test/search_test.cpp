// SPDX-License-Identifier: GPL-2.0-only
// The inetsw walk: which entry, which module aliases and in which order, the lists themselves, and
// who may register what (net/ipv4/af_inet.c:inet_create, inet_register_protosw, 3.12 to 7.3).
#include <memory>

#include "model/af_inet.h"
#include "model/af_inet6.h"
#include "model/module.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

std::string list_of(const Kernel& k, int32_t type, bool ipv6 = false) {
  std::string names;
  const auto& heads = ipv6 ? k.objects().inetsw6 : k.objects().inetsw;
  for (const inet_protosw* e = heads[static_cast<size_t>(type)]; e != nullptr; e = e->next) {
    if (!names.empty()) names += ' ';
    names += e->prot->name;
  }
  return names;
}

struct Lists {
  const char* release;
  Presence optional;
  int32_t type;
  const char* names;
};

// Permanent entries first, in order of registration; behind them the newest one first.
const Lists kLists[] = {
    {"3.12", Presence::absent, 1, "TCP"},
    {"3.12", Presence::builtin, 1, "TCP SCTP"},
    {"3.12", Presence::absent, 2, "UDP UDP-Lite PING"},
    {"3.12", Presence::loaded, 2, "UDP UDP-Lite L2TP/IP PING"},
    {"3.12", Presence::absent, 3, "RAW"},
    {"3.12", Presence::builtin, 5, "SCTP"},
    {"3.12", Presence::builtin, 6, "DCCP"},
    {"5.5", Presence::builtin, 1, "TCP SCTP"},
    {"5.6", Presence::absent, 1, "TCP"},
    {"5.6", Presence::builtin, 1, "TCP SCTP MPTCP"},
    {"5.6", Presence::loaded, 1, "TCP SCTP MPTCP"},
    {"6.12", Presence::loaded, 1, "TCP INET_SMC SCTP MPTCP"},
    {"6.12", Presence::builtin, 1, "TCP SCTP INET_SMC MPTCP"},
    {"6.15", Presence::builtin, 6, "DCCP"},
    {"6.16", Presence::builtin, 6, ""},
    {"7.0", Presence::absent, 2, "UDP UDP-Lite PING"},
    {"7.1", Presence::absent, 2, "UDP PING"},
    {"7.1", Presence::builtin, 2, "UDP L2TP/IP PING"},
};

BOOST_AUTO_TEST_CASE(lists_after_boot) {
  for (const Lists& row : kLists) {
    BOOST_TEST_CONTEXT(row.release << " type " << row.type << ' ' << presence_name(row.optional)) {
      World world = world_of(row.release);
      set_optional(world, row.optional);
      BOOST_TEST(list_of(Kernel(world), row.type) == row.names);
    }
  }
}

BOOST_AUTO_TEST_CASE(types_without_protocol_are_empty) {
  for (const Release release : all_releases()) {
    World world = world_of(release);
    set_optional(world, Presence::builtin);
    const Kernel k(world);
    for (const int32_t type : {0, 4, 7, 8, 9, 10}) BOOST_TEST(list_of(k, type) == "");
  }
}

struct Match {
  int32_t type, protocol;
  const char* entry;
  int32_t how;  // 0 the same number, 1 the caller asked for 0, 2 the entry is wild
};

const Match kMatches[] = {
    {1, 0, "TCP", 1},       {1, 6, "TCP", 0},  {1, 132, "SCTP", 0}, {1, 262, "MPTCP", 0},
    {2, 0, "UDP", 1},       {2, 17, "UDP", 0}, {2, 1, "PING", 0},   {2, 136, "UDP-Lite", 0},
    {2, 115, "L2TP/IP", 0}, {3, 1, "RAW", 2},  {3, 6, "RAW", 2},    {3, 255, "RAW", 2},
    {3, 262, "RAW", 2},     {5, 0, "SCTP", 1}, {5, 132, "SCTP", 0}, {6, 0, "DCCP", 1},
    {6, 33, "DCCP", 0},
};

BOOST_AUTO_TEST_CASE(exact_and_wild_matches) {
  World world = world_of("6.12");
  set_optional(world, Presence::builtin);
  open_ping(world);
  for (const Match& row : kMatches) {
    BOOST_TEST_CONTEXT("type " << row.type << " protocol " << row.protocol) {
      Kernel k(world);
      BOOST_TEST(words(k.call(inet(row.type, row.protocol))) == "0 created");
      std::vector<Step> matches;
      for (const Step& step : k.trace())
        if (step.kind == StepKind::inetsw_match) matches.push_back(step);
      BOOST_REQUIRE(matches.size() == 1u);
      BOOST_TEST(matches[0].what == row.entry);
      BOOST_TEST(matches[0].b == row.how);
    }
  }
}

// The number is rewritten on a hit only, and what was asked is what sk_protocol shows otherwise.
BOOST_AUTO_TEST_CASE(resolved_protocol) {
  World world = world_of("6.12");
  set_optional(world, Presence::builtin);
  const int32_t rows[][3] = {{1, 0, 6}, {2, 0, 17}, {5, 0, 132}, {6, 0, 33}, {3, 89, 89}};
  for (const auto& [type, asked, resolved] : rows) {
    Kernel k(world);
    const Verdict v = k.call(inet(type, asked));
    BOOST_TEST(int32_t{k.lookup(v.fd)->sk->sk_protocol.number} == resolved);
  }
}

struct Requests {
  const char* release;
  Call call;
  std::vector<std::string> aliases;
  const char* answer;
};

const Call kSeqpacket6{Entry::socket, 10, 5, 132};

const Requests kRequests[] = {
    {"6.12",
     inet(3, 0),
     {"net-pf-2-proto-0-type-3", "net-pf-2-proto-0"},
     "EPROTONOSUPPORT protocol_known"},
    {"6.12",
     inet(1, 17),
     {"net-pf-2-proto-17-type-1", "net-pf-2-proto-17"},
     "EPROTONOSUPPORT protocol_known"},
    {"6.12",
     inet(7, 5),
     {"net-pf-2-proto-5-type-7", "net-pf-2-proto-5"},
     "ESOCKTNOSUPPORT type_has_protocols"},
    // found by the first alias: the second is never asked for
    {"6.12", inet(6, 33), {"net-pf-2-proto-33-type-6"}, "0 created"},
    {"6.12", inet(6, 0), {"net-pf-2-proto-0-type-6"}, "0 created"},
    {"6.12", inet(1, 256), {"net-pf-2-proto-256-type-1"}, "0 created"},
    // by the second
    {"6.12", inet(5, 132), {"net-pf-2-proto-132-type-5", "net-pf-2-proto-132"}, "0 created"},
    {"6.12", inet(1, 132), {"net-pf-2-proto-132-type-1", "net-pf-2-proto-132"}, "0 created"},
    {"6.12", kSeqpacket6, {"net-pf-10-proto-132-type-5", "net-pf-10-proto-132"}, "0 created"},
    // L2TP/IP's alias: unusable, generic, unusable again, both
    {"4.3",
     inet(2, 115),
     {"net-pf-2-proto-115-type-2", "net-pf-2-proto-115"},
     "EPROTONOSUPPORT protocol_known"},
    {"4.4", inet(2, 115), {"net-pf-2-proto-115-type-2", "net-pf-2-proto-115"}, "0 created"},
    {"6.0", inet(2, 115), {"net-pf-2-proto-115-type-2", "net-pf-2-proto-115"}, "0 created"},
    {"6.1",
     inet(2, 115),
     {"net-pf-2-proto-115-type-2", "net-pf-2-proto-115"},
     "EPROTONOSUPPORT protocol_known"},
    {"6.1.23",
     inet(2, 115),
     {"net-pf-2-proto-115-type-2", "net-pf-2-proto-115"},
     "EPROTONOSUPPORT protocol_known"},
    {"6.1.24", inet(2, 115), {"net-pf-2-proto-115-type-2"}, "0 created"},
    {"6.3", inet(2, 115), {"net-pf-2-proto-115-type-2"}, "0 created"},
    // a module that brings nothing for the type is loaded all the same
    {"6.12",
     inet(2, 132),
     {"net-pf-2-proto-132-type-2", "net-pf-2-proto-132"},
     "EPROTONOSUPPORT protocol_known"},
    // until 4.3 modprobe is asked for negative numbers as well
    {"4.3",
     inet(1, -1),
     {"net-pf-2-proto--1-type-1", "net-pf-2-proto--1"},
     "EPROTONOSUPPORT protocol_known"},
    {"4.3",
     inet(1, kMin),
     {"net-pf-2-proto--2147483648-type-1", "net-pf-2-proto--2147483648"},
     "EPROTONOSUPPORT protocol_known"},
    {"4.4", inet(1, -1), {}, "EINVAL protocol_range"},
    {"6.12", inet(1, 6), {}, "0 created"},
    {"6.12", {Entry::socket, 0, 1, 0}, {"net-pf-0"}, "EAFNOSUPPORT family_registered"},
};

BOOST_AUTO_TEST_CASE(module_aliases_and_retries) {
  for (const Requests& row : kRequests) {
    BOOST_TEST_CONTEXT(row.release << " type " << row.call.type << " protocol "
                                   << row.call.protocol) {
      World world = world_of(row.release);
      set_optional(world, Presence::loadable);
      Kernel k(world);
      BOOST_TEST(words(k.call(row.call)) == row.answer);
      BOOST_TEST(aliases(k) == row.aliases, boost::test_tools::per_element());
    }
  }
}

// A search, a request, a search, a request, a search: the module of the second attempt is found.
BOOST_AUTO_TEST_CASE(the_list_is_walked_again_after_each_attempt) {
  World world = world_of("6.12");
  set_optional(world, Presence::loadable);
  Kernel k(world);
  BOOST_TEST(words(k.call(inet(5, 132))) == "0 created");
  std::vector<std::string> order;
  for (const Step& step : k.trace())
    if (step.kind == StepKind::request_module || step.kind == StepKind::module_load ||
        step.kind == StepKind::inetsw_match)
      order.emplace_back(std::string(step_word(step.kind)) + ' ' + std::to_string(step.result));
  const std::vector<std::string> expected{"request_module 0", "module_load 0", "request_module 1",
                                          "inetsw_match 0"};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
  BOOST_TEST(k.changed());
  // from now on it is there
  (void)k.call(inet(5, 0));
  BOOST_TEST(aliases(k).empty());
}

// modprobe runs for anybody: the capability is asked behind the search.
BOOST_AUTO_TEST_CASE(modules_are_requested_for_unprivileged_callers) {
  World world = world_of("6.12", "nobody");
  set_optional(world, Presence::loadable);
  Kernel k(world);
  BOOST_TEST(words(k.call(inet(5, 132))) == "0 created");
  BOOST_TEST(has_step(k, StepKind::module_load, "sctp"));
}

BOOST_AUTO_TEST_CASE(without_modules_nothing_is_requested) {
  World world = world_of("6.12");
  set_optional(world, Presence::loadable);
  world.modules_enabled = false;
  Kernel k(world);
  BOOST_TEST(words(k.call(inet(5, 132))) == "ESOCKTNOSUPPORT type_has_protocols");
  BOOST_TEST(aliases(k).empty());
}

// -- inet_register_protosw

struct Entries {
  explicit Entries(Kernel& k) : kernel(k) {}
  inet_protosw& make(int32_t type, int32_t protocol, bool permanent, ProtoId prot = ProtoId::udp) {
    inet_protosw& e = *all.emplace_back(std::make_unique<inet_protosw>());
    e.type = type;
    e.protocol = protocol;
    e.prot = &proto_of(kernel, prot);
    e.ops = &ops_of(kernel, OpsId::inet_dgram_ops);
    e.flags = permanent ? uint8_t{PERMANENT} : uint8_t{0};
    e.family = kAF_INET;
    return e;
  }
  Kernel& kernel;
  std::vector<std::unique_ptr<inet_protosw>> all;
};

BOOST_AUTO_TEST_CASE(registration_places_and_refuses) {
  for (const Release release : all_releases()) {
    BOOST_TEST_CONTEXT(name_of(release)) {
      World world = world_of(release);
      set_optional(world, Presence::absent);
      Kernel k(world);
      Entries entries(k);
      const bool udplite = between(release, "", "7.1");
      const std::string permanent = udplite ? "UDP UDP-Lite" : "UDP";

      // the number of a permanent entry is refused, to a permanent and to a dynamic one
      inet_protosw& clash = entries.make(2, 17, false, ProtoId::raw);
      inet_register_protosw(k, clash);
      BOOST_TEST(!clash.registered);
      inet_protosw& clash_permanent = entries.make(2, 17, true, ProtoId::raw);
      inet_register_protosw(k, clash_permanent);
      BOOST_TEST(list_of(k, 2) == permanent + " PING");

      // a dynamic one goes in front of all dynamic ones, and overrides the same number
      inet_protosw& mine = entries.make(2, 1, false, ProtoId::raw);
      inet_register_protosw(k, mine);
      BOOST_TEST(list_of(k, 2) == permanent + " RAW PING");
      (void)k.call(inet(2, 1));
      BOOST_TEST(has_step(k, StepKind::inetsw_match, "RAW"));

      // a permanent one goes behind the permanent ones
      inet_protosw& late = entries.make(2, 99, true, ProtoId::tcp);
      inet_register_protosw(k, late);
      BOOST_TEST(list_of(k, 2) == permanent + " TCP RAW PING");

      // only dynamic ones leave again
      inet_unregister_protosw(k, late);
      inet_unregister_protosw(k, mine);
      BOOST_TEST(list_of(k, 2) == permanent + " TCP PING");
      (void)k.call(inet(2, 1));
      BOOST_TEST(has_step(k, StepKind::inetsw_match, "PING"));

      // a wild entry in front answers any number; 0 goes to the first permanent one still
      inet_protosw& wild = entries.make(2, 0, false, ProtoId::raw);
      inet_register_protosw(k, wild);
      (void)k.call(inet(2, 200));
      BOOST_TEST(has_step(k, StepKind::inetsw_match, "RAW"));
      (void)k.call(inet(2, 0));
      BOOST_TEST(has_step(k, StepKind::inetsw_match, "UDP"));
    }
  }
}

BOOST_AUTO_TEST_CASE(an_illegal_type_is_refused) {
  Kernel k(world_of("6.12"));
  Entries entries(k);
  for (const int32_t type : {11, 15, -1}) {
    inet_protosw& e = entries.make(type, 99, false);
    inet_register_protosw(k, e);  // IPv4 only logs
    BOOST_TEST(!e.registered);
    BOOST_TEST(inet6_register_protosw(k, e) == -kEINVAL);
  }
  inet_protosw& e = entries.make(2, 17, false);
  e.family = kAF_INET6;
  BOOST_TEST(inet6_register_protosw(k, e) == -kEPERM);
  e.protocol = 99;
  BOOST_TEST(inet6_register_protosw(k, e) == 0);
  inet6_unregister_protosw(k, e);
  BOOST_TEST(!e.registered);
}

// A permanent entry stays whoever asks.
BOOST_AUTO_TEST_CASE(permanent_entries_cannot_be_unregistered) {
  Kernel k(world_of("6.12"));
  inet_protosw* tcp = k.objects().inetsw[kSOCK_STREAM];
  BOOST_REQUIRE(tcp != nullptr);
  inet_unregister_protosw(k, *tcp);
  BOOST_TEST(tcp->registered);
  BOOST_TEST(words(k.call(inet(1, 6))) == "0 created");
}

// SCTP knows two types; an entry of a third one, which no kernel has, is refused by its init.
BOOST_AUTO_TEST_CASE(sctp_refuses_other_types) {
  World world = world_of("6.12");
  set_optional(world, Presence::loaded);
  Kernel k(world);
  Entries entries(k);
  inet_protosw& e = entries.make(kSOCK_RDM, 132, false, ProtoId::sctp);
  e.ops = &ops_of(k, OpsId::inet_seqpacket_ops);
  inet_register_protosw(k, e);
  const Balance before = k.balance();
  BOOST_TEST(words(k.call(inet(kSOCK_RDM, 132))) == "ESOCKTNOSUPPORT sctp_type");
  BOOST_TEST((k.balance() == before));
}

// WARN_ON(answer_prot->slab == NULL): no INET proto is without, so bring one that is.
BOOST_AUTO_TEST_CASE(a_proto_without_slab_is_warned_about_and_works) {
  Kernel k(world_of("3.12"));
  constexpr std::string_view kWarning = "WARN_ON(answer_prot->slab == NULL)";
  BOOST_TEST(words(k.call(inet(2, 0))) == "0 created");
  BOOST_TEST(!has_step(k, StepKind::hazard, kWarning));
  proto_of(k, ProtoId::udp).slab = nullptr;
  BOOST_TEST(words(k.call(inet(2, 0))) == "0 created");
  BOOST_TEST(has_step(k, StepKind::hazard, kWarning));
  BOOST_TEST(has_step(k, StepKind::clear, "__GFP_ZERO"));
}

}  // namespace
}  // namespace sockoracle::test
