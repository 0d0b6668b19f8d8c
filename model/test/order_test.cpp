// SPDX-License-Identifier: GPL-2.0-only
// Where several things are wrong at once, the earliest decision answers: every pair of faults that
// can be wrong together, on releases old and new. The order is the kernel's, as in rules.def.
#include <optional>
#include <set>
#include <string>

#include "model/module.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

constexpr int32_t kAny = -12345;

// Which allocation fails: by name, by name and occurrence, the sock itself, the last one, or none.
constexpr const char *kNone = "", *kSock = "(sock)", *kLast = "(last)",
                     *kInnerInode = "sock_inode_cache#2";

struct Fault {
  Rule rule;
  int32_t error;
  const char* since;
  const char* until;
  // What the call must be for it; kAny = does not matter.
  int32_t flags, family, type, protocol;
  const char* allocation;
  void (*world)(World&);
  void (*kernel)(Kernel&);
};

void nothing(World&) {}
void leave(Kernel&) {}
void no_caps(World& w) { w.caller.caps = 0; }
void lsm_create(World& w) { w.policies.lsm_socket_create = kEACCES; }
void lsm_post_create(World& w) { w.policies.lsm_socket_post_create = kEACCES; }
void lsm_alloc(World& w) { w.policies.lsm_sk_alloc = kEACCES; }
void cgroup_deny(World& w) { w.policies.cgroup_sock_create = kEPERM; }
void no_ping(World& w) { set_sysctl(w, Sysctl::ping_group_range, 1, 0); }
void no_mptcp(World& w) { set_sysctl(w, Sysctl::mptcp_enabled, 0); }
void no_fds(World& w) { w.limits.fds_left = 0; }
void no_files(World& w) {
  w.limits.files_left = 0;
  w.caller.caps &= ~(uint64_t{1} << kCAP_SYS_ADMIN);
}
void loadable_ipv6(World& w) { set_provider(w, Provider::ipv6, Presence::loaded); }
void ipv6_going(Kernel& k) { module_of(k, Provider::ipv6).going = true; }
void sctp_going(Kernel& k) { module_of(k, Provider::sctp).going = true; }
int refuse(Kernel&, sock&) { return -kEADDRINUSE; }
void raw_hash_refuses(Kernel& k) { proto_of(k, ProtoId::raw).hash = refuse; }

// In the kernel's order.
const Fault kFaults[] = {
    {Rule::type_flags, kEINVAL, "", "", 0x10000, kAny, kAny, kAny, kNone, nothing, leave},
    {Rule::family_range, kEAFNOSUPPORT, "", "", kAny, 9999, kAny, kAny, kNone, nothing, leave},
    {Rule::family_range, kEAFNOSUPPORT, "", "", kAny, -1, kAny, kAny, kNone, nothing, leave},
    {Rule::type_range, kEINVAL, "", "", kAny, kAny, 15, kAny, kNone, nothing, leave},
    {Rule::type_range, kEINVAL, "", "", kAny, kAny, 11, kAny, kNone, nothing, leave},
    {Rule::lsm_socket_create, kEACCES, "", "", kAny, kAny, kAny, kAny, kNone, lsm_create, leave},
    {Rule::sock_alloc_inode, kENFILE, "", "", kAny, kAny, kAny, kAny, "sock_inode_cache", nothing,
     leave},
    {Rule::family_registered, kEAFNOSUPPORT, "", "", kAny, 0, kAny, kAny, kNone, nothing, leave},
    {Rule::family_module_live, kEAFNOSUPPORT, "", "7.1", kAny, 10, kAny, kAny, kNone, loadable_ipv6,
     ipv6_going},
    {Rule::packet_needs_net_raw, kEPERM, "", "", kAny, 2, 10, kAny, kNone, no_caps, leave},
    {Rule::packet_needs_net_raw, kEPERM, "", "", kAny, 17, kAny, kAny, kNone, no_caps, leave},
    {Rule::packet_type, kESOCKTNOSUPPORT, "", "", kAny, 17, 1, kAny, kNone, nothing, leave},
    {Rule::protocol_range, kEINVAL, "4.4", "", kAny, 2, kAny, 999, kNone, nothing, leave},
    {Rule::protocol_range, kEINVAL, "4.4", "", kAny, 10, kAny, -1, kNone, nothing, leave},
    {Rule::type_has_protocols, kESOCKTNOSUPPORT, "", "", kAny, 2, 7, kAny, kNone, nothing, leave},
    {Rule::type_has_protocols, kESOCKTNOSUPPORT, "", "", kAny, 10, 4, kAny, kNone, nothing, leave},
    {Rule::protocol_known, kEPROTONOSUPPORT, "", "", kAny, 2, 3, 0, kNone, nothing, leave},
    {Rule::protocol_known, kEPROTONOSUPPORT, "", "", kAny, 2, 1, 17, kNone, nothing, leave},
    {Rule::raw_needs_net_raw, kEPERM, "", "", kAny, 2, 3, kAny, kNone, no_caps, leave},
    {Rule::raw_needs_net_raw, kEPERM, "", "", kAny, 10, 3, kAny, kNone, no_caps, leave},
    {Rule::sk_alloc_object, kENOBUFS, "", "5.14", kAny, 2, kAny, kAny, kSock, nothing, leave},
    {Rule::sk_alloc_object, kENOMEM, "5.14", "", kAny, 2, kAny, kAny, kSock, nothing, leave},
    {Rule::lsm_sk_alloc, kENOBUFS, "", "5.14", kAny, 2, kAny, kAny, kNone, lsm_alloc, leave},
    {Rule::lsm_sk_alloc, kENOMEM, "5.14", "", kAny, 2, kAny, kAny, kNone, lsm_alloc, leave},
    {Rule::prot_module_live, kENOBUFS, "", "5.14", kAny, 2, 1, 132, kNone, nothing, sctp_going},
    {Rule::prot_module_live, kENOMEM, "5.14", "", kAny, 2, 1, 132, kNone, nothing, sctp_going},
    {Rule::sk_alloc_object, kENOBUFS, "", "", kAny, 2, 10, kAny, kSock, nothing, leave},
    {Rule::lsm_sk_alloc, kENOBUFS, "", "", kAny, 17, 3, kAny, kNone, lsm_alloc, leave},
    {Rule::packet_alloc, kENOBUFS, "3.14", "", kAny, 2, 10, kAny, "packet_alloc_pending", nothing,
     leave},
    {Rule::prot_hash, kEADDRINUSE, "4.6", "", kAny, 2, 3, kAny, kNone, nothing, raw_hash_refuses},
    {Rule::ping_group, kEACCES, "", "", kAny, 2, 2, 1, kNone, no_ping, leave},
    {Rule::mptcp_enabled, kENOPROTOOPT, "5.6", "", kAny, 2, 1, 262, kNone, no_mptcp, leave},
    {Rule::mptcp_mib, kENOMEM, "5.7", "", kAny, 2, 1, 262, "mptcp_mib_alloc", nothing, leave},
    {Rule::mptcp_subflow, kENFILE, "5.9", "6.4", kAny, 2, 1, 262, kInnerInode, nothing, leave},
    {Rule::udp_producer_queue, kENOMEM, "6.18", "", kAny, 2, 2, 17, "udp_prod_queue", nothing,
     leave},
    {Rule::sctp_memory, kENOMEM, "", "", kAny, 2, 1, 132, "sctp_endpoint", nothing, leave},
    {Rule::dccp_memory, kENOMEM, "", "6.16", kAny, 2, 6, 33, "dccp_feat short_seqnos", nothing,
     leave},
    {Rule::smc_clcsock, kENFILE, "6.11", "", kAny, 2, 1, 256, kInnerInode, nothing, leave},
    {Rule::cgroup_sock_create, kEPERM, "4.10", "", kAny, 2, kAny, kAny, kNone, cgroup_deny, leave},
    {Rule::lsm_socket_post_create, kEACCES, "", "", kAny, kAny, kAny, kAny, kNone, lsm_post_create,
     leave},
    {Rule::fd_available, kEMFILE, "", "", kAny, kAny, kAny, kAny, kNone, no_fds, leave},
    {Rule::file_max, kENFILE, "", "", kAny, kAny, kAny, kAny, kNone, no_files, leave},
    {Rule::file_memory, kENOMEM, "", "", kAny, kAny, kAny, kAny, kLast, nothing, leave},
};

// One argument both agree on, or nothing when they do not.
std::optional<int32_t> agree(int32_t a, int32_t b) {
  if (a == kAny) return b;
  return b == kAny || b == a ? std::optional(a) : std::nullopt;
}

int32_t or_else(int32_t value, int32_t usual) { return value == kAny ? usual : value; }

// A protocol that reaches far with that family and type.
int32_t usual_protocol(int32_t family, int32_t type) {
  if (type == kSOCK_RAW) return 1;
  if (type == kSOCK_DCCP && family == kAF_INET) return 33;
  return 0;
}

std::optional<Call> call_for(const Fault& a, const Fault& b) {
  const auto flags = agree(a.flags, b.flags), family = agree(a.family, b.family),
             type = agree(a.type, b.type), protocol = agree(a.protocol, b.protocol);
  if (!flags || !family || !type || !protocol) return std::nullopt;
  const int32_t f = or_else(*family, kAF_INET), t = or_else(*type, kSOCK_STREAM);
  return Call{Entry::socket, f, t | or_else(*flags, 0), or_else(*protocol, usual_protocol(f, t))};
}

World good_world(Release release) {
  World world = world_of(release);
  set_optional(world, Presence::loaded);
  open_ping(world);
  return world;
}

// The number that an allocation has among the fallible steps, when nothing is wrong; 0 = it is
// never reached.
int fallible_number(Release release, const Call& call, std::string allocation) {
  if (allocation == kNone) return 0;
  int occurrence = 1;
  if (const size_t hash = allocation.find('#'); hash != std::string::npos) {
    occurrence = std::stoi(allocation.substr(hash + 1));
    allocation.resize(hash);
  }
  Kernel k(good_world(release));
  const Verdict clean = k.call(call);
  int latest = 0;
  for (const Step& step : k.trace()) {
    // the sock is what is cleared first
    if (step.kind == StepKind::clear && allocation == kSock) return latest;
    if (step.kind != StepKind::alloc) continue;
    latest = step.a;
    if (step.what == allocation && --occurrence == 0) return latest;
  }
  // A call that is wrong by itself never gets to its last allocation, the file.
  return allocation == kLast && clean.error == 0 ? latest : 0;
}

Verdict run(Release release, const Call& call, const std::vector<const Fault*>& faults) {
  World world = good_world(release);
  std::vector<int> numbers;
  for (const Fault* fault : faults) {
    fault->world(world);
    const int number = fallible_number(release, call, fault->allocation);
    if (number != 0) numbers.push_back(number);
  }
  set_faults(world, numbers);
  Kernel k(world);
  for (const Fault* fault : faults) fault->kernel(k);
  return k.call(call);
}

bool holds(const Fault& fault, Release release) {
  return between(release, fault.since, fault.until);
}

// The call alone is the fault.
bool is_call(const Fault& fault) {
  return fault.world == nothing && fault.kernel == leave &&
         std::string_view(fault.allocation) == kNone;
}

// SOCK_PACKET is rewritten to AF_PACKET, whose create function has its own decisions.
bool goes_to_packet(const Call& call) {
  return call.family == kAF_PACKET ||
         (call.family == kAF_INET && (call.type & kSOCK_TYPE_MASK) == kSOCK_PACKET);
}

bool only_inet_decides(const Fault& fault) {
  const Rule rule = fault.rule;
  if (rule == Rule::sk_alloc_object || rule == Rule::lsm_sk_alloc) return fault.type == kAny;
  return rule == Rule::protocol_range || rule == Rule::cgroup_sock_create;
}

const char* const kReleases[] = {"3.12", "4.3",  "4.4", "4.6",  "4.10", "5.6",  "5.9",
                                 "5.13", "5.14", "6.3", "6.11", "6.12", "6.18", "7.3"};

BOOST_AUTO_TEST_CASE(each_fault_alone) {
  for (const char* name : kReleases) {
    const Release release = at(name);
    for (const Fault& fault : kFaults) {
      if (!holds(fault, release)) continue;
      const std::optional<Call> call = call_for(fault, fault);
      BOOST_TEST_CONTEXT(name << " " << row(fault.rule).name) {
        const Verdict v = run(release, *call, {&fault});
        BOOST_TEST(words(v) == words(error_word(fault.error), row(fault.rule).name));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_pair) {
  std::set<Rule> met;
  size_t pairs = 0;
  for (const char* name : kReleases) {
    const Release release = at(name);
    for (size_t i = 0; i < std::size(kFaults); ++i)
      for (size_t j = i + 1; j < std::size(kFaults); ++j) {
        const Fault &early = kFaults[i], &late = kFaults[j];
        if (early.rule == late.rule || !holds(early, release) || !holds(late, release)) continue;
        const std::optional<Call> call = call_for(early, late);
        if (!call) continue;
        if (goes_to_packet(*call) && (only_inet_decides(early) || only_inet_decides(late)))
          continue;
        // Without the early one the late one answers: only then are both really wrong.
        if (!is_call(early) && words(run(release, *call, {&late})) !=
                                   words(error_word(late.error), row(late.rule).name))
          continue;
        const Verdict v = run(release, *call, {&early, &late});
        ++pairs;
        met.insert({early.rule, late.rule});
        if (v.rule == early.rule && v.error == early.error) continue;
        BOOST_ERROR(name << ": " << row(early.rule).name << " and " << row(late.rule).name
                         << " at once: " << words(v));
      }
  }
  BOOST_TEST(pairs > 2000u);
  for (const Fault& fault : kFaults)
    BOOST_TEST(met.count(fault.rule) == 1u, row(fault.rule).name << " is in no pair");
}

// The dentry is allocated before fs.file-max is looked at, the file after it
// (fs/file_table.c:alloc_file_pseudo, alloc_empty_file, v6.12).
BOOST_AUTO_TEST_CASE(file_max_lies_between_dentry_and_file) {
  const Release release = at("6.12");
  const Call tcp = inet(kSOCK_STREAM, 0);
  World world = good_world(release);
  no_files(world);
  set_faults(world, {fallible_number(release, tcp, "dentry")});
  BOOST_TEST(words(verdict_of(world, tcp)) == "ENOMEM file_memory");
  set_faults(world, {fallible_number(release, tcp, "filp")});
  BOOST_TEST(words(verdict_of(world, tcp)) == "ENFILE file_max");
}

// net/socket.c:sock_alloc_file since 4.15, sock_map_fd before; seen in the function graphs of 5.10
// to 7.3 with a full file table.
BOOST_AUTO_TEST_CASE(socket_and_descriptor_without_a_file) {
  for (const Release release : all_releases()) {
    Kernel k(world_of(release, "file-max"));
    BOOST_TEST(words(k.call(inet(kSOCK_STREAM, 0))) == "ENFILE file_max");
    int at = 0, released = 0, given_back = 0;
    for (const Step& step : k.trace()) {
      ++at;
      if (step.what.ends_with("sock_release")) released = at;
      if (step.what == "put_unused_fd") given_back = at;
    }
    BOOST_TEST(released != 0);
    BOOST_TEST((released < given_back) == between(release, "4.15", ""), name_of(release));
  }
}

// The chains seen on a running 6.18.
struct Chain {
  Call call;
  const char* context;
  const char* answer;
};

const Chain kChains[] = {
    {{Entry::socket, -1, 0x10001, 0}, "root", "EINVAL type_flags"},
    {{Entry::socket, 9999, 15, 0}, "root", "EAFNOSUPPORT family_range"},
    {{Entry::socket, 0, 15, 0}, "root", "EINVAL type_range"},
    {{Entry::socket, 0, 7, 999}, "root", "EAFNOSUPPORT family_registered"},
    {{Entry::socket, 2, 7, 999}, "root", "EINVAL protocol_range"},
    {{Entry::socket, 2, 3, 999}, "nobody", "EINVAL protocol_range"},
    {{Entry::socket, 2, 3, 0}, "nobody", "EPROTONOSUPPORT protocol_known"},
    {{Entry::socket, 2, 10, 999}, "nobody", "EPERM packet_needs_net_raw"},
    {{Entry::socket, 2, 10, kMin}, "root", "0 created"},
};

BOOST_AUTO_TEST_CASE(chains_of_a_running_kernel) {
  for (const Chain& row : kChains)
    BOOST_TEST(words(verdict_of(world_of("6.18", row.context), row.call)) == row.answer);
}

// Denied ping group and a BPF program that denies: EACCES, and the program is not run.
BOOST_AUTO_TEST_CASE(bpf_does_not_run_after_a_failed_init) {
  World world = world_of("6.18", "cgroup-deny");
  Kernel k(world);
  BOOST_TEST(words(k.call(inet(kSOCK_DGRAM, kIPPROTO_ICMP))) == "EACCES ping_group");
  BOOST_TEST(!has_step(k, StepKind::bpf, "BPF_CGROUP_INET_SOCK_CREATE"));
  BOOST_TEST(words(k.call(inet(kSOCK_DGRAM, 0))) == "EPERM cgroup_sock_create");
  BOOST_TEST(has_step(k, StepKind::bpf, "BPF_CGROUP_INET_SOCK_CREATE"));
}

}  // namespace
}  // namespace sockoracle::test
