// SPDX-License-Identifier: GPL-2.0-only
// Modules: loading and unloading, references, and a module that goes away under a call. Then two
// kernels side by side (net/socket.c:__sock_create, net/core/sock.c:sk_prot_alloc).
#include "model/module.h"
#include "model/socket.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

World with(Provider provider, Presence presence, std::string_view release = "6.12") {
  World world = world_of(release);
  set_provider(world, provider, presence);
  open_ping(world);
  return world;
}

BOOST_AUTO_TEST_CASE(the_family_s_module_goes_away) {
  for (const auto& [provider, call] :
       {std::pair{Provider::ipv6, inet6(1, 0)}, std::pair{Provider::packet, inet(10, 0)}}) {
    Kernel k(with(provider, Presence::loaded));
    const Balance before = k.balance();
    module_of(k, provider).going = true;
    BOOST_TEST(words(k.call(call)) == "EAFNOSUPPORT family_module_live");
    BOOST_TEST((k.balance() == before));
    module_of(k, provider).going = false;
    const Verdict v = k.call(call);
    BOOST_TEST(v.error == 0);
    k.close(v.fd);
    BOOST_TEST((k.balance() == before));
  }
}

// AF_INET is built in: nothing can go away, and nobody asks.
BOOST_AUTO_TEST_CASE(af_inet_has_no_module) {
  Kernel k(world_of("6.12"));
  const Verdict v = k.call(inet(1, 0));
  k.close(v.fd);
  BOOST_TEST(steps_named(k, StepKind::module_get).empty());
  BOOST_TEST(steps_named(k, StepKind::module_put).empty());
}

// SCTP as a module: one reference for prot->owner, one for ops->owner, both dropped at close.
BOOST_AUTO_TEST_CASE(a_socket_holds_its_module_twice) {
  Kernel k(with(Provider::sctp, Presence::loaded));
  const Verdict v = k.call(inet(5, 132));
  BOOST_TEST(module_of(k, Provider::sctp).refcnt == 2);
  BOOST_TEST(!unload_provider(k, Provider::sctp));
  k.close(v.fd);
  BOOST_TEST(module_of(k, Provider::sctp).refcnt == 0);
  BOOST_TEST(unload_provider(k, Provider::sctp));
  // gone: and asked for again by the next call
  BOOST_TEST(words(k.call(inet(5, 0))) == "ESOCKTNOSUPPORT type_has_protocols");
  BOOST_TEST(words(k.call(inet(5, 132))) == "0 created");
  BOOST_TEST(k.changed());
}

// The third reference counter of a call: the family's, given back when the socket is there.
BOOST_AUTO_TEST_CASE(a_family_s_module_is_held_by_ops_only) {
  Kernel k(with(Provider::packet, Presence::loaded));
  const Verdict v = k.call(inet(10, 0));
  BOOST_TEST(module_of(k, Provider::packet).refcnt == 2);  // prot and ops
  k.close(v.fd);
  BOOST_TEST(module_of(k, Provider::packet).refcnt == 0);
}

BOOST_AUTO_TEST_CASE(what_is_built_in_cannot_be_unloaded) {
  Kernel k(with(Provider::sctp, Presence::builtin));
  BOOST_TEST(!unload_provider(k, Provider::sctp));
  BOOST_TEST(!unload_provider(k, Provider::inet));
  BOOST_TEST(words(k.call(inet(5, 132))) == "0 created");
}

// UDP-Lite has no module, but its IPv6 twin lies in IPv6's (net/ipv6/udplite.c), as a socket's row
// in /proc/net/protocols of user-mode Linux 6.1 shows: "UDPLITEv6 ... ipv6".
BOOST_AUTO_TEST_CASE(udplite_over_ipv6_holds_ipv6) {
  Kernel k(with(Provider::ipv6, Presence::loaded));
  const Verdict v = k.call(inet6(2, 136));
  BOOST_TEST(module_of(k, Provider::ipv6).refcnt == 2);  // prot and ops
  k.close(v.fd);
  BOOST_TEST(module_of(k, Provider::ipv6).refcnt == 0);
  World world = with(Provider::ipv6, Presence::loaded);
  set_provider(world, Provider::udplite, Presence::absent);
  BOOST_TEST(words(verdict_of(world, inet6(2, 136))) == "EPROTONOSUPPORT protocol_known");
}

// net/mptcp/Kconfig: MPTCP_IPV6 depends on IPV6=y.
BOOST_AUTO_TEST_CASE(mptcp_over_ipv6_wants_it_built_in) {
  for (const Presence presence : {Presence::builtin, Presence::loaded, Presence::loadable}) {
    const World world = with(Provider::ipv6, presence);
    const bool has = presence == Presence::builtin;
    BOOST_TEST(words(verdict_of(world, inet6(1, 262))) ==
               (has ? "0 created" : "EPROTONOSUPPORT protocol_known"));
    BOOST_TEST(words(verdict_of(world, inet(1, 262))) == "0 created");
  }
}

// The owner of the proto goes away between the walk and sk_prot_alloc: the LSM's blob and the
// object are given back, and the errno is sk_alloc's.
BOOST_AUTO_TEST_CASE(the_proto_s_module_goes_away) {
  for (const char* release : {"3.12", "5.13", "5.14", "7.3"}) {
    Kernel k(with(Provider::sctp, Presence::loaded, release));
    const Balance before = k.balance();
    module_of(k, Provider::sctp).going = true;
    const bool late = between(at(release), "5.14", "");
    BOOST_TEST(words(k.call(inet(5, 132))) ==
               words(late ? "ENOMEM" : "ENOBUFS", "prot_module_live"));
    BOOST_TEST(words(k.call(inet6(5, 132))) == "ENOBUFS prot_module_live");
    BOOST_TEST((k.balance() == before));
  }
}

// ... or between pf->create and the look at sock->ops->owner: ops is cleared, so nobody releases
// the finished sock. The kernel leaks it, with its module and network namespace.
BOOST_AUTO_TEST_CASE(the_ops_module_goes_away) {
  for (const Release release : all_releases()) {
    World world = with(Provider::sctp, Presence::loaded, name_of(release));
    // the number of the second try_module_get: behind it come a dentry and a file
    Kernel clean(world);
    BOOST_REQUIRE(clean.call(inet(5, 132)).error == 0);
    set_faults(world, {clean.fallible() - 2});
    Case c{world, inet(5, 132)};
    const Answer answer = ask(c);
    BOOST_TEST(words(answer.verdict) == "EAFNOSUPPORT ops_module_live", name_of(release));
    for (const Hazard hazard :
         {Hazard::leaked_sock, Hazard::leaked_module_ref, Hazard::unclaimed_netns})
      BOOST_TEST(answer.verdict.hazards.has(hazard), name_of(release) << hazard_name(hazard));
  }
}

BOOST_AUTO_TEST_CASE(family_modules_are_requested) {
  World world = with(Provider::packet, Presence::loadable);
  Kernel k(world);
  BOOST_TEST(words(k.call(inet(10, 0))) == "0 created");
  BOOST_TEST(aliases(k) == std::vector<std::string>{"net-pf-17"});
  world.modules_enabled = false;
  BOOST_TEST(words(verdict_of(world, inet(10, 0))) == "EAFNOSUPPORT family_registered");
  BOOST_TEST(words(verdict_of(with(Provider::ipv6, Presence::absent), inet6(1, 0))) ==
             "EAFNOSUPPORT family_registered");
  BOOST_TEST(words(verdict_of(with(Provider::ipv6, Presence::loadable), inet6(1, 0))) ==
             "0 created");
}

// A module loaded once changes later answers for good: the reason why a live test must not.
BOOST_AUTO_TEST_CASE(autoloading_changes_later_answers) {
  Kernel k(with(Provider::sctp, Presence::loadable));
  BOOST_TEST(words(k.call(inet(5, 0))) == "ESOCKTNOSUPPORT type_has_protocols");
  BOOST_TEST(!k.changed());
  BOOST_TEST(words(k.call(inet(2, 132))) == "EPROTONOSUPPORT protocol_known");
  BOOST_TEST(k.changed());
  BOOST_TEST(words(k.call(inet(5, 0))) == "0 created");
  BOOST_TEST(words(k.call(inet(5, 7))) == "EPROTONOSUPPORT protocol_known");
}

// Where IPv6 is a module, what registers protocols with it loads it first: "depends=ipv6,..." in
// the .modinfo of sctp.ko and of l2tp_core.ko as user-mode Linux 6.1 has them (aliases.def).
BOOST_AUTO_TEST_CASE(a_module_brings_what_it_needs) {
  const auto loads = [](const Kernel& k) { return steps_named(k, StepKind::module_load); };
  using Names = std::vector<std::string>;
  for (const auto& [provider, name, call] : {std::tuple{Provider::sctp, "sctp", inet(1, 132)},
                                             std::tuple{Provider::l2tp_ip, "l2tp_ip", inet(2, 115)},
                                             std::tuple{Provider::smc, "smc", inet(1, 256)}}) {
    World world = with(provider, Presence::loadable);
    set_provider(world, Provider::ipv6, Presence::loadable);
    Kernel k(world);
    BOOST_TEST(k.call(call).error == 0);
    BOOST_TEST(loads(k) == (Names{"ipv6", name}), boost::test_tools::per_element());
    BOOST_TEST(k.call(inet6(1, 0)).error == 0);
    BOOST_TEST(aliases(k).empty());  // AF_INET6 is there: nobody asks for net-pf-10
    BOOST_TEST(!unload_provider(k, Provider::ipv6));
    // Built in, or left out with CONFIG_IPV6=n: nothing to bring.
    for (const Presence other : {Presence::builtin, Presence::absent}) {
      set_provider(world, Provider::ipv6, other);
      Kernel alone(world);
      BOOST_TEST(alone.call(call).error == 0);
      BOOST_TEST(loads(alone) == Names{name}, boost::test_tools::per_element());
    }
    // Loaded before boot was over: so is IPv6, though nobody said so.
    set_provider(world, provider, Presence::loaded);
    set_provider(world, Provider::ipv6, Presence::loadable);
    world.modules_enabled = false;
    BOOST_TEST(words(verdict_of(world, inet6(1, 0))) == "0 created");
  }
  // dccp_ipv4.ko needs nothing of IPv6.
  World world = with(Provider::dccp, Presence::loadable);
  set_provider(world, Provider::ipv6, Presence::loadable);
  Kernel k(world);
  BOOST_TEST(k.call(inet(6, 33)).error == 0);
  BOOST_TEST(loads(k) == Names{"dccp"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(load_and_unload_keep_the_lists) {
  Kernel k(with(Provider::l2tp_ip, Presence::loaded));
  const auto dgram = [&] {
    std::string names;
    for (const inet_protosw* e = k.objects().inetsw[2]; e != nullptr; e = e->next)
      names += std::string(e->prot->name) + ' ';
    return names;
  };
  const std::string before = dgram();
  BOOST_TEST(unload_provider(k, Provider::l2tp_ip));
  BOOST_TEST(dgram() == "UDP UDP-Lite PING ");
  load_provider(k, Provider::l2tp_ip);
  BOOST_TEST(dgram() == before);
}

// -- several kernels

BOOST_AUTO_TEST_CASE(two_kernels_do_not_influence_each_other) {
  World world = with(Provider::sctp, Presence::loadable, "3.12");
  Kernel a(world), b(world);
  (void)a.call(inet(5, 132));
  BOOST_TEST(a.changed());
  BOOST_TEST(!b.changed());
  BOOST_TEST(words(b.call(inet(5, 0))) == "ESOCKTNOSUPPORT type_has_protocols");
  BOOST_TEST(a.objects().inet_ehash_secret);
  inet_protosw& ping = *a.objects().inetsw[2]->next->next;
  BOOST_TEST(ping.prot->name == "PING");
  const Balance of_b = b.balance();
  const int32_t fd = a.call(inet(1, 0)).fd;
  BOOST_TEST((b.balance() == of_b));
  b.close(fd);  // a descriptor of the other kernel is nothing here
  BOOST_TEST(a.lookup(fd) != nullptr);
}

// Their answers do not depend on what ran before in the same process, nor on tracing.
BOOST_AUTO_TEST_CASE(answers_are_reproducible) {
  for (const Release release : all_releases()) {
    const World world = world_of(release);
    for (const Call& call : {inet(1, 0), inet(1, 262), inet(3, 1), inet(2, 1), inet(5, 132)}) {
      const Answer first = ask({world, call}), second = ask({world, call});
      BOOST_TEST((first.verdict == second.verdict));
      BOOST_TEST(first.steps.size() == second.steps.size());
      BOOST_TEST((first.state == second.state));
      Kernel quiet(world);
      const CallScope untraced(quiet, {.tracing = false});
      BOOST_TEST((quiet.call(call) == first.verdict ||
                  hazard_words(first.verdict.hazards) != ""));  // leaks are found by ask alone
      BOOST_TEST(quiet.trace().empty());
    }
  }
}

}  // namespace
}  // namespace sockoracle::test
