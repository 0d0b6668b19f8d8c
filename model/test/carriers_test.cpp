// SPDX-License-Identifier: GPL-2.0-only
// Protocols whose init makes more than fields: MPTCP's first subflow, SMC's internal TCP socket,
// and UDP-Lite's queue (net/mptcp/protocol.c, net/smc/smc_inet.c, net/ipv4/udplite.c).
#include <algorithm>

#include "model/test/support.h"

namespace sockoracle::test {
namespace {

const Call kMptcp = inet(1, 262);
const Call kSmc = inet(1, 256);

World smc_world(std::string_view release) {
  World world = world_of(release);
  set_provider(world, Provider::smc, Presence::builtin);
  return world;
}

struct Era {
  const char* since;
  const char* until;
  const char* answer;
};

const Era kMptcpEras[] = {
    {"", "4.4", "EPROTONOSUPPORT protocol_known"},
    {"4.4", "5.6", "EINVAL protocol_range"},
    {"5.6", "", "0 created"},
};

BOOST_AUTO_TEST_CASE(mptcp_eras) {
  for (const Release release : all_releases())
    for (const Era& era : kMptcpEras) {
      if (!between(release, era.since, era.until)) continue;
      BOOST_TEST(words(verdict_of(world_of(release), kMptcp)) == era.answer, name_of(release));
      World off = world_of(release, "mptcp-off");
      const bool has = between(release, "5.6", "");
      BOOST_TEST(words(verdict_of(off, kMptcp)) == (has ? "ENOPROTOOPT mptcp_enabled" : era.answer),
                 name_of(release));
      set_provider(off, Provider::mptcp, Presence::absent);
      BOOST_TEST(
          words(verdict_of(off, kMptcp)) == (has ? "EPROTONOSUPPORT protocol_known" : era.answer),
          name_of(release));
    }
}

size_t tcp_socks(const Kernel& k) {
  size_t count = 0;
  for (const std::string& name : steps_named(k, StepKind::alloc)) count += name == "TCP" ? 1 : 0;
  return count;
}

// "TCP: alloc" goes up by one for an MPTCP socket from 5.9 to 6.3.
BOOST_AUTO_TEST_CASE(mptcp_subflow_in_init) {
  for (const Release release : all_releases()) {
    if (!between(release, "5.6", "")) continue;
    Kernel k(world_of(release));
    const Balance before = k.balance();
    const Verdict v = k.call(kMptcp);
    BOOST_TEST(tcp_socks(k) == (between(release, "5.9", "6.4") ? 1u : 0u), name_of(release));
    k.close(v.fd);
    BOOST_TEST((k.balance() == before), name_of(release));
  }
}

// The subflow refers to the msk (mptcp_subflow_context.conn); 6.1.192 shows sk_refcnt 2 in its BTF
// state, 6.12 shows 1.
BOOST_AUTO_TEST_CASE(mptcp_subflow_holds_the_msk) {
  for (const Release release : all_releases()) {
    if (!between(release, "5.6", "")) continue;
    Kernel k(world_of(release));
    const Verdict v = k.call(kMptcp);
    BOOST_TEST(k.lookup(v.fd)->sk->sk_refcnt == (between(release, "5.9", "6.4") ? 2 : 1),
               name_of(release));
  }
}

// net/mptcp/protocol.c:mptcp_close until 5.10, __mptcp_destroy_sock since; 6.1's and 6.12's
// function graphs show it.
BOOST_AUTO_TEST_CASE(mptcp_is_closed_its_own_way) {
  for (const Release release : all_releases()) {
    if (!between(release, "5.6", "")) continue;
    Kernel k(world_of(release));
    k.close(k.call(kMptcp).fd);
    const std::vector<std::string> releases = steps_named(k, StepKind::release);
    const auto count = [&](std::string_view name) {
      return std::count(releases.begin(), releases.end(), name);
    };
    const bool own = between(release, "5.11", ""), inner = between(release, "5.9", "6.4");
    BOOST_TEST(count("sk_common_release") == (own ? 0 : 1), name_of(release));
    BOOST_TEST(count("mptcp_destroy") == 1, name_of(release));
    BOOST_TEST(count("tcp_close") == (inner && !own ? 1 : 0), name_of(release));
    BOOST_TEST(count("__tcp_close") == (inner && own ? 1 : 0), name_of(release));
    BOOST_TEST(count("__sock_release") == (inner && !own ? 2 : 1), name_of(release));
  }
}

// A denial by BPF comes behind init: until 5.19 the subflow stays.
BOOST_AUTO_TEST_CASE(mptcp_subflow_leak) {
  for (const Release release : all_releases()) {
    if (!between(release, "5.6", "")) continue;
    const World world = world_of(release, "cgroup-deny");
    Kernel k(world);
    const Balance before = k.balance();
    const Verdict v = k.call(kMptcp);
    BOOST_TEST(words(v) == "EPERM cgroup_sock_create");
    const bool leaks = between(release, "5.9", "6.0");
    BOOST_TEST(v.hazards.has(Hazard::leaked_sock) == leaks, name_of(release));
    BOOST_TEST((k.balance() == before) == !leaks, name_of(release));
    BOOST_TEST(v.hazards.has(Hazard::dangling_sock_sk) == (!leaks && between(release, "", "6.10")),
               name_of(release));
    // the subflow's socket and sock, and the msk, to which the subflow holds a reference
    BOOST_TEST(k.balance().objects - before.objects == (leaks ? 3 : 0), name_of(release));
    BOOST_TEST(ask({world, kMptcp}).verdict.hazards.has(Hazard::unclaimed_netns) == leaks);
    // EMFILE is behind creation: closing has always closed the subflow
    World full = world_of(release, "no-fd");
    BOOST_TEST(hazard_words(ask({full, kMptcp}).verdict.hazards) == "", name_of(release));
  }
}

// The inner socket is the kernel's: no policy is asked for it, and its rules are not the call's.
BOOST_AUTO_TEST_CASE(inner_sockets_are_the_kernel_s) {
  World world = smc_world("6.12");
  world.policies.cgroup_sock_create = 0;
  Kernel k(world);
  const Verdict v = k.call(kSmc);
  BOOST_TEST(v.error == 0);
  size_t inits = 0, walks = 0;
  for (const Step& step : k.trace()) {
    if (step.kind == StepKind::init && step.what == "inet_create") ++inits;
    if (step.kind == StepKind::rule && step.rule == Rule::protocol_known) ++walks;
  }
  BOOST_TEST(inits == 2u);
  BOOST_TEST(walks == 1u);
}

BOOST_AUTO_TEST_CASE(mptcp_counters_once_per_namespace) {
  for (const char* release : {"5.6", "5.7", "7.3"}) {
    Kernel k(world_of(release));
    (void)k.call(kMptcp);
    BOOST_TEST(has_step(k, StepKind::alloc, "mptcp_mib_alloc") == between(at(release), "5.7", ""));
    (void)k.call(kMptcp);
    BOOST_TEST(!has_step(k, StepKind::alloc, "mptcp_mib_alloc"));
  }
  World ready = world_of("7.3");
  ready.mib_ready = true;
  Kernel k(ready);
  (void)k.call(kMptcp);
  BOOST_TEST(!has_step(k, StepKind::alloc, "mptcp_mib_alloc"));
}

// -- SMC

BOOST_AUTO_TEST_CASE(smc_since_6_11) {
  World world = smc_world("6.10");
  BOOST_TEST(words(verdict_of(world, kSmc)) == "EPROTONOSUPPORT protocol_known");
  BOOST_TEST(words(verdict_of(smc_world("6.11"), kSmc)) == "0 created");
  BOOST_TEST(words(verdict_of(smc_world("6.11"), inet6(1, 256))) == "0 created");
}

BOOST_AUTO_TEST_CASE(smc_closes_its_tcp_socket) {
  for (const Release release : all_releases()) {
    if (!between(release, "6.11", "")) continue;
    Kernel k(smc_world(name_of(release)));
    const Balance before = k.balance();
    const Verdict v = k.call(kSmc);
    BOOST_TEST(tcp_socks(k) == 1u);
    k.close(v.fd);
    BOOST_TEST((k.balance() == before), name_of(release));
  }
}

// Without a destroy hook a denial behind init leaves the internal TCP socket.
BOOST_AUTO_TEST_CASE(smc_destroy_hook) {
  for (const Release release : all_releases()) {
    if (!between(release, "6.11", "")) continue;
    World world = smc_world(name_of(release));
    world.policies.cgroup_sock_create = kEPERM;
    const bool hook = behaviours_of(release).has(Behaviour::smc_destroy_hook);
    BOOST_TEST(!(hook && between(release, "", "7.2")), "no release before 7.2 has it");
    BOOST_TEST((hook || between(release, "", "7.3")), "7.3 has it");
    Kernel k(world);
    const Balance before = k.balance();
    const Verdict v = k.call(kSmc);
    BOOST_TEST(words(v) == "EPERM cgroup_sock_create");
    BOOST_TEST(v.hazards.has(Hazard::leaked_sock) == !hook, name_of(release));
    BOOST_TEST((k.balance() == before) == hook, name_of(release));
  }
}

// -- UDP-Lite

// 6.18 and 6.19 ignore that the queue could not be allocated.
BOOST_AUTO_TEST_CASE(udplite_ignores_a_missing_queue) {
  struct Row {
    const char* release;
    const char* answer;
    const char* hazards;
  };
  for (const Row& row :
       {Row{"6.18", "0 created", "null_prod_queue"}, Row{"6.19", "0 created", "null_prod_queue"},
        Row{"7.0", "ENOMEM udp_producer_queue", ""}}) {
    World world = world_of(row.release);
    set_faults(world, {3});
    const Verdict v = verdict_of(world, inet(2, 136));
    BOOST_TEST(words(v) == row.answer, row.release);
    BOOST_TEST(hazard_words(v.hazards) == row.hazards, row.release);
    BOOST_TEST(words(verdict_of(world, inet(2, 17))) == "ENOMEM udp_producer_queue");
  }
}

}  // namespace
}  // namespace sockoracle::test
