// SPDX-License-Identifier: GPL-2.0-only
#include "model/explore.h"

#include <algorithm>
#include <memory>

#include "model/kernel.h"
#include "model/observables.h"
#include "model/symbols.h"
#include "model/world_facts.h"
#include "model/world_parts.h"

namespace sockoracle {
namespace {

Verdict verdict_of(const Case& c) {
  Kernel k(c.world);
  const CallScope quiet(k, {.tracing = false});
  return k.call(c.call);
}

bool same_answer(const Verdict& a, const Verdict& b) {
  return a.error == b.error && a.rule == b.rule;
}

// -- history

using Difference = WorldPart;

// The states of two releases agree where both releases have the view.
bool same_state(const State& a, Release ra, const State& b, Release rb) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    const Observable& row = observables()[i];
    if (!within(ra, row.since, row.until) || !within(rb, row.since, row.until)) continue;
    if (!(a[i] == b[i])) return false;
  }
  return true;
}

struct Reply {
  Verdict verdict;
  State state;
};

Reply reply_of(const Case& c, bool by_state) {
  if (!by_state) return {verdict_of(c), {}};
  Answer answer = ask(c);
  return {answer.verdict, std::move(answer.state)};
}

bool same_reply(const Reply& a, Release ra, const Reply& b, Release rb) {
  return same_answer(a.verdict, b.verdict) && same_state(a.state, ra, b.state, rb);
}

void add_set(std::vector<Behaviour>& list, const BehaviourSet& set) {
  for (const BehaviourRow& row : behaviours())
    if (set.has(row.id)) list.push_back(row.id);
}

// The least part of the differences that still turns the old answer into the new one.
void explain_change(Era& era, const Case& before, const Case& after, const Reply& wanted,
                    bool by_state) {
  const auto suffices = [&](const World& world) {
    const Case c{world, before.call};
    return same_reply(reply_of(c, by_state), before.world.release, wanted, after.world.release);
  };
  for (const Difference& d : least_difference(before.world, after.world, suffices)) {
    if (d.kind == Difference::Kind::behaviour)
      era.because.push_back(static_cast<Behaviour>(d.index));
    else if (d.kind == Difference::Kind::sysctl)
      add_set(era.because, default_changes(static_cast<Sysctl>(d.index), before.world.release,
                                           after.world.release));
    else if (after.world.providers[d.index] == Presence::absent)
      era.disappeared.push_back(static_cast<Provider>(d.index));
    else era.appeared.push_back(static_cast<Provider>(d.index));
  }
}

Case at_release(const Case& c, size_t index) {
  Case moved = c;
  set_release(moved.world, {static_cast<uint8_t>(index), 0});
  return moved;
}

// -- changes

bool succeeds(const Case& c) {
  const Verdict v = verdict_of(c);
  return v.error == 0 && v.rule == Rule::created;
}

// A fact that refuses calls, and its change to `value`.
Change change_of(const FactRow& row, int64_t value) {
  const auto kind = row.kind == FactKind::limit ? Change::Kind::limit : Change::Kind::policy;
  return sockoracle::change_of(kind, static_cast<size_t>(row.id), static_cast<int32_t>(value));
}

void add_call(std::vector<Change>& out, const Case& c, int32_t type, int32_t protocol) {
  Change change{};
  change.kind = Change::Kind::call;
  change.call = c.call;
  change.call.type = type;
  change.call.protocol = protocol;
  if (change.call == c.call) return;
  for (const Change& other : out)
    if (other == change) return;
  out.push_back(change);
}

void add_module(std::vector<Change>& out, const Case& c, size_t provider, Presence presence) {
  if (c.world.providers[provider] == presence) return;
  if (possible_presence(static_cast<Provider>(provider), c.world.release, presence) != presence)
    return;
  Change change = change_of(Change::Kind::module, provider);
  change.presence = presence;
  out.push_back(change);
}

void add_sysctl(std::vector<Change>& out, const Case& c, Sysctl sysctl, SysctlValue value) {
  if (c.world.sysctls[static_cast<size_t>(sysctl)] == value) return;
  Change change = change_of(Change::Kind::sysctl, static_cast<size_t>(sysctl));
  change.sysctl = value;
  out.push_back(change);
}

// Another type word or protocol that is one edit away and means something.
void add_calls(std::vector<Change>& out, const Case& c) {
  const int32_t type = c.call.type & kSOCK_TYPE_MASK;
  const int32_t flags = c.call.type & (kSOCK_CLOEXEC | kSOCK_NONBLOCK);
  if (c.call.type != (type | flags)) add_call(out, c, type | flags, c.call.protocol);
  for (const Symbol& row : type_symbols())
    if (row.number != kSOCK_PACKET) add_call(out, c, row.number | flags, c.call.protocol);
  add_call(out, c, c.call.type, 0);
  for (const Symbol& row : protocol_symbols())
    if (row.number == kIPPROTO_TCP || row.number == kIPPROTO_UDP || row.number == kIPPROTO_ICMP ||
        row.number == kIPPROTO_ICMPV6)
      add_call(out, c, c.call.type, row.number);
}

// What somebody could do to let a call through.
std::vector<Change> helpful(const Case& c) {
  std::vector<Change> out;
  const World& world = c.world;
  for (const int32_t cap : {kCAP_NET_RAW, kCAP_SYS_ADMIN})
    if ((world.caller.caps >> cap & 1) == 0)
      out.push_back(change_of(Change::Kind::capability, 0, cap));
  const auto gid = static_cast<int64_t>(world.caller.egid);
  add_sysctl(out, c, Sysctl::ping_group_range, {{gid, gid, 0}});
  add_sysctl(out, c, Sysctl::mptcp_enabled, {{1, 0, 0}});
  for (size_t i = 0; i < kProviderCount; ++i)
    if (world.providers[i] == Presence::absent) add_module(out, c, i, Presence::loadable);
  for (size_t i = 0; i < kProviderCount; ++i)
    if (world.providers[i] != Presence::builtin) add_module(out, c, i, Presence::loaded);
  for (const FactKind kind : {FactKind::policy, FactKind::limit})
    for (const FactRow& row : world_facts(kind))
      if (get(world, row.id) != row.usual) out.push_back(change_of(row, row.usual));
  if (world.fault_count != 0) out.push_back(change_of(Change::Kind::fault, 0, 0));
  add_calls(out, c);
  return out;
}

// What can go wrong, errno by errno.
std::vector<Change> harmful(const Case& c, int32_t error) {
  std::vector<Change> out;
  for (size_t i = 0; i < contexts().size(); ++i) out.push_back(change_of(Change::Kind::context, i));
  for (const FactRow& row : world_facts(FactKind::policy)) out.push_back(change_of(row, error));
  for (const FactRow& row : world_facts(FactKind::limit)) out.push_back(change_of(row, 0));
  for (int32_t n = 1; n <= 10; ++n) out.push_back(change_of(Change::Kind::fault, 0, n));
  for (size_t i = 0; i < kProviderCount; ++i)
    for (const Presence p : {Presence::absent, Presence::loaded}) add_module(out, c, i, p);
  add_sysctl(out, c, Sysctl::ping_group_range, {{1, 0, 0}});
  add_sysctl(out, c, Sysctl::mptcp_enabled, {});
  for (size_t i = 0; i < releases().size(); ++i) {
    Change change = change_of(Change::Kind::release, 0);
    change.release = {static_cast<uint8_t>(i), 0};
    if (!(change.release == c.world.release)) out.push_back(change);
  }
  return out;
}

bool lists(std::string_view names, std::string_view name) {
  for (size_t at = names.find(name); at != std::string_view::npos; at = names.find(name, at + 1)) {
    const size_t end = at + name.size();
    if ((at == 0 || names[at - 1] == ' ') && (end == names.size() || names[end] == ' '))
      return true;
  }
  return false;
}

// What a context changes, as one bit each: who asks and in which namespaces, each limit, each
// policy, each sysctl.
uint64_t changed_parts(const World& from, const World& to) {
  static_assert(kSysctlCount + kFactCount + 1 <= 64);
  uint64_t bits = !(from.caller == to.caller && from.user_ns_count == to.user_ns_count &&
                    from.user_ns == to.user_ns && from.net_user_ns == to.net_user_ns &&
                    from.net_is_init == to.net_is_init);
  uint64_t bit = 2;
  for (const FactRow& row : world_facts()) {
    const bool of_context = row.kind != FactKind::toggle && row.kind != FactKind::id;
    bits |= of_context && get(from, row.id) != get(to, row.id) ? bit : 0;
    bit <<= 1;
  }
  for (size_t i = 0; i < kSysctlCount; ++i, bit <<= 1)
    bits |= from.sysctls[i] == to.sysctls[i] ? 0 : bit;
  return bits;
}

// Who asks is the same: what else the context changes is a remedy by itself.
bool same_person(const World& a, const World& b) {
  return a.caller == b.caller && a.user_ns_count == b.user_ns_count && a.user_ns == b.user_ns &&
         a.net_user_ns == b.net_user_ns;
}

// Contexts that let the call through, without those that also change something that does not help,
// and without a second one that changes the same for the same caller.
void add_contexts(std::vector<Remedy>& out, const Case& c) {
  struct Candidate {
    size_t context;
    World world;
    uint64_t parts;
  };
  std::vector<Candidate> all;
  for (size_t i = 0; i < contexts().size(); ++i) {
    Case changed = c;
    apply(changed, change_of(Change::Kind::context, i));
    if (succeeds(changed)) all.push_back({i, changed.world, changed_parts(c.world, changed.world)});
  }
  for (size_t i = 0; i < all.size(); ++i) {
    bool needed = true;
    for (size_t j = 0; j < all.size() && needed; ++j) {
      const uint64_t mine = all[i].parts, other = all[j].parts;
      const bool less = other != mine && (other & mine) == other;
      const bool twice = j < i && other == mine && all[j].world.caller == all[i].world.caller &&
                         all[j].world.net_user_ns == all[i].world.net_user_ns;
      needed = !less && !twice;
    }
    needed = needed && !same_person(c.world, all[i].world);
    if (needed) out.push_back({{change_of(Change::Kind::context, all[i].context)}});
  }
}

// The nearest release, backwards and forwards, on which the call succeeds.
void add_releases(std::vector<Remedy>& out, const Case& c) {
  const auto count = static_cast<int>(releases().size());
  for (const int direction : {-1, 1}) {
    for (int i = c.world.release.index + direction; i >= 0 && i < count; i += direction) {
      if (!succeeds(at_release(c, static_cast<size_t>(i)))) continue;
      Change change = change_of(Change::Kind::release, 0);
      change.release = {static_cast<uint8_t>(i), 0};
      out.push_back({{change}});
      break;
    }
  }
}

// A context as `--as` is read beside `--sysctl`: a sysctl that it does not name stays as it was
// set.
void apply_beside(World& world, const ContextRow& context) {
  const World before = world;
  apply_context(world, context);
  for (const SysctlRow& row : sysctls()) {
    const auto i = static_cast<size_t>(row.id);
    const bool set = !(before.sysctls[i] == default_sysctl(row.id, before.release));
    if (set && context.operations.find(row.name) == std::string_view::npos)
      world.sysctls[i] = before.sysctls[i];
  }
}

Case with_changes(const Case& c, const std::vector<Change>& changes) {
  Case changed = c;
  for (const Change& change : changes) apply(changed, change);
  return changed;
}

}  // namespace

std::vector<TableRange> table_of(const World& world, Entry entry, int32_t family, int32_t type) {
  std::vector<TableRange> table;
  std::unique_ptr<Kernel> k;
  for (int64_t p = INT32_MIN; p <= INT32_MAX;) {
    if (k == nullptr || k->changed()) k = std::make_unique<Kernel>(world);
    PathCondition path;
    const CallScope scope(*k, {.path = &path, .tracing = false});
    const Verdict v = k->call({entry, family, type, static_cast<int32_t>(p)});
    k->close(v.fd);
    const TableRange range{static_cast<int32_t>(p), static_cast<int32_t>(path.high), v.error,
                           v.rule};
    if (!table.empty() && table.back().error == range.error && table.back().rule == range.rule)
      table.back().high = range.high;
    else table.push_back(range);
    p = path.high + 1;
  }
  return table;
}

std::vector<WorldPart> world_parts(const World& from, const World& to) {
  std::vector<WorldPart> all;
  for (const BehaviourRow& row : behaviours())
    if (from.has(row.id) != to.has(row.id))
      all.push_back({WorldPart::Kind::behaviour, static_cast<uint8_t>(row.id)});
  for (uint8_t i = 0; i < kProviderCount; ++i)
    if (from.providers[i] != to.providers[i]) all.push_back({WorldPart::Kind::provider, i});
  for (uint8_t i = 0; i < kSysctlCount; ++i)
    if (from.sysctls[i] != to.sysctls[i]) all.push_back({WorldPart::Kind::sysctl, i});
  return all;
}

World with_parts(const World& from, const World& to, const std::vector<WorldPart>& parts) {
  World world = from;
  for (const WorldPart& d : parts) {
    const Behaviour b = static_cast<Behaviour>(d.index);
    switch (d.kind) {
      case WorldPart::Kind::behaviour:
        (to.has(b) ? world.with : world.without).set(b);
        (to.has(b) ? world.without : world.with).set(b, false);
        break;
      case WorldPart::Kind::provider: world.providers[d.index] = to.providers[d.index]; break;
      case WorldPart::Kind::sysctl: world.sysctls[d.index] = to.sysctls[d.index]; break;
    }
  }
  return world;
}

std::vector<Era> history_of(const Case& c, bool by_state) {
  std::vector<Era> eras;
  Case before = at_release(c, 0);
  Reply last = reply_of(before, by_state);
  eras.push_back({0, 0, last.verdict.error, last.verdict.rule, false, {}, {}, {}});
  for (size_t i = 1; i < releases().size(); ++i) {
    const Case now = at_release(c, i);
    Reply reply = reply_of(now, by_state);
    if (same_reply(last, before.world.release, reply, now.world.release)) {
      eras.back().last = static_cast<uint8_t>(i);
    } else {
      Era era{static_cast<uint8_t>(i),
              static_cast<uint8_t>(i),
              reply.verdict.error,
              reply.verdict.rule,
              same_answer(last.verdict, reply.verdict),
              {},
              {},
              {}};
      explain_change(era, before, now, reply, by_state);
      eras.push_back(std::move(era));
    }
    before = now;
    last = std::move(reply);
  }
  return eras;
}

void apply(Case& c, const Change& change) {
  World& world = c.world;
  switch (change.kind) {
    case Change::Kind::context: apply_beside(world, contexts()[change.index]); break;
    case Change::Kind::capability: world.caller.caps |= uint64_t{1} << change.number; break;
    case Change::Kind::module: world.providers[change.index] = change.presence; break;
    case Change::Kind::sysctl: world.sysctls[change.index] = change.sysctl; break;
    case Change::Kind::policy:
    case Change::Kind::limit: set(world, static_cast<Fact>(change.index), change.number); break;
    case Change::Kind::fault:
      world.fault_count = change.number == 0 ? 0 : 1;
      world.faults = {static_cast<uint16_t>(change.number)};
      break;
    case Change::Kind::release: set_release(world, change.release); break;
    case Change::Kind::call: c.call = change.call; break;
  }
}

std::vector<Remedy> remedies_of(const Case& c, size_t at_most) {
  std::vector<Remedy> found;
  if (succeeds(c)) return found;
  std::vector<Change> insufficient;
  for (const Change& change : helpful(c)) {
    if (succeeds(with_changes(c, {change}))) found.push_back({{change}});
    else insufficient.push_back(change);
  }
  add_contexts(found, c);
  add_releases(found, c);
  for (size_t i = 0; i < insufficient.size() && found.size() < at_most; ++i)
    for (size_t j = 0; j < insufficient.size() && found.size() < at_most; ++j) {
      const Change &a = insufficient[i], &b = insufficient[j];
      // Each pair once, the call first; two calls would only overwrite each other.
      const bool a_call = a.kind == Change::Kind::call, b_call = b.kind == Change::Kind::call;
      if ((a_call && b_call) || (!a_call && (b_call || j <= i))) continue;
      if (a.kind == b.kind && a.index == b.index && a.kind != Change::Kind::capability) continue;
      std::vector<Change> pair{a, b};
      if (succeeds(with_changes(c, pair))) found.push_back({std::move(pair)});
    }
  if (found.size() > at_most) found.resize(at_most);
  return found;
}

std::vector<Cause> causes_of(const Case& c, int32_t error, const Possible* possible) {
  std::vector<Cause> causes;
  const std::string_view name = errno_name(error);
  const auto consider = [&](const std::vector<Change>& changes) {
    const Verdict v = verdict_of(with_changes(c, changes));
    // A policy may answer anything; only the errnos its rule is known for count as its causes.
    if (v.error != error || !lists(row(v.rule).errnos, name)) return;
    const unsigned distance = distance_of(c, changes);
    const auto known = std::find_if(causes.begin(), causes.end(),
                                    [&](const Cause& cause) { return cause.rule == v.rule; });
    if (known != causes.end() && known->distance <= distance) return;
    if (possible != nullptr && !possible->changes(changes)) return;
    if (known == causes.end()) causes.push_back({v.rule, changes, distance});
    else *known = {v.rule, changes, distance};
  };
  consider({});
  const std::vector<Change> singles = harmful(c, error);
  for (const Change& change : singles) consider({change});
  std::vector<Change> helps = helpful(c);
  for (size_t i = 0; i < contexts().size(); ++i)
    helps.push_back(change_of(Change::Kind::context, i));
  for (const Change& help : helps) {
    if (help.kind == Change::Kind::call) continue;
    for (const Change& harm : singles)
      if (harm.kind != Change::Kind::context) consider({help, harm});
  }
  // An errno may belong to another release: the nearest one that has it, where something fails.
  for (const Change& release : singles) {
    if (release.kind != Change::Kind::release) continue;
    for (const Change& harm : singles)
      if (harm.kind == Change::Kind::fault || harm.kind == Change::Kind::policy)
        consider({release, harm});
  }
  std::sort(causes.begin(), causes.end(), [](const Cause& a, const Cause& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.rule < b.rule;
  });
  return causes;
}

SameSpan same_span(const Case& c) {
  const Verdict here = verdict_of(c);
  const size_t index = c.world.release.index;
  SameSpan span{static_cast<uint8_t>(index), static_cast<uint8_t>(index)};
  while (span.first > 0 && same_answer(here, verdict_of(at_release(c, span.first - 1u))))
    --span.first;
  while (span.last + 1u < releases().size() &&
         same_answer(here, verdict_of(at_release(c, span.last + 1u))))
    ++span.last;
  return span;
}

}  // namespace sockoracle
