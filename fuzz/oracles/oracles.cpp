// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/oracles/oracles.h"

#include <cstdio>

#include "fuzz/oracles/boots.h"
#include "fuzz/oracles/bugs.h"
#include "fuzz/oracles/sweep.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle::fuzz {
Finding found(Oracle oracle, Rule rule, std::string_view what, int64_t expected, int64_t got) {
  Finding finding;
  finding.oracle = oracle;
  finding.rule = rule;
  finding.what = what;
  finding.expected = expected;
  finding.got = got;
  return finding;
}

namespace {

struct Tally {
  uint64_t calls = 0;
  ~Tally() {
    if (calls != 0)
      std::fprintf(stderr, "checked: %llu model calls\n", static_cast<unsigned long long>(calls));
  }
};

}  // namespace

void count_calls(uint64_t calls) {
  static Tally tally;
  tally.calls += calls;
}

namespace {

// A file's dentry is allocated before fs.file-max is looked at, and after nothing else that can
// refuse: where both fail, memory answers.
size_t rank(Rule rule) {
  return static_cast<size_t>(rule == Rule::file_memory ? Rule::file_max : rule);
}

Verdict call_and_close(Kernel& k, const Call& call) {
  const Verdict verdict = k.call(call);
  count_calls();
  if (verdict.fd >= 0) k.close(verdict.fd);
  return verdict;
}

// What a call sees of a kernel that earlier calls have changed: modules that came, MPTCP's
// counters.
bool is_fresh(const Kernel& k, const World& world) {
  return !k.changed() && k.objects().current_net.mptcp_statistics == world.mib_ready;
}

uint32_t scatter(uint32_t n) {
  n = (n ^ (n >> 16)) * 0x45d9f3bu;
  return n ^ (n >> 15);
}

}  // namespace

MaybeFinding check_precedence(const Case& c, const Facts& facts, const Verdict& verdict) {
  const Expected expected = expected_answer(c, facts);
  if (verdict.rule != expected.rule)
    return found(Oracle::precedence, verdict.rule, "rule (as its number in model/rules.def)",
                 static_cast<int64_t>(expected.rule), static_cast<int64_t>(verdict.rule));
  if (verdict.error != expected.error)
    return found(Oracle::precedence, verdict.rule, "errno", expected.error, verdict.error);
  return {};
}

MaybeFinding check_hazards(const World& world, const Verdict& verdict) {
  Hazard which{};
  if (!inadmissible(world, verdict.hazards, verdict.rule, &which)) return {};
  Finding finding =
      found(Oracle::balance, verdict.rule, "hazard of a bug that the world has not", 0, 1);
  finding.hazard = which;
  return finding;
}

MaybeFinding check_balance(const Balance& before, const Balance& after, HazardSet known,
                           Rule rule) {
  const struct {
    std::string_view what;
    int64_t before, after;
    bool known;
  } rows[] = {
      {"slab and kmalloc objects", before.objects, after.objects, known.has(Hazard::leaked_sock)},
      {"module references", before.module_refs, after.module_refs, known.has(Hazard::leaked_sock)},
      {"netns references", before.net_refs, after.net_refs, known.has(Hazard::leaked_sock)},
      {"sockets in use", before.inuse, after.inuse, known.has(Hazard::leaked_sock)},
      {"group references", before.group_refs, after.group_refs,
       known.has(Hazard::leaked_group_info)},
      {"descriptors", before.fds, after.fds, false},
  };
  for (const auto& row : rows) {
    // A known leak only ever leaves more behind.
    if (row.before == row.after || (row.known && row.after > row.before)) continue;
    return found(Oracle::balance, rule, row.what, row.before, row.after);
  }
  return {};
}

MaybeFinding check_fault(const World& world, const Facts& facts, const Verdict& clean,
                         const Verdict& faulted) {
  if (faulted.rule == clean.rule && faulted.error == clean.error && !is_fault_rule(clean.rule)) {
    // Only UDP-Lite goes on after a failed step, until 6.19: it forgets to look.
    if (faulted.hazards.has(Hazard::null_prod_queue) && admits(world, Hazard::null_prod_queue))
      return {};
    return found(Oracle::fault, clean.rule, "a step failed and the answer is the same", -1,
                 faulted.error);
  }
  if (rank(faulted.rule) > rank(clean.rule))
    return found(Oracle::fault, faulted.rule, "a failed step answers after a rule that refuses",
                 static_cast<int64_t>(clean.rule), static_cast<int64_t>(faulted.rule));
  if (!is_fault_rule(faulted.rule))
    return found(Oracle::fault, faulted.rule, "a failed step is answered by a rule of other facts",
                 static_cast<int64_t>(clean.rule), static_cast<int64_t>(faulted.rule));
  const int32_t error = expected_error(faulted.rule, world, facts);
  if (error > 0 ? faulted.error != error : !may_answer(faulted.rule, faulted.error, world))
    return found(Oracle::fault, faulted.rule, "errno of the failed step", error, faulted.error);
  return {};
}

MaybeFinding check_state(const Kernel& k, const Facts& facts, const Verdict& v) {
  const struct socket* sock = k.lookup(v.fd);
  if (sock == nullptr) return found(Oracle::state, v.rule, "the descriptor has a socket", 1, 0);
  if (sock->sk == nullptr) return found(Oracle::state, v.rule, "sock->sk", 1, 0);
  const struct sock& sk = *sock->sk;
  const int64_t wide = k.has(Behaviour::sk_protocol_16bit) ? 0xffff : 0xff;
  const bool packet = facts.family == kAF_PACKET;
  // So does a hash table, and so does the endpoint of SCTP, and MPTCP's first subflow where init
  // makes one.
  const bool carries = (facts.proto == ProtoId::mptcp || facts.proto == ProtoId::mptcpv6) &&
                       k.has(Behaviour::mptcp_subflow_in_init);
  const bool held = sk.sk_node_pprev != nullptr || facts.proto == ProtoId::sctp ||
                    facts.proto == ProtoId::sctpv6 || carries;
  // A packet socket with a protocol is on the list of its receivers at once.
  const bool receives = packet && (facts.resolved & 0xffff) != 0;
  const bool queue_cleared = k.has(Behaviour::tx_queue_clear_in_prot_alloc) ||
                             k.has(Behaviour::tx_queue_clear_in_sk_alloc);
  constexpr int32_t kSMC_INIT = 2;  // net/smc/smc.h
  const bool smc = facts.proto == ProtoId::smc || facts.proto == ProtoId::smc6;
  // RHEL 8 has MPTCP under 66 inside.
  const bool rhel8 = k.has(Behaviour::rhel8_mptcp_alias) && facts.resolved == kIPPROTO_MPTCP;
  const struct {
    std::string_view what;
    int64_t expected, got;
  } rows[] = {
      {"sk_family", facts.family, sk.sk_family},
      {"sk_type", facts.type, sk.sk_type},
      {"sk_protocol",
       packet  ? 0
       : rhel8 ? 66
               : facts.resolved & wide,
       sk.sk_protocol.number},
      {"sk_prot", static_cast<int64_t>(facts.proto.value_or(ProtoId::tcp)),
       static_cast<int64_t>(sk.sk_prot->id)},
      {"sk_prot_creator == sk_prot", 1, sk.sk_prot_creator == sk.sk_prot},
      {"sk_socket == sock", 1, sk.sk_socket == sock},
      {"sk_refcnt", 1 + (held ? 1 : 0) + (receives ? 1 : 0), sk.sk_refcnt},
      {"sk_wmem_alloc", 1, sk.sk_wmem_alloc},
      {"sk_state", smc ? kSMC_INIT : kTCP_CLOSE, sk.sk_state},
      {"sk_err", 0, sk.sk_err},
      {"sk_net is the caller's", 1, sk.sk_net == &k.objects().current_net},
      {"state", SS_UNCONNECTED, sock->state},
      {"sk_tx_queue_mapping", queue_cleared ? -1 : 0, sk.sk_tx_queue_mapping},
      {"ops->family", facts.family, sock->ops->family},
      {"skc_num of a raw socket", facts.type == kSOCK_RAW && !packet ? facts.resolved & 0xffff : 0,
       facts.type == kSOCK_RAW && !packet ? sk.skc_num.number : 0},
  };
  for (const auto& row : rows)
    if (row.expected != row.got)
      return found(Oracle::state, v.rule, row.what, row.expected, row.got);
  return {};
}

MaybeFinding check_equivalence(const Verdict& by_socket, const Verdict& other, Entry entry) {
  const auto differ = [&](std::string_view what) {
    return found(Oracle::equivalence, other.rule, what, static_cast<int64_t>(by_socket.rule),
                 static_cast<int64_t>(other.rule));
  };
  if (entry == Entry::socketcall) {
    const bool same = by_socket.rule == other.rule && by_socket.error == other.error &&
                      by_socket.hazards == other.hazards;
    return same ? MaybeFinding{} : differ("rule of socketcall(SYS_SOCKET)");
  }
  // What each asks in its own place.
  if (other.rule == Rule::io_uring_opcode) return {};
  if (other.rule == Rule::fd_first)
    return by_socket.rule == Rule::type_flags ? differ("rule before the descriptor")
                                              : MaybeFinding{};
  if (!row(by_socket.rule).is(RuleClass::entry))
    return by_socket.rule == other.rule && by_socket.error == other.error
               ? MaybeFinding{}
               : differ("rule of another entry point");
  if (entry == Entry::socketpair)
    return other.rule == Rule::socketpair_supported ? MaybeFinding{} : differ("socketpair's end");
  const bool at_file = other.rule == Rule::created || other.rule == Rule::file_max;
  return at_file ? MaybeFinding{} : differ("io_uring's end");
}

MaybeFinding check_range(Kernel& k, const Call& call, const Verdict& v, const PathCondition& path) {
  if (call.protocol < path.low || call.protocol > path.high)
    return found(Oracle::table, v.rule, "the range contains the protocol asked", path.low,
                 call.protocol);
  const int64_t width = path.high - path.low + 1;
  const int64_t inside = path.low + scatter(static_cast<uint32_t>(call.protocol)) % width;
  for (const int64_t protocol : {path.low, path.high, inside}) {
    if (protocol == call.protocol) continue;
    Call other = call;
    other.protocol = static_cast<int32_t>(protocol);
    const Verdict verdict = call_and_close(k, other);
    if (verdict.rule != v.rule)
      return found(Oracle::table, v.rule, "rule of another protocol of the range",
                   static_cast<int64_t>(v.rule), static_cast<int64_t>(verdict.rule));
    if (verdict.error != v.error)
      return found(Oracle::table, v.rule, "errno of another protocol of the range", v.error,
                   verdict.error);
  }
  return {};
}

MaybeFinding check_table(std::span<const TableRange> table, const Call& call, const Verdict& v) {
  int64_t next = INT32_MIN;
  for (const TableRange& range : table) {
    if (range.low != next || range.high < range.low)
      return found(Oracle::table, range.rule, "a range starts where the one before ends", next,
                   range.low);
    next = int64_t{range.high} + 1;
    if (call.protocol < range.low || call.protocol > range.high) continue;
    if (range.rule != v.rule)
      return found(Oracle::table, v.rule, "rule of the folded range", static_cast<int64_t>(v.rule),
                   static_cast<int64_t>(range.rule));
    if (range.error != v.error)
      return found(Oracle::table, v.rule, "errno of the folded range", v.error, range.error);
  }
  if (next != int64_t{INT32_MAX} + 1)
    return found(Oracle::table, v.rule, "the last range ends at INT_MAX", int64_t{INT32_MAX} + 1,
                 next);
  return {};
}

MaybeFinding check_same(const Verdict& first, const Verdict& second) {
  if (first == second) return {};
  return found(Oracle::determinism, first.rule, "errno of a second kernel", first.error,
               second.error);
}

namespace {

// Each oracle that can ask the same kernel again, on one that no call has changed.
MaybeFinding ask_again(Kernel& k, const Case& c, const Verdict& verdict,
                       const PathCondition& path) {
  const Balance before = k.balance();
  if (const MaybeFinding f = check_range(k, c.call, verdict, path)) return f;
  const bool replaced = c.world.policies.update_protocol != kUnlimited;
  if (c.world.fault_count == 0 && c.call.entry == Entry::socket && !replaced) {
    for (const Entry entry : {Entry::socketcall, Entry::io_uring, Entry::socketpair}) {
      Call call = c.call;
      call.entry = entry;
      if (const MaybeFinding f = check_equivalence(verdict, call_and_close(k, call), entry))
        return f;
    }
  }
  // Many calls later: nothing has piled up, but for what this world is known to leak.
  const HazardSet leaks = known_leaks(c.world, verdict.rule);
  return check_balance(before, k.balance(), leaks, verdict.rule);
}

}  // namespace

MaybeFinding hazard_of(const World& world, Verdict verdict, HazardSet shown,
                       const ProgramOptions& options) {
  verdict.hazards = shown;
  if (!options.hunting) return check_hazards(world, verdict);
  for (size_t i = 0; i < kHazardCount; ++i) {
    if (!shown.has(static_cast<Hazard>(i))) continue;
    // Every release has this one: known_leaks says why.
    if (static_cast<Hazard>(i) == Hazard::leaked_sock && verdict.rule == Rule::ops_module_live)
      continue;
    if (options.hunted && *options.hunted != static_cast<Hazard>(i)) continue;
    Finding finding = found(Oracle::balance, verdict.rule, "hazard", 0, 1);
    finding.hazard = static_cast<Hazard>(i);
    return finding;
  }
  return {};
}

MaybeFinding sweep(Kernel& k, const World& world, const Call& call, const Facts& facts,
                   const Verdict& clean, int32_t steps, const ProgramOptions& options) {
  MaybeFinding finding;
  for (int32_t n = 1; n <= steps && !finding; ++n) {
    k.set_fault(n);
    const Balance before = k.balance();
    const Verdict verdict = k.call(call);
    count_calls();
    // MPTCP's counters stay allocated, so that later calls have a step less.
    const bool reached = k.fallible() >= n;
    if (verdict.fd >= 0) k.close(verdict.fd);
    if (reached) finding = check_fault(world, facts, clean, verdict);
    if (!finding) finding = hazard_of(world, verdict, verdict.hazards, options);
    if (!finding)
      finding = check_balance(before, k.balance(), known_leaks(world, verdict.rule), verdict.rule);
  }
  k.set_fault(0);
  return finding;
}

namespace {

MaybeFinding check_thoroughly(const Case& c, const Verdict& verdict) {
  Kernel second(c.world);
  const CallScope quiet(second, {.tracing = false});
  if (const MaybeFinding f = check_same(verdict, second.call(c.call))) return f;
  const std::vector<TableRange> table = table_of(c.world, c.call.entry, c.call.family, c.call.type);
  return check_table(table, c.call, verdict);
}

}  // namespace

MaybeFinding check_case(const Case& asked, bool thorough) {
  const Case c{pinned(asked.world), asked.call};
  Kernel& k = boots().kernel(c.world);
  PathCondition path;
  const CallScope quiet(k, {.tracing = false});
  const Facts facts = facts_of(c);
  const Balance before = k.balance();
  const Verdict verdict = [&] {
    const CallScope asked_path(k, {.path = &path, .tracing = false});
    return k.call(c.call);
  }();
  count_calls();
  const int32_t steps = k.fallible();
  const bool faulty = c.world.fault_count != 0;
  if (verdict.error == 0) {
    if (const MaybeFinding f = check_state(k, facts, verdict)) return f;
    k.close(verdict.fd);
  }
  if (const MaybeFinding f = check_hazards(c.world, verdict)) return f;
  if (const MaybeFinding f =
          check_balance(before, k.balance(), known_leaks(c.world, verdict.rule), verdict.rule))
    return f;
  if (!faulty)
    if (const MaybeFinding f = check_precedence(c, facts, verdict)) return f;
  if (is_fresh(k, c.world))
    if (const MaybeFinding f = ask_again(k, c, verdict, path)) return f;
  if (!faulty)
    if (const MaybeFinding f = sweep(k, c.world, c.call, facts, verdict, steps)) return f;
  if (thorough) return check_thoroughly(asked, verdict);
  return {};
}

}  // namespace sockoracle::fuzz
