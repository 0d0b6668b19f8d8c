// SPDX-License-Identifier: GPL-2.0-only
// Who has CAP_NET_RAW where: nested user namespaces, and the caller contexts. Then the group rule
// of ping sockets, which no capability changes (security/commoncap.c:cap_capable, net/ipv4/ping.c).
#include <linux/capability.h>

#include "model/capability.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

// A tree:    0 ── 1 (owner 1000) ── 2 (owner 1000) ── 4 (owner 3000)
//            └── 3 (owner 2000)
World tree() {
  World world = default_world(at("6.12"));
  world.user_ns_count = 5;
  world.user_ns[1] = {0, 1000, 0, 1000, 1};
  world.user_ns[2] = {1, 1000, 0, 1000, 1};
  world.user_ns[3] = {0, 2000, 0, 2000, 1};
  world.user_ns[4] = {2, 3000, 0, 3000, 1};
  return world;
}

struct Row {
  uint8_t caller_ns;
  uint32_t euid;
  bool cap;  // CAP_NET_RAW in the caller's own namespace
  uint8_t net_ns;
  bool allowed;
};

const Row kRows[] = {
    {0, 0, true, 0, true},      {0, 0, false, 0, false},  // uid 0 alone is nothing
    {0, 500, true, 0, true},                              // the capability alone is enough
    {0, 500, true, 1, true},  // held in an ancestor: counts in every descendant
    {0, 500, true, 2, true},    {0, 500, true, 4, true},
    {0, 1000, false, 1, true},  // the owner of namespace 1, from its parent
    {0, 1000, false, 2, true},  // and of what is below it, whoever owns that
    {0, 1000, false, 4, true},  {0, 1000, false, 3, false},  // but not of a sibling
    {0, 2000, false, 3, true},  {0, 2000, false, 1, false},
    {0, 3000, false, 4, false},  // owns 4, but stands outside its parent, and not above it
    {0, 0, false, 1, false},    {1, 1000, true, 1, true},
    {1, 1000, false, 1, false},  // the owner inside its own namespace needs the capability
    {1, 1000, true, 0, false},   // never upwards
    {1, 1000, true, 3, false},   // never sideways
    {1, 1000, true, 2, true},   {1, 1000, true, 4, true},
    {1, 1000, false, 2, true},  // owner of 2, standing in its parent 1
    {1, 1000, false, 4, true},  {1, 500, false, 2, false},
    {2, 3000, false, 4, true},  {2, 1000, false, 4, false},
    {2, 1000, true, 1, false},  {3, 2000, true, 1, false},
    {3, 2000, true, 2, false},  {4, 3000, true, 4, true},
    {4, 3000, true, 2, false},
};

BOOST_AUTO_TEST_CASE(nested_user_namespaces) {
  for (const Row& row : kRows) {
    BOOST_TEST_CONTEXT("caller in " << int{row.caller_ns} << " as " << row.euid << " cap "
                                    << row.cap << ", netns of " << int{row.net_ns}) {
      World world = tree();
      world.caller.user_ns = row.caller_ns;
      world.caller.euid = row.euid;
      world.caller.caps = row.cap ? uint64_t{1} << kCAP_NET_RAW : 0;
      world.net_user_ns = row.net_ns;
      const char* raw = row.allowed ? "0 created" : "EPERM raw_needs_net_raw";
      const char* packet = row.allowed ? "0 created" : "EPERM packet_needs_net_raw";
      BOOST_TEST(words(verdict_of(world, inet(kSOCK_RAW, 1))) == raw);
      BOOST_TEST(words(verdict_of(world, inet6(kSOCK_RAW, 58))) == raw);
      BOOST_TEST(words(verdict_of(world, inet(kSOCK_PACKET, 0))) == packet);
      // all the others never ask
      BOOST_TEST(words(verdict_of(world, inet(kSOCK_STREAM, 0))) == "0 created");
    }
  }
}

// The capability that is asked, and where: one question, for raw sockets only.
BOOST_AUTO_TEST_CASE(what_is_asked) {
  World world = tree();
  world.net_user_ns = 2;
  Kernel k(world);
  (void)k.call(inet(kSOCK_RAW, 1));
  size_t asked = 0;
  for (const Step& step : k.trace()) {
    if (step.kind != StepKind::capable) continue;
    ++asked;
    BOOST_TEST(step.a == kCAP_NET_RAW);
    BOOST_TEST(step.b == 2);
    BOOST_TEST(step.result == 0);
  }
  BOOST_TEST(asked == 1u);
  (void)k.call(inet(kSOCK_DGRAM, 0));
  BOOST_TEST(steps_named(k, StepKind::capable).empty());
}

struct Context {
  const char* name;
  const char* raw;
  const char* ping;
  const char* tcp;
};

constexpr const char *kOk = "0 created", *kNoCap = "EPERM raw_needs_net_raw",
                     *kNoGroup = "EACCES ping_group";

const Context kContexts[] = {
    {"root", kOk, kNoGroup, kOk},
    {"nobody", kNoCap, kNoGroup, kOk},
    {"net-raw-only", kOk, kNoGroup, kOk},
    {"all-but-net-raw", kNoCap, kNoGroup, kOk},
    {"root-uid-no-caps", kNoCap, kNoGroup, kOk},
    {"userns-root", kOk, kNoGroup, kOk},
    {"userns-root-host-net", kNoCap, kNoGroup, kOk},
    {"netns-owner", kOk, kNoGroup, kOk},
    {"ping-gid", kNoCap, kOk, kOk},
    {"ping-egid", kNoCap, kOk, kOk},
    {"ping-supplementary", kNoCap, kOk, kOk},
    {"ping-out", kNoCap, kNoGroup, kOk},
    {"mptcp-off", kOk, kNoGroup, kOk},
    {"no-fd", "EMFILE fd_available", kNoGroup, "EMFILE fd_available"},
    {"pmtu-0", kOk, kNoGroup, kOk},
    {"pmtu-1", kOk, kNoGroup, kOk},
    {"pmtu-2", kOk, kNoGroup, kOk},
    {"pmtu-3", kOk, kNoGroup, kOk},
    {"cgroup-deny", "EPERM cgroup_sock_create", kNoGroup, "EPERM cgroup_sock_create"},
    {"lsm-deny-create", "EACCES lsm_socket_create", "EACCES lsm_socket_create",
     "EACCES lsm_socket_create"},
    {"lsm-deny-post-create", "EACCES lsm_socket_post_create", kNoGroup,
     "EACCES lsm_socket_post_create"},
    {"lsm-deny-alloc", "ENOMEM lsm_sk_alloc", "ENOMEM lsm_sk_alloc", "ENOMEM lsm_sk_alloc"},
    {"file-max", kNoCap, kNoGroup, "ENFILE file_max"},
};

BOOST_AUTO_TEST_CASE(caller_contexts) {
  BOOST_TEST(std::size(kContexts) == contexts().size());
  for (const Context& row : kContexts) {
    BOOST_TEST_CONTEXT(row.name) {
      const World world = world_of("6.12", row.name);
      BOOST_TEST(words(verdict_of(world, inet(kSOCK_RAW, 1))) == row.raw);
      BOOST_TEST(words(verdict_of(world, inet(kSOCK_DGRAM, 1))) == row.ping);
      BOOST_TEST(words(verdict_of(world, inet(kSOCK_STREAM, 0))) == row.tcp);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_context_has_a_row) {
  for (const ContextRow& context : contexts()) {
    bool found = false;
    for (const Context& row : kContexts) found = found || context.name == row.name;
    BOOST_TEST(found, context.name);
  }
}

// -- ping_group_range

struct Ping {
  int64_t low, high;
  uint32_t egid;
  std::vector<uint32_t> groups;
  bool allowed;
};

const Ping kPings[] = {
    {1, 0, 0, {}, false},  // the default: nobody, not even root
    {0, 0, 0, {}, true},
    {1000, 1000, 1000, {}, true},
    {1000, 1000, 999, {}, false},
    {1000, 1000, 1001, {}, false},
    {1000, 2000, 2000, {}, true},  // both ends belong to it
    {1000, 2000, 1000, {}, true},
    {1000, 2000, 2001, {}, false},
    {1000, 2000, 5, {1500}, true},  // a supplementary group
    {1000, 2000, 5, {6, 7, 2000}, true},
    {1000, 2000, 5, {6, 7, 2001}, false},
    {0, 4294967294, 4294967294u, {}, true},
    {2, 1, 1, {1, 2}, false},  // empty range
};

BOOST_AUTO_TEST_CASE(ping_group_range) {
  for (const Ping& row : kPings) {
    for (const uint64_t caps : {uint64_t{0}, kAllCaps}) {
      World world = world_of("6.12");
      world.caller.caps = caps;
      world.caller.egid = row.egid;
      world.caller.group_count = static_cast<uint8_t>(row.groups.size());
      for (size_t i = 0; i < row.groups.size(); ++i) world.caller.groups[i] = row.groups[i];
      set_sysctl(world, Sysctl::ping_group_range, row.low, row.high);
      BOOST_TEST_CONTEXT(row.low << ' ' << row.high << " egid " << row.egid) {
        const char* answer = row.allowed ? "0 created" : "EACCES ping_group";
        BOOST_TEST(words(verdict_of(world, inet(kSOCK_DGRAM, 1))) == answer);
        BOOST_TEST(words(verdict_of(world, inet6(kSOCK_DGRAM, 58))) == answer);
      }
    }
  }
}

// Neither the real group, which the model does not even know, nor fsgid counts.
BOOST_AUTO_TEST_CASE(fsgid_does_not_count) {
  World world = world_of("6.12", "nobody");
  set_sysctl(world, Sysctl::ping_group_range, 2000, 2000);
  world.caller.fsgid = 2000;
  BOOST_TEST(words(verdict_of(world, inet(kSOCK_DGRAM, 1))) == kNoGroup);
}

// The sock is complete before its group is looked at, and gone afterwards.
BOOST_AUTO_TEST_CASE(a_refused_ping_sock_existed) {
  Kernel k(world_of("6.12"));
  const Balance before = k.balance();
  BOOST_TEST(words(k.call(inet(kSOCK_DGRAM, 1))) == kNoGroup);
  for (const char* name : {"sk_alloc", "sock_init_data", "inet_create", "ping_init_sock"})
    BOOST_TEST(has_step(k, StepKind::init, name), name);
  BOOST_TEST(has_step(k, StepKind::release, "sk_common_release"));
  BOOST_TEST((k.balance() == before));
}

// CVE-2014-2851: until 3.14 each ping socket leaks a reference to the caller's groups.
BOOST_AUTO_TEST_CASE(group_info_leak) {
  struct Leak {
    const char* release;
    int leaked;
  };
  for (const Leak& row : {Leak{"3.12", 3}, Leak{"3.12.18", 3}, Leak{"3.12.19", 0}, Leak{"3.14", 3},
                          Leak{"3.15", 0}, Leak{"7.3", 0}}) {
    BOOST_TEST_CONTEXT(row.release) {
      World world = world_of(row.release);
      world.caller.egid = 5;
      Kernel k(world);
      const auto ask_with = [&](int64_t low, int64_t high) {
        k.set_sysctl(Sysctl::ping_group_range, {{low, high, 0}});
        const Verdict v = k.call(inet(kSOCK_DGRAM, 1));
        k.close(v.fd);
        BOOST_TEST(v.hazards.has(Hazard::leaked_group_info) == (row.leaked != 0));
      };
      ask_with(1, 0);  // refused
      ask_with(5, 5);  // allowed by the effective group
      Caller caller = world.caller;
      caller.groups[0] = 9;
      caller.group_count = 1;
      k.set_caller(caller);
      ask_with(9, 9);  // by a supplementary one
      BOOST_TEST(k.balance().group_refs == row.leaked);
    }
  }
}

// The system's own header says the numbers.
// 14 never comes to rest here:
// clang-format off
#define ALL(X) \
    X(CHOWN) X(DAC_OVERRIDE) X(DAC_READ_SEARCH) X(FOWNER) X(FSETID) X(KILL) X(SETGID) \
    X(SETUID) X(SETPCAP) X(LINUX_IMMUTABLE) X(NET_BIND_SERVICE) X(NET_BROADCAST) \
    X(NET_ADMIN) X(NET_RAW) X(IPC_LOCK) X(IPC_OWNER) X(SYS_MODULE) X(SYS_RAWIO) \
    X(SYS_CHROOT) X(SYS_PTRACE) X(SYS_PACCT) X(SYS_ADMIN) X(SYS_BOOT) X(SYS_NICE) \
    X(SYS_RESOURCE) X(SYS_TIME) X(SYS_TTY_CONFIG) X(MKNOD) X(LEASE) X(AUDIT_WRITE) \
    X(AUDIT_CONTROL) X(SETFCAP) X(MAC_OVERRIDE) X(MAC_ADMIN) X(SYSLOG) X(WAKE_ALARM) \
    X(BLOCK_SUSPEND) X(AUDIT_READ) X(PERFMON) X(BPF) X(CHECKPOINT_RESTORE)
// clang-format on
BOOST_AUTO_TEST_CASE(capabilities_have_the_headers_numbers) {
  const std::pair<const char*, int> rows[] = {
#define X(name) {"CAP_" #name, CAP_##name},
      ALL(X)
#undef X
  };
  BOOST_TEST(std::size(rows) == capability_symbols().size());
  for (const auto& [name, number] : rows) {
    const Symbol* symbol = find_symbol(capability_symbols(), name);
    BOOST_REQUIRE_MESSAGE(symbol != nullptr, name);
    BOOST_TEST(symbol->number == number, name);
  }
}

}  // namespace
}  // namespace sockoracle::test
