// SPDX-License-Identifier: GPL-2.0-only
// What closing a fresh socket does, step by step, read in the sources of 6.12 (the prot's close in
// each protocol's file, then net/core/sock.c:__sk_destruct and sk_prot_free, net/socket.c:
// __sock_release); and that nothing of a successful call or its close reports a failure.
#include "model/program_text.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

constexpr const char* kHook = "bpf BPF_CGROUP_INET_SOCK_RELEASE, ";

struct Closing {
  const char* name;
  Call call;
  const char* hook;   // inet_release runs it, nobody else's release does
  const char* close;  // up to the last sock_put
  const char* freed;  // behind it: the object, the modules held for it
};

const Closing kClosings[] = {
    {"tcp", inet(1, 0), kHook, "release tcp_close, release tcp_v4_destroy_sock", "free TCP"},
    {"udp", inet(2, 0), kHook, "release sk_common_release, release udp_destroy_sock", "free UDP"},
    {"udplite", inet(2, 136), kHook, "release sk_common_release, release udp_destroy_sock",
     "free UDP-Lite"},
    {"ping", inet(2, 1), kHook, "release sk_common_release", "free PING"},
    // net/ipv4/raw.c:raw_hash held the sock; since 6.2 its object waits for readers
    {"raw", inet(3, 1), kHook,
     "release sk_common_release, release raw_destroy, unhash raw_hashinfo, release call_rcu",
     "free RAW"},
    // net/l2tp/l2tp_ip.c:l2tp_ip_close unlinks before sk_common_release
    {"l2tp", inet(2, 115), kHook,
     "unhash l2tp_ip_table, release sk_common_release, release l2tp_ip_destroy_sock",
     "free L2TP/IP, module_put l2tp_ip, module_put l2tp_ip"},
    {"mptcp", inet(1, 262), kHook, "release mptcp_close, release mptcp_destroy", "free MPTCP"},
    {"sctp", inet(5, 132), kHook, "release sk_common_release, free sctp_endpoint",
     "free SCTP, module_put sctp, module_put sctp"},
    {"dccp", inet(6, 33), kHook, "release dccp_close, release dccp_destroy_sock",
     "free DCCP, module_put dccp, module_put dccp"},
    // net/smc/af_smc.c:smc_release: unhashed, then the socket inside is released as a whole
    {"smc", inet(1, 256), "",
     "release smc_release, unhash smc_v4_hashinfo, release __sock_release, release tcp_close, "
     "release tcp_v4_destroy_sock, put_net net, free security_sk_free, free TCP, "
     "free sock_inode_cache",
     "free INET_SMC, module_put smc, module_put smc"},
    {"packet", inet(10, 768), "", "release packet_release, unhash packet.sklist", "free PACKET"},
    {"tcp6", inet6(1, 0), kHook, "release tcp_close, release tcp_v4_destroy_sock", "free TCPv6"},
    {"raw6", inet6(3, 58), kHook,
     "release sk_common_release, release raw6_destroy, unhash raw_hashinfo, release call_rcu",
     "free RAWv6"},
};

World world_for(std::string_view release) {
  World world = world_of(release);
  set_optional(world, Presence::loaded);
  open_ping(world);
  world.lsm_sk_blob = true;
  return world;
}

std::string closing_steps(const Kernel& k) {
  std::string text;
  for (const Step& step : k.trace()) {
    const bool begins = step.kind == StepKind::release && step.what == "__sock_release";
    if (text.empty() && !begins) continue;
    if (!text.empty()) text += ", ";
    text += std::string(step_word(step.kind)) + ' ' + std::string(step.what);
  }
  return text;
}

BOOST_AUTO_TEST_CASE(each_protocol_is_closed_as_in_6_12) {
  for (const Closing& row : kClosings) {
    Kernel k(world_for("6.12"));
    const Verdict v = k.call(row.call);
    BOOST_REQUIRE_MESSAGE(v.fd >= 0, row.name << ": " << words(v));
    k.close(v.fd);
    BOOST_TEST(closing_steps(k) == std::string("release __sock_release, ") + row.hook + row.close +
                                       ", put_net net, free security_sk_free, " + row.freed +
                                       ", free sock_inode_cache",
               row.name);
  }
}

// Of a call that succeeds each step went well: true from try_module_get, 0 from the others.
BOOST_AUTO_TEST_CASE(steps_of_a_success_report_none) {
  for (const Release release : all_releases())
    for (const Closing& row : kClosings) {
      Kernel k(world_for(name_of(release)));
      const Verdict v = k.call(row.call);
      if (v.fd < 0) continue;
      k.close(v.fd);
      for (const Step& step : k.trace())
        BOOST_TEST(step.result == (step.kind == StepKind::module_get ? 1 : 0),
                   name_of(release) << ' ' << row.name << ": " << step_line(step));
    }
}

// A denial behind init undoes it all: giving back never fails.
BOOST_AUTO_TEST_CASE(undoing_reports_no_failure) {
  for (const char* release : {"4.19", "5.10", "6.12", "7.3"})
    for (const Closing& row : kClosings) {
      World world = world_for(release);
      world.policies.cgroup_sock_create = kEPERM;
      Kernel k(world);
      const Verdict v = k.call(row.call);
      if (v.rule != Rule::cgroup_sock_create) continue;
      BOOST_TEST(v.fd == -1);
      for (const Step& step : k.trace()) {
        const bool gives_back = step.kind == StepKind::release || step.kind == StepKind::free ||
                                step.kind == StepKind::unhash || step.kind == StepKind::put_net;
        if (gives_back)
          BOOST_TEST(step.result == 0, release << ' ' << row.name << ": " << step_line(step));
      }
    }
}

// What was passed does not refuse: the rule that decides stands in the trace once.
BOOST_AUTO_TEST_CASE(a_rule_refuses_before_it_is_passed) {
  for (const char* release : {"3.12", "5.10", "6.12", "7.3"})
    for (const char* caller : {"root", "nobody"})
      for (const int32_t family : {2, 10})
        for (int32_t type = 0; type <= 11; ++type)
          for (const int32_t protocol : {-1, 0, 1, 6, 17, 58, 255, 256, 262, 263, 65536}) {
            if (type == kSOCK_PACKET) continue;
            Kernel k(world_of(release, caller));
            const Verdict v = k.call({Entry::socket, family, type, protocol});
            int times = 0;
            for (const Step& step : k.trace())
              if (step.kind == StepKind::rule && step.what == row(v.rule).name) ++times;
            BOOST_TEST(times == 1, release << ' ' << caller << ' ' << family << ' ' << type << ' '
                                           << protocol << ": " << row(v.rule).name);
          }
}

// An allocation that fails says so in its step, whatever errno becomes of it.
BOOST_AUTO_TEST_CASE(a_failed_allocation_is_enomem) {
  for (const int n : {1, 2, 3, 4, 5}) {
    World world = world_for("6.12");
    set_faults(world, {n});
    Kernel k(world);
    (void)k.call(inet(1, 0));
    int failed = 0;
    for (const Step& step : k.trace()) {
      if (step.kind != StepKind::alloc || step.result == 0) continue;
      ++failed;
      BOOST_TEST(step.result == -kENOMEM, step_line(step));
    }
    BOOST_TEST(failed == 1, "step " << n);
  }
}

// .slab_flags of the protos: objects that a reader under RCU may meet again as another sock.
const struct {
  const char *release, *name;
  bool typesafe;
} kSlabs[] = {
    {"3.12", "TCP", true},   {"6.12", "TCP", true},   {"4.7", "UDP", true},
    {"4.8", "UDP", false},   {"6.12", "UDP", false},  {"5.8", "MPTCP", false},
    {"5.9", "MPTCP", true},  {"6.12", "MPTCP", true}, {"6.12", "RAW", false},
    {"6.12", "PING", false}, {"6.12", "DCCP", true},  {"6.12", "SCTP", false},
};

BOOST_AUTO_TEST_CASE(who_may_be_read_after_it_is_freed) {
  for (const auto& row : kSlabs) {
    const Kernel k(world_for(row.release));
    int met = 0;
    for (const kmem_cache& slab : k.objects().slabs) {
      if (slab.name != std::string_view(row.name)) continue;
      ++met;
      BOOST_TEST(slab.typesafe == row.typesafe, row.release << ' ' << row.name);
    }
    BOOST_TEST(met == 1, row.release << ' ' << row.name);
  }
}

// What is no bug of a release stays without effect there: one connect and one disconnect of a ping
// socket are balanced even where the second disconnect is CVE-2015-3636, an own namespace can be
// entered, and a module takes only its own entries along.
const char* const kClean[] = {
    "world release=3.12 as=ping-gid with=ping_drops_group_ref\n"
    "s0 = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) = 3\nconnect(s0)\nclose(s0)\n",
    "world release=7.3 smc=loaded\n"
    "s0 = socket(AF_INET, SOCK_STREAM, IPPROTO_SMC) = 3\nclose(s0)\n",
    "world release=6.12 as=userns-root\n"
    "s0 = socket(AF_INET, SOCK_RAW, 1) = 3\n"
    "user_ns 0\ns1 = socket(AF_INET, SOCK_RAW, 1) = 4\nclose(s0)\nclose(s1)\n",
    "world release=6.12 sctp=loaded l2tp_ip=loaded\n"
    "unload l2tp_ip\n"
    "s0 = socket(AF_INET6, SOCK_SEQPACKET, IPPROTO_SCTP) = 3\n"
    "close(s0)\n",
    // what SCTP has not set up yet matters to SCTP's sockets only
    "world release=3.12 sctp=loadable\n"
    "starting sctp\nobserve on\n"
    "s0 = socket(AF_INET, SOCK_STREAM, 0) = 3\nconnect(s0)\nclose(s0)\n",
    // what was unloaded can be asked for again, though nothing else can
    "world release=6.12 sctp=absent dccp=absent smc=absent l2tp_ip=loaded\n"
    "unload l2tp_ip\n"
    "s0 = socket(AF_INET, SOCK_DGRAM, IPPROTO_L2TP) = 3\nclose(s0)\n",
};

BOOST_AUTO_TEST_CASE(clean_programs) {
  for (const char* text : kClean) {
    Program program;
    std::vector<Expectation> expectations;
    ProgramError error;
    BOOST_REQUIRE_MESSAGE(parse_program(text, &program, &expectations, &error),
                          text << error.line << ": " << error.reason);
    Machine machine(program.world);
    for (size_t i = 0; i < program.operations.size(); ++i) {
      const Outcome outcome = machine.run(program.operations[i]);
      BOOST_TEST(!outcome.skipped, text << "operation " << i);
      for (const Expectation& e : expectations)
        if (e.operation == i && e.error >= 0)
          BOOST_TEST(error_word(outcome.error) == error_word(e.error), text);
    }
    BOOST_TEST(hazard_words(machine.hazards()) == "", text);
    BOOST_TEST((machine.kernel().balance() == machine.at_boot()), text);
  }
}

// net/ipv4/af_inet.c:inet_unregister_protosw only logs that it refuses; a program sees EPERM.
BOOST_AUTO_TEST_CASE(a_permanent_entry_stays) {
  Machine machine(world_of("6.12"));
  Operation o;
  o.op = Op::add_protosw;
  o.entry.protocol = 200;
  o.entry.permanent = true;
  BOOST_TEST(machine.run(o).error == 0);
  o.op = Op::del_protosw;
  const Outcome refused = machine.run(o);
  BOOST_TEST(!refused.skipped);
  BOOST_TEST(refused.error == kEPERM);
  BOOST_TEST(words(machine.kernel().call(inet(1, 200))) == "0 created");
}

BOOST_AUTO_TEST_CASE(a_user_namespace_that_does_not_exist) {
  Machine machine(world_of("6.12"));
  Operation enter;
  enter.op = Op::user_ns;
  enter.number = 5;
  BOOST_TEST(machine.run(enter).skipped);
  BOOST_TEST(machine.kernel().world().caller.user_ns == 0);
}

}  // namespace
}  // namespace sockoracle::test
