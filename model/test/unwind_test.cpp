// SPDX-License-Identifier: GPL-2.0-only
// Every fallible step of every kind of call fails once, on every release: the errno, and that
// nothing is left behind but what that release is known to leave. Then who clears sock->sk after a
// failure.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "model/test/support.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SOCKORACLE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SOCKORACLE_ASAN 1
#endif

namespace sockoracle::test {
namespace {

namespace ut = boost::unit_test;

struct Kind {
  const char* name;
  Call call;
  const char* since;
  const char* until;
};

const Kind kKinds[] = {
    {"tcp", inet(1, 0), "", ""},
    {"udp", inet(2, 0), "", ""},
    {"udplite", inet(2, 136), "", "7.1"},
    {"ping", inet(2, 1), "", ""},
    {"raw", inet(3, 1), "", ""},
    {"l2tp", inet(2, 115), "", ""},
    {"mptcp", inet(1, 262), "5.6", ""},
    {"smc", inet(1, 256), "6.11", ""},
    {"sctp", inet(5, 132), "", ""},
    {"dccp", inet(6, 33), "", "6.16"},
    {"packet", inet(10, 0), "", ""},
    {"tcp6", inet6(1, 0), "", ""},
    {"udp6", inet6(2, 0), "", ""},
    {"udplite6", inet6(2, 136), "", "7.1"},
    {"ping6", inet6(2, 58), "", ""},
    {"raw6", inet6(3, 58), "", ""},
    {"l2tp6", inet6(2, 115), "", ""},
    {"mptcp6", inet6(1, 262), "5.6", ""},
    {"smc6", inet6(1, 256), "6.11", ""},
    {"sctp6", inet6(5, 132), "", ""},
    {"dccp6", inet6(6, 33), "", "6.16"},
    {"tcp by io_uring", {Entry::io_uring, 2, 1, 0}, "5.19", ""},
    {"tcp pair", {Entry::socketpair, 2, 1, 0}, "", ""},
};

World world_for(Release release, Presence optional) {
  World world = world_of(release);
  set_optional(world, optional);
  open_ping(world);
  world.lsm_sk_blob = true;
  return world;
}

// What one fallible step of the clean call is, by its trace.
struct Fallible {
  std::string what;
  bool inside;  // within the init hook of MPTCP or SMC: the inner TCP socket's
  bool is_sock;
};

// Number -> step. Taking the MPTCP scheduler's module is the one that records no number.
std::map<int, Fallible> fallibles(const World& world, const Call& call) {
  std::map<int, Fallible> all;
  Kernel k(world);
  (void)k.call(call);
  int inits = 0;  // sk_alloc steps: the second sock of a call is the inner one
  const bool pair = call.entry == Entry::socketpair;
  for (const Step& step : k.trace()) {
    if (step.kind == StepKind::init && step.what == "sk_alloc") ++inits;
    if (step.kind == StepKind::clear && !all.empty()) all.rbegin()->second.is_sock = true;
    if (step.kind != StepKind::alloc) continue;
    const bool inside =
        !pair && inits >= 1 &&
        (step.what == "sock_inode_cache" || step.what == "socket_wq" || step.what == "TCP" ||
         step.what == "TCPv6" || (inits >= 2 && step.what == "security_sk_alloc"));
    all[step.a] = {std::string(step.what), inside, false};
  }
  for (int n = 1; n < k.fallible(); ++n)
    if (all.count(n) == 0) all[n] = {"mptcp_init_sched", false, false};
  return all;
}

// inet_create answered ENOBUFS until 5.13; inet6_create and packet_create still do.
const char* no_sock(Release release, const Call& call) {
  const bool packet = call.family == kAF_INET && call.type == kSOCK_PACKET;
  return call.family == kAF_INET && !packet && between(release, "5.14", "") ? "ENOMEM" : "ENOBUFS";
}

std::string expected(Release release, const Call& call, const Fallible& step) {
  const std::string_view what = step.what;
  const bool inner_sock = step.inside && (step.is_sock || what == "security_sk_alloc" ||
                                          what == "TCP" || what == "TCPv6");
  if (what == "sock_inode_cache" || what == "socket_wq") return "ENFILE";
  if (inner_sock || step.is_sock || what == "security_sk_alloc") return no_sock(release, call);
  if (what == "packet_alloc_pending") return "ENOBUFS";
  if (what == "mptcp_init_sched") return "EBUSY";
  if (what == "dccp_feat tx ccids" || what == "dccp_feat rx ccids")
    return "ENOBUFS";  // net/dccp/ccid.c:ccid_get_builtin_ccids, v6.12
  if (what == "udp_prod_queue") {
    const bool lite = call.protocol == kIPPROTO_UDPLITE;
    return lite && between(release, "6.18", "7.0") ? "0" : "ENOMEM";  // ignored by UDP-Lite
  }
  return "ENOMEM";
}

// The sock was shown to sock->sk before the step, so that its undo is what counts.
bool shown(const Kernel& k) { return has_step(k, StepKind::init, "sock_init_data"); }

// ... and it is pf->create itself that undoes it, not sock_release through the socket's ops.
bool undone_by_create(Rule rule) {
  return (rule >= Rule::prot_hash && rule <= Rule::cgroup_sock_create) ||
         rule == Rule::packet_alloc;
}

// sctp_endpoint_init took the endpoint's reference to the sock before its last allocation until 5.1
// (net/sctp/endpointola.c): nobody gives it back when that one fails.
bool leaks(Release release, const Fallible& step) {
  return step.what == "sctp_endpoint.null_key" && between(release, "", "5.2");
}

// Mainline releases: 6.9 and before leave it to nobody; packet_create is mended in 6.12.
bool dangles(Release release, const Call& call) {
  const bool packet = call.type == kSOCK_PACKET;
  return between(release, "", packet ? "6.12" : "6.10");
}

void sweep(Release release, const Kind& kind) {
  const World world = world_for(release, Presence::builtin);
  const std::map<int, Fallible> steps = fallibles(world, kind.call);
  BOOST_REQUIRE(steps.size() >= 3u);
  for (const auto& [number, step] : steps) {
    BOOST_TEST_CONTEXT("step " << number << ' ' << step.what) {
      World failing = world;
      set_faults(failing, {number});
      Kernel k(failing);
      const Balance before = k.balance();
      // A tracer that follows sock->sk is harmless exactly where nothing dangles.
      const bool safe = !dangles(release, kind.call);
      k.objects().observer = safe;
      const Verdict v = k.call(kind.call);
      const std::string got = error_word(v.error);
      BOOST_TEST(got == expected(release, kind.call, step));
      // Hazards: the CVEs of that release, nothing else.
      const bool behind = v.error != 0 && shown(k) && undone_by_create(v.rule);
      BOOST_TEST(v.hazards.has(Hazard::dangling_sock_sk) ==
                 (behind && !safe && !leaks(release, step)));
      if (v.error == 0) {
        BOOST_TEST(hazard_words(v.hazards) == "null_prod_queue");
        k.close(v.fd);
      } else {
        BOOST_TEST(!v.hazards.has(Hazard::null_prod_queue));
      }
      BOOST_TEST(v.hazards.has(Hazard::leaked_sock) == leaks(release, step));
      Balance after = k.balance();
      if (between(release, "", "3.15") && v.hazards.has(Hazard::leaked_group_info))
        after.group_refs = before.group_refs;  // CVE-2014-2851
      BOOST_TEST((after == before) == !leaks(release, step));
    }
  }
}

void sweep_release(size_t index) {
  const Release release{static_cast<uint8_t>(index), 0};
  for (const Kind& kind : kKinds) {
    if (!between(release, kind.since, kind.until)) continue;
    BOOST_TEST_CONTEXT(kind.name) { sweep(release, kind); }
  }
}

const bool kRegistered = [] {
  for (size_t i = 0; i < releases().size(); ++i)
    add_named_test("each_step_fails_once", std::string(releases()[i].name), sweep_release, i);
  return true;
}();

// Success, then close: everything is given back, on every release.
BOOST_AUTO_TEST_CASE(closing_restores_the_balance) {
  for (const Release release : all_releases())
    for (const Presence optional : {Presence::builtin, Presence::loaded, Presence::loadable})
      for (const Kind& kind : kKinds) {
        if (!between(release, kind.since, kind.until)) continue;
        BOOST_TEST_CONTEXT(name_of(release) << ' ' << kind.name) {
          Kernel k(world_for(release, optional));
          k.objects().observer = true;
          const Balance before = k.balance();
          const Verdict v = k.call(kind.call);
          if (v.error == 0) BOOST_TEST(!(k.balance() == before));
          k.close(v.fd);
          Balance after = k.balance();
          if (between(release, "", "3.15")) after.group_refs = before.group_refs;
          BOOST_TEST((after == before));
        }
      }
}

// -- sock->sk after a failure behind sock_init_data

struct Dangling {
  const char* release;
  bool inet, inet6, packet;
};

// CVE-2024-40954, CVE-2024-50186, CVE-2024-56600, -56601, -56606, with their stable releases.
const Dangling kDangling[] = {
    {"3.12", true, true, true},        {"4.10", true, true, true},
    {"5.4", true, true, true},         {"5.4.286", true, true, true},
    {"5.4.287", false, false, false},  {"5.10.230", true, true, true},
    {"5.10.231", false, false, false}, {"5.15.161", true, true, true},
    {"5.15.162", false, false, true},  {"5.15.167", false, false, true},
    {"5.15.168", false, false, false}, {"5.15.174", false, false, false},
    {"6.1.95", true, true, true},      {"6.1.96", false, false, true},
    {"6.1.113", false, false, false},  {"6.1.120", false, false, false},
    {"6.6.35", true, true, true},      {"6.6.36", false, false, true},
    {"6.6.57", false, false, false},   {"6.9", true, true, true},
    {"6.9.6", true, true, true},       {"6.9.7", false, false, true},
    {"6.10", false, false, true},      {"6.11", false, false, true},
    {"6.11.3", false, false, true},    {"6.11.4", false, false, false},
    {"6.12", false, false, false},     {"6.12.5", false, false, false},
    {"6.13", false, false, false},     {"7.3", false, false, false},
};

// Refused by the ping group: behind sock_init_data on every release.
bool dangling_after(const char* release, const Call& call, bool pending_fails) {
  World world = world_of(release);
  if (pending_fails) {
    const std::map<int, Fallible> steps = fallibles(world, call);
    for (const auto& [number, step] : steps)
      if (step.what == "packet_alloc_pending") set_faults(world, {number});
    if (world.fault_count == 0) return false;
  }
  Kernel k(world);
  const Balance before = k.balance();
  const Verdict v = k.call(call);
  BOOST_TEST(v.error != 0);
  BOOST_TEST(k.balance().objects == before.objects);
  return v.hazards.has(Hazard::dangling_sock_sk);
}

BOOST_AUTO_TEST_CASE(who_leaves_sock_sk_dangling) {
  for (const Dangling& row : kDangling) {
    BOOST_TEST_CONTEXT(row.release) {
      BOOST_TEST(dangling_after(row.release, inet(2, 1), false) == row.inet);
      BOOST_TEST(dangling_after(row.release, inet6(2, 58), false) == row.inet6);
      if (between(at(row.release), "3.14", ""))  // the counter is younger than 3.12
        BOOST_TEST(dangling_after(row.release, inet(10, 0), true) == row.packet);
    }
  }
}

// BPF denial is the last thing inet_create does: raw socks are hashed by then, and unhashed again.
BOOST_AUTO_TEST_CASE(denied_by_bpf_after_everything) {
  for (const Release release : all_releases()) {
    if (!between(release, "4.10", "")) continue;
    for (const Call& call : {inet(1, 0), inet(3, 1), inet6(3, 58)}) {
      BOOST_TEST_CONTEXT(name_of(release) << ' ' << call.family << ' ' << call.type) {
        World world = world_of(release);
        world.policies.cgroup_sock_create = kEPERM;
        Kernel k(world);
        const Balance before = k.balance();
        const Verdict v = k.call(call);
        BOOST_TEST(words(v) == "EPERM cgroup_sock_create");
        BOOST_TEST(v.hazards.has(Hazard::dangling_sock_sk) == between(release, "", "6.10"));
        const bool raw = call.type == kSOCK_RAW;
        BOOST_TEST(!steps_named(k, StepKind::hash).empty() == raw);
        BOOST_TEST(!steps_named(k, StepKind::unhash).empty() == raw);
        BOOST_TEST((k.balance() == before));
        // the release hook does not run for a sock that was never created
        BOOST_TEST(!has_step(k, StepKind::bpf, "BPF_CGROUP_INET_SOCK_RELEASE"));
      }
    }
  }
}

// Failures before sock_init_data leave sock->sk null on every release.
BOOST_AUTO_TEST_CASE(early_failures_never_dangle) {
  for (const Release release : all_releases())
    for (const Call& call : {inet(7, 0), inet(1, 17), Call{Entry::socket, 0, 1, 0}}) {
      World world = world_of(release);
      BOOST_TEST(hazard_words(verdict_of(world, call).hazards) == "");
      world.policies.lsm_sk_alloc = kEACCES;
      BOOST_TEST(hazard_words(verdict_of(world, inet(1, 0)).hazards) == "");
    }
}

// -- the tracer's look itself

void observe_a_failure(const char* release) {
  Kernel k(world_of(release));
  k.objects().observer = true;
  (void)k.call(inet(2, 1));
}

BOOST_AUTO_TEST_CASE(a_tracer_is_safe_on_mended_releases) {
  for (const char* release : {"6.10", "6.12", "6.13", "7.3", "6.1.120", "5.4.287"})
    observe_a_failure(release);
  Kernel k(world_of("6.12"));
  k.objects().observer = true;
  const Verdict v = k.call(inet(1, 0));
  k.close(v.fd);
  BOOST_TEST(k.objects().observed == uint32_t{kAF_INET});
}

boost::test_tools::assertion_result has_asan(ut::test_unit_id) {
#ifdef SOCKORACLE_ASAN
  return true;
#else
  boost::test_tools::assertion_result no(false);
  no.message() << "needs AddressSanitizer: only it sees the use after free";
  return no;
#endif
}

// What the child says on stderr, and how it ended.
std::string stderr_of_child(void (*body)(const char*), const char* argument, int* status) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    body(argument);
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char room[4096];
  for (ssize_t n = 0; (n = read(ends[0], room, sizeof room)) > 0;)
    text.append(room, static_cast<size_t>(n));
  close(ends[0]);
  BOOST_REQUIRE(waitpid(child, status, 0) == child);
  return text;
}

BOOST_AUTO_TEST_CASE(a_tracer_reads_freed_memory, *ut::precondition(has_asan)) {
  for (const char* release : {"3.12", "5.12", "6.9"}) {
    int status = 0;
    const std::string report = stderr_of_child(observe_a_failure, release, &status);
    BOOST_TEST(status != 0, release);
    BOOST_TEST(report.find("heap-use-after-free") != std::string::npos, release << report);
    BOOST_TEST(report.find("sock_release") != std::string::npos);
  }
  int status = 0;
  BOOST_TEST(stderr_of_child(observe_a_failure, "6.10", &status) == "");
  BOOST_TEST(status == 0);
}

}  // namespace
}  // namespace sockoracle::test
