// SPDX-License-Identifier: GPL-2.0-only
// sk_alloc, sk_prot_alloc, sock_init_data and what inet_create leaves: each field of a fresh sock,
// how it was cleared, what was allocated in which order (net/core/sock.c, net/ipv4/af_inet.c).
#include <string>

#include "model/slab.h"
#include "model/sock.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

Fields fresh(const World& world, const Call& call) {
  Kernel k(world);
  const Verdict v = k.call(call);
  BOOST_REQUIRE_MESSAGE(v.error == 0, words(v));
  return fields_of(*k.lookup(v.fd));
}

Fields fresh(std::string_view release, const Call& call) {
  World world = world_of(release);
  set_optional(world, Presence::builtin);
  open_ping(world);
  return fresh(world, call);
}

using Expected = std::vector<std::pair<const char*, const char*>>;

void check(const Fields& fields, const Expected& expected) {
  for (const auto& [name, value] : expected)
    BOOST_TEST(field(fields, name) == value,
               name << " is " << field(fields, name) << ", not " << value);
}

// The listing's own kernel: every assignment of sk_alloc, inet_create and sock_init_data.
BOOST_AUTO_TEST_CASE(every_field_of_the_listing_tcp) {
  check(fresh("3.12", inet(1, 0)),
        {// inet_create before and around
         {"state", "1"},
         {"ops", "inet_stream_ops"},
         {"sk_no_check", "0"},
         {"sk_reuse", "0"},
         {"is_icsk", "1"},
         {"nodefrag", "0"},
         {"skc_num", "0"},
         {"hdrincl", "0"},
         {"pmtudisc", "1"},
         {"inet_id", "0"},
         {"sk_destruct", "inet_sock_destruct"},
         {"sk_protocol", "6"},
         {"sk_backlog_rcv", "tcp_v4_do_rcv"},
         {"uc_ttl", "-1"},
         {"mc_loop", "1"},
         {"mc_ttl", "1"},
         {"mc_all", "1"},
         {"mc_index", "0"},
         {"mc_list", "null"},
         {"rcv_tos", "0"},
         {"inet_sport", "0"},
         {"sk_node", "null"},
         // sk_alloc
         {"sk_family", "2"},
         {"sk_prot", "TCP"},
         {"sk_prot_creator", "TCP"},
         {"sk_lock_owned", "0"},
         {"sk_net_refcnt", "1"},
         {"sk_wmem_alloc", "1"},
         {"sk_classid", "0"},
         {"sk_cgrp_prioidx", "0"},
         {"sk_tx_queue_mapping", "-1"},
         // sock_init_data
         {"type", "1"},
         {"sk_type", "1"},
         {"sk_state", "7"},
         {"sk_refcnt", "1"},
         {"sk_rcvlowat", "1"},
         {"sk_stamp", "-1000000000"},
         {"sk_peek_off", "-1"},
         {"sk_wq", "1"},
         {"sk_socket", "set"},
         {"sk_rcvtimeo", "9223372036854775807"},
         {"sk_sndtimeo", "9223372036854775807"},
         {"sk_state_change", "sock_def_wakeup"},
         {"sk_data_ready", "sock_def_readable"},
         {"sk_error_report", "sock_def_error_report"},
         // tcp_v4_init_sock
         {"sk_sndbuf", "16384"},
         {"sk_rcvbuf", "87380"},
         {"sk_write_space", "sk_stream_write_space"},
         {"icsk_af_ops", "ipv4_specific"}});
}

// What nothing sets is what the allocation cleared.
BOOST_AUTO_TEST_CASE(every_field_of_the_listing_untouched) {
  const Fields fields = fresh("3.12", inet(1, 0));
  for (const char* name :
       {"inet_saddr",    "skc_daddr",          "skc_rcv_saddr", "skc_dport",       "cmsg_flags",
        "inet_opt",      "rx_dst_ifindex",     "tos",           "min_ttl",         "recverr",
        "freebind",      "transparent",        "uc_index",      "mc_addr",         "cork",
        "sk_err",        "sk_priority",        "sk_mark",       "sk_bound_dev_if", "sk_drops",
        "sk_rmem_alloc", "sk_max_ack_backlog", "sk_reuseport"})
    BOOST_TEST(field(fields, name) == "0", name);
  BOOST_TEST(field(fields, "pinet6") == "null");
}

BOOST_AUTO_TEST_CASE(every_field_of_the_listing_raw) {
  check(fresh("3.12", inet(3, 1)), {{"ops", "inet_sockraw_ops"},
                                    {"sk_reuse", "1"},
                                    {"is_icsk", "0"},
                                    {"skc_num", "1"},
                                    {"hdrincl", "0"},
                                    {"inet_sport", "256"},
                                    {"sk_node", "set"},
                                    {"sk_protocol", "1"},
                                    {"sk_backlog_rcv", "raw_rcv_skb"},
                                    {"sk_sndbuf", "212992"},
                                    {"sk_rcvbuf", "212992"}});
  check(fresh("3.12", inet(3, 255)),
        {{"hdrincl", "1"}, {"skc_num", "255"}, {"inet_sport", "65280"}, {"sk_protocol", "255"}});
}

struct ByProtocol {
  const char* name;
  Call call;
  Expected fields;
};

// 6.12, everything there is.
const ByProtocol kByProtocol[] = {
    {"udp",
     inet(2, 0),
     {{"sk_prot", "UDP"},
      {"ops", "inet_dgram_ops"},
      {"sk_reuse", "0"},
      {"is_icsk", "0"},
      {"sk_protocol", "17"},
      {"sk_destruct", "udp_destruct_sock"},
      {"reader_queue_ready", "1"}}},
    {"udplite",
     inet(2, 136),
     {{"sk_prot", "UDP-Lite"}, {"sk_reuse", "0"}, {"sk_protocol", "136"}, {"pcflag", "1"}}},
    {"ping",
     inet(2, 1),
     {{"sk_prot", "PING"},
      {"ops", "inet_sockraw_ops"},
      {"sk_reuse", "1"},
      {"skc_num", "0"},
      {"sk_node", "null"}}},
    {"raw",
     inet(3, 262),
     {{"sk_prot", "RAW"},
      {"sk_reuse", "1"},
      {"sk_protocol", "262"},
      {"skc_num", "262"},
      {"sk_flags", "5"}}},
    {"l2tp",
     inet(2, 115),
     {{"sk_prot", "L2TP/IP"},
      {"sk_reuse", "0"},
      {"skc_num", "115"},
      {"inet_sport", "0"},
      {"sk_node", "set"}}},
    {"mptcp",
     inet(1, 262),
     {{"sk_prot", "MPTCP"},
      {"is_icsk", "1"},
      {"sk_reuse", "0"},
      {"sk_protocol", "262"},
      {"sk_sndbuf", "16384"},
      {"sk_rcvbuf", "131072"},
      {"first", "null"},
      {"scheduler_ref", "1"}}},
    {"sctp",
     inet(5, 0),
     {{"sk_prot", "SCTP"},
      {"sk_protocol", "132"},
      {"sk_type", "5"},
      {"sk_reuse", "0"},
      {"sk_destruct", "sctp_destruct_sock"}}},
    {"dccp",
     inet(6, 0),
     {{"sk_prot", "DCCP"},
      {"sk_protocol", "33"},
      {"is_icsk", "1"},
      {"sk_destruct", "dccp_sk_destruct"}}},
    {"smc",
     inet(1, 256),
     {{"sk_prot", "INET_SMC"},
      {"sk_protocol", "256"},
      {"is_icsk", "1"},
      {"first", "set"},
      {"first.sk_kern_sock", "1"},
      {"first.sk_net_refcnt", "1"},
      {"sk_node", "set"}}},
    {"packet",
     inet(10, 0x300),
     {{"sk_prot", "PACKET"},
      {"ops", "packet_ops_spkt"},
      {"sk_family", "17"},
      {"sk_type", "10"},
      {"sk_protocol", "0"},
      {"type", "10"},
      {"sk_node", "set"}}},
    {"tcp6",
     inet6(1, 0),
     {{"sk_prot", "TCPv6"},
      {"sk_family", "10"},
      {"pinet6", "set"},
      {"mc_all", "0"},
      {"mc_loop", "1"},
      {"mc_ttl", "1"},
      {"np.hop_limit", "-1"},
      {"np.mcast_hops", "1"},
      {"np.mc_loop", "1"},
      {"np.mc_all", "1"},
      {"np.pmtudisc", "1"},
      {"sk_ipv6only", "0"},
      {"icsk_af_ops", "ipv6_specific"},
      {"uc_ttl", "-1"}}},
    {"ping6", inet6(2, 58), {{"sk_prot", "PINGv6"}, {"sk_ipv6only", "1"}, {"sk_reuse", "1"}}},
    {"raw6",
     inet6(3, 255),
     {{"sk_prot", "RAWv6"}, {"hdrincl", "1"}, {"skc_num", "255"}, {"sk_node", "set"}}},
};

BOOST_AUTO_TEST_CASE(each_protocol_s_own_fields) {
  for (const ByProtocol& row : kByProtocol) BOOST_TEST_CONTEXT(row.name) {
      check(fresh("6.12", row.call), row.fields);
    }
}

struct ByRelease {
  const char* release;
  Call call;
  const char* field_name;
  const char* value;
};

const ByRelease kByRelease[] = {
    // who counts on the network namespace, and what sk_alloc fills since when
    {"4.10", inet(1, 0), "sk_kern_sock", "0"},
    {"4.4", inet(1, 0), "sk_cgrp_data_set", "0"},
    {"4.5", inet(1, 0), "sk_cgrp_data_set", "1"},
    {"4.8", inet(1, 0), "sk_cgrp_data_set", "1"},
    {"4.8", inet(1, 0), "sk_memcg_set", "0"},
    {"4.9", inet(1, 0), "sk_memcg_set", "1"},
    {"6.18", inet(1, 0), "sk_bypass_prot_mem", "0"},
    // sk_tx_queue_clear: in sk_prot_alloc until 5.11, in sk_alloc since 5.8
    {"5.7", inet(1, 0), "sk_tx_queue_mapping", "-1"},
    {"5.12", inet(1, 0), "sk_tx_queue_mapping", "-1"},
    // sock_init_data
    {"4.3", inet(1, 0), "sk_incoming_cpu", "0"},
    {"4.4", inet(1, 0), "sk_incoming_cpu", "-1"},
    {"4.19", inet(1, 0), "sk_max_pacing_rate", "4294967295"},
    {"4.20", inet(1, 0), "sk_max_pacing_rate", "18446744073709551615"},
    {"5.17", inet(1, 0), "sk_txrehash", "0"},
    {"6.1", inet(1, 0), "sk_txrehash", "255"},
    {"6.1.12", inet(1, 0), "sk_txrehash", "1"},
    {"6.2", inet(2, 0), "sk_txrehash", "1"},
    // the protocols
    {"4.11", inet(2, 1), "ops", "inet_dgram_ops"},
    {"4.12", inet(2, 1), "ops", "inet_sockraw_ops"},
    {"4.18", inet(1, 0), "sk_rcvbuf", "87380"},
    {"4.20", inet(1, 0), "sk_rcvbuf", "131072"},
    {"5.6", inet(1, 262), "sk_sndbuf", "212992"},
    {"5.7", inet(1, 262), "sk_sndbuf", "4194304"},
    {"5.10", inet(1, 262), "sk_sndbuf", "16384"},
    {"5.8", inet(1, 262), "sk_rcvbuf", "212992"},
    {"5.9", inet(1, 262), "sk_rcvbuf", "131072"},
    {"5.8", inet(1, 262), "first", "null"},
    {"5.9", inet(1, 262), "first", "set"},
    {"6.3", inet(1, 262), "first", "set"},
    {"6.4", inet(1, 262), "first", "null"},
    {"6.5", inet(1, 262), "scheduler_ref", "0"},
    {"6.6", inet(1, 262), "scheduler_ref", "1"},
    {"6.17", inet(1, 256), "is_icsk", "1"},
    {"6.18", inet(1, 256), "is_icsk", "0"},
    {"6.17", inet(2, 0), "udp_prod_queue", "0"},
    {"6.18", inet(2, 0), "udp_prod_queue", "1"},
    {"4.9", inet(2, 0), "reader_queue_ready", "0"},
    {"5.19", inet(3, 1), "sk_flags", "1"},  // SOCK_ZAPPED
    {"6.0", inet(3, 1), "sk_flags", "5"},   // and SOCK_RCU_FREE
    {"5.5", inet(3, 255), "sk_protocol", "255"},
    // IPv6
    {"3.18", inet6(2, 58), "sk_ipv6only", "0"},
    {"3.19", inet6(2, 58), "sk_ipv6only", "1"},
    {"4.19", inet6(1, 0), "np.mc_all", "0"},
    {"4.20", inet6(1, 0), "np.mc_all", "1"},
};

BOOST_AUTO_TEST_CASE(fields_by_release) {
  for (const ByRelease& row : kByRelease)
    BOOST_TEST_CONTEXT(row.release << ' ' << row.call.type << ' ' << row.call.protocol) {
      check(fresh(row.release, row.call), {{row.field_name, row.value}});
    }
}

// What is sampled from a sysctl at creation, and from the caller.
BOOST_AUTO_TEST_CASE(sysctls_and_credentials) {
  World world = world_of("6.19");
  set_sysctl(world, Sysctl::ip_no_pmtu_disc, 3);
  set_sysctl(world, Sysctl::tcp_wmem, 4096, 20000, 90000);
  set_sysctl(world, Sysctl::tcp_rmem, 4096, 30000, 90000);
  set_sysctl(world, Sysctl::rmem_default, 5000);
  set_sysctl(world, Sysctl::wmem_default, 6000);
  set_sysctl(world, Sysctl::busy_read, 50);
  set_sysctl(world, Sysctl::txrehash, 0);
  set_sysctl(world, Sysctl::bypass_prot_mem, 1);
  set_sysctl(world, Sysctl::bindv6only, 1);
  world.caller.fsuid = 7;
  world.caller.fsgid = 8;
  check(fresh(world, inet(1, 0)), {{"pmtudisc", "0"},
                                   {"sk_sndbuf", "20000"},
                                   {"sk_rcvbuf", "30000"},
                                   {"sk_ll_usec", "50"},
                                   {"sk_txrehash", "0"},
                                   {"sk_bypass_prot_mem", "1"},
                                   {"inode_uid", "7"},
                                   {"inode_gid", "8"},
                                   {"sk_uid", "7"},
                                   {"inode_mode", "49663"}});
  check(fresh(world, inet(2, 0)), {{"sk_sndbuf", "6000"}, {"sk_rcvbuf", "5000"}});
  check(fresh(world, inet6(1, 0)), {{"sk_ipv6only", "1"}, {"np.pmtudisc", "1"}, {"pmtudisc", "0"}});
  world.release = at("4.9");
  check(fresh(world, inet(1, 0)), {{"sk_uid", "0"}, {"sk_bypass_prot_mem", "0"}});
}

BOOST_AUTO_TEST_CASE(flags_reach_the_descriptor) {
  World world = world_of("6.12");
  check(fresh(world, inet(1, 0)), {{"fd_flags", "2"}, {"close_on_exec", "0"}});
  check(fresh(world, inet(1 | kSOCK_CLOEXEC | kSOCK_NONBLOCK, 0)),
        {{"fd_flags", "2050"}, {"close_on_exec", "1"}, {"sk_type", "1"}});
}

// -- clearing

struct Clear {
  const char* release;
  Call call;
  const char* function;
};

const Clear kClears[] = {
    {"3.12", inet(1, 0), "sk_prot_clear_nulls"},
    {"3.12", inet(3, 1), "sk_prot_clear_nulls"},
    {"3.12", inet(2, 0), "sk_prot_clear_portaddr_nulls"},
    {"3.12", inet(2, 136), "sk_prot_clear_portaddr_nulls"},
    {"3.12", inet6(1, 0), "tcp_v6_clear_sk"},
    {"3.12", inet6(2, 0), "udp_v6_clear_sk"},
    {"4.8", inet(2, 0), "sk_prot_clear_portaddr_nulls"},
    {"4.9", inet(2, 0), "sk_prot_clear_nulls"},
    {"4.9", inet6(1, 0), "sk_prot_clear_nulls"},
    {"7.3", inet(1, 0), "sk_prot_clear_nulls"},
    {"3.12", inet(10, 0), "__GFP_ZERO"},  // no slab: kmalloc clears
    {"7.3", inet(10, 0), "__GFP_ZERO"},
};

BOOST_AUTO_TEST_CASE(which_function_clears) {
  for (const Clear& row : kClears) {
    Kernel k(world_of(row.release));
    (void)k.call(row.call);
    BOOST_TEST(steps_named(k, StepKind::clear) == std::vector<std::string>{row.function},
               row.release << ' ' << row.call.type << ' ' << row.function);
  }
}

// Without __GFP_ZERO nothing is cleared, unless init_on_alloc says so (5.3+).
BOOST_AUTO_TEST_CASE(clearing_without_gfp_zero) {
  for (const char* release : {"3.12", "5.2", "5.3", "7.3"})
    for (const bool init_on_alloc : {false, true}) {
      World world = world_of(release);
      world.init_on_alloc = init_on_alloc;
      Kernel k(world);
      const proto& tcp = proto_of(k, ProtoId::tcp);
      struct sock* sk = sk_prot_alloc(k, tcp, GFP_KERNEL, kAF_INET);
      BOOST_REQUIRE(sk != nullptr);
      BOOST_TEST(!steps_named(k, StepKind::clear).empty() ==
                 (init_on_alloc && between(at(release), "5.3", "")));
      kmem_cache_free(k, *tcp.slab, sk);
    }
}

// sk_node.next of a recycled object is still being followed: it is not cleared with the rest.
BOOST_AUTO_TEST_CASE(the_nulls_pointer_survives) {
  Kernel k(world_of("6.12"));
  const proto& tcp = proto_of(k, ProtoId::tcp);
  uint32_t object = 0;
  // Fill some objects, give them back: one of the next ones is recycled, or (under a sanitizer)
  // filled with its pattern. In both cases the pointer is not null.
  std::vector<struct sock*> old;
  for (int i = 0; i < 8; ++i)
    old.push_back(static_cast<struct sock*>(kmem_cache_alloc(k, *tcp.slab, &object)));
  for (struct sock* sk : old) sk->sk_node_next = sk, sk->sk_err = 7;
  for (struct sock* sk : old) kmem_cache_free(k, *tcp.slab, sk);
  struct sock* sk = sk_prot_alloc(k, tcp, GFP_KERNEL | __GFP_ZERO, kAF_INET);
  BOOST_TEST(sk->sk_node_next != nullptr);
  BOOST_TEST(sk->sk_err == 0);
  kmem_cache_free(k, *tcp.slab, sk);
}

// -- order of allocation

struct Slabs {
  const char* name;
  Call call;
  std::vector<std::string> errors;  // of the n-th slab allocation; then the call succeeds
};

// Seen on 6.12.107 with failslab: every slab allocation of the call failed in turn.
const Slabs kSlabs[] = {
    {"stream", inet(1, 0), {"ENFILE", "ENOMEM", "ENOMEM", "ENOMEM"}},
    {"dgram", inet(2, 0), {"ENFILE", "ENOMEM", "ENOMEM", "ENOMEM"}},
    {"raw", inet(3, 1), {"ENFILE", "ENOMEM", "ENOMEM", "ENOMEM"}},
    {"mptcp", inet(1, 262), {"ENFILE", "ENOMEM", "ENOMEM", "ENOMEM"}},
    {"stream6", inet6(1, 0), {"ENFILE", "ENOBUFS", "ENOMEM", "ENOMEM"}},
    {"packet", inet(10, 0), {"ENFILE", "ENOBUFS", "ENOMEM", "ENOMEM"}},
    {"sctp", inet(1, 132), {"ENFILE", "ENOMEM", "ENOMEM", "ENOMEM", "ENOMEM", "ENOMEM", "ENOMEM"}},
};

BOOST_AUTO_TEST_CASE(slab_allocations_of_a_real_kernel) {
  World world = world_of("6.12.107");
  set_provider(world, Provider::sctp, Presence::builtin);
  for (const Slabs& row : kSlabs) {
    BOOST_TEST_CONTEXT(row.name) {
      Kernel clean(world);
      BOOST_TEST(words(clean.call(row.call)) == "0 created");
      std::vector<std::string> errors;
      for (const Step& step : clean.trace()) {
        // per-cpu memory is no slab's
        if (step.kind != StepKind::alloc || step.what == "packet_alloc_pending" ||
            step.what == "mptcp_mib_alloc")
          continue;
        World failing = world;
        set_faults(failing, {step.a});
        errors.push_back(error_word(verdict_of(failing, row.call).error));
      }
      BOOST_TEST(errors == row.errors, boost::test_tools::per_element());
    }
  }
}

// -- order of steps, TCP on the listing's kernel, from the system call to the close

BOOST_AUTO_TEST_CASE(the_path_step_by_step) {
  World world = world_of("3.12");
  Kernel k(world);
  const Verdict v = k.call(inet(1, 0));
  k.close(v.fd);
  std::vector<std::string> path;
  for (const Step& step : k.trace())
    if (step.kind != StepKind::rule)
      path.push_back(std::string(step_word(step.kind)) + ' ' + std::string(step.what));
  const std::vector<std::string> expected{"alloc sock_inode_cache",
                                          "alloc socket_wq",
                                          "set inet_ehash_secret",
                                          "inetsw_match TCP",
                                          "alloc TCP",
                                          "clear sk_prot_clear_nulls",
                                          "get_net net",
                                          "init sk_alloc",
                                          "set sk_no_check",
                                          "init sock_init_data",
                                          "init inet_create",
                                          "init tcp_init_sock",
                                          "fd get_unused_fd_flags",
                                          "alloc dentry",
                                          "alloc filp",
                                          "fd fd_install",
                                          "release sock_release",
                                          "release tcp_close",
                                          "release tcp_v4_destroy_sock",
                                          "put_net net",
                                          "free TCP",
                                          "free socket_wq",
                                          "free sock_inode_cache"};
  BOOST_TEST(path == expected, boost::test_tools::per_element());
}

// The undo of a refused sk_prot_alloc, in the listing's order: security, object, and no module.
BOOST_AUTO_TEST_CASE(undo_of_sk_prot_alloc) {
  World world = world_of("6.12");
  set_optional(world, Presence::loaded);
  world.lsm_sk_blob = true;
  Kernel k(world);
  k.objects().modules[static_cast<size_t>(Provider::sctp)].going = true;
  BOOST_TEST(words(k.call(inet(1, 132))) == "ENOMEM prot_module_live");
  std::vector<std::string> undo;
  for (const Step& step : k.trace())
    if (step.kind == StepKind::free || step.kind == StepKind::module_put)
      undo.emplace_back(step.what);
  const std::vector<std::string> expected{"security_sk_free", "SCTP", "sock_inode_cache"};
  BOOST_TEST(undo == expected, boost::test_tools::per_element());
  BOOST_TEST(!has_step(k, StepKind::get_net, "net"));
}

// The secret of the established hash is built once per boot, by the first that is neither raw nor
// datagram; not at all from 3.13 on.
BOOST_AUTO_TEST_CASE(ehash_secret_once) {
  World world = world_of("3.12");
  set_optional(world, Presence::builtin);
  Kernel k(world);
  const auto built = [&](const Call& call) {
    k.close(k.call(call).fd);
    return has_step(k, StepKind::set, "inet_ehash_secret");
  };
  BOOST_TEST(!built(inet(2, 0)));
  BOOST_TEST(!built(inet(3, 1)));
  BOOST_TEST(built(inet(5, 0)));
  BOOST_TEST(!built(inet(1, 0)));
  Kernel later(world_of("3.13"));
  (void)later.call(inet(1, 0));
  BOOST_TEST(!has_step(later, StepKind::set, "inet_ehash_secret"));
  // even a call that fails later builds it
  Kernel failing(world);
  BOOST_TEST(words(failing.call(inet(7, 0))) == "ESOCKTNOSUPPORT type_has_protocols");
  BOOST_TEST(has_step(failing, StepKind::set, "inet_ehash_secret"));
}

}  // namespace
}  // namespace sockoracle::test
