// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "conformance/model_answers.h"
#include "conformance/plan.h"
#include "conformance/whitebox/whitebox.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

size_t context_order(const std::string& name) {
  const ContextRow* row = find_context(name);
  return row == nullptr ? contexts().size() : static_cast<size_t>(row - contexts().data());
}

// What makes a case small: the family people know, few flags, a small type, a small protocol.
auto size_of(const Call& call) {
  const auto type = static_cast<uint32_t>(call.type);
  return std::tuple(call.family != kAF_INET, call.family != kAF_INET6,
                    std::llabs(int64_t{call.family}), std::popcount(type & ~0xfu), type,
                    std::llabs(int64_t{call.protocol}), call.protocol < 0);
}

// The protocol of [low, high] that is nearest to 0.
int32_t smallest_protocol(int32_t low, int32_t high) {
  if (low > 0) return low;
  return high < 0 ? high : 0;
}

Call call_of(const Observation& o, int32_t protocol) {
  return {.entry = Entry::socket, .family = o.family, .type = o.type, .protocol = protocol};
}

bool matches(const Deviation& deviation, const Finding& finding) {
  return matches_pattern(deviation.rule, row(finding.rule).name) &&
         matches_pattern(deviation.observable, finding.observable) &&
         matches_pattern(deviation.expected, finding.expected) &&
         matches_pattern(deviation.got, finding.got);
}

bool was_asked(const std::vector<ContextResult>& contexts, const std::string& name) {
  return std::any_of(contexts.begin(), contexts.end(), [&](const ContextResult& context) {
    return context.name == name && context.skipped.empty();
  });
}

// Marks known findings, each by the first deviation that matches; returns those that none needed.
std::vector<Deviation> apply_deviations(Comparison& result,
                                        const std::vector<Deviation>& deviations) {
  std::vector<Deviation> stale;
  std::vector<Finding>& findings = result.findings;
  for (const Deviation& deviation : deviations) {
    if (!deviation.version.empty() &&
        !matches_pattern(deviation.version, result.provenance.uname)) {
      continue;
    }
    bool used = false;
    for (Finding& finding : findings) {
      if (finding.known || !matches(deviation, finding)) continue;
      used = true;
      finding.known = true;
      finding.reason = deviation.reason;
      finding.link = deviation.link;
      finding.cause = deviation.cause.id.empty() ? deviation.where : deviation.cause.id;
      finding.deviation = deviation.where;
    }
    const KnownCause& cause = deviation.cause;
    if (used && (result.known.empty() || result.known.back().id != cause.id)) {
      result.known.push_back(cause);
    }
    const bool elsewhere =
        !deviation.context.empty() && !was_asked(result.contexts, deviation.context);
    if (!used && !elsewhere) stale.push_back(deviation);
  }
  return stale;
}

void note(Group& group, size_t finding) {
  if (std::find(group.findings.begin(), group.findings.end(), finding) == group.findings.end()) {
    group.findings.push_back(finding);
  }
}

void add_left_out(Comparison& result, ContextResult& context, const std::vector<Skipped>& all) {
  for (const Skipped& s : all) {
    context.skipped_cases += width(s.low, s.high);
    result.skipped[s.reason] += width(s.low, s.high);
    context.groups.push_back({.family = s.family,
                              .type = s.type,
                              .low = s.low,
                              .high = s.high,
                              .deep = s.deep,
                              .skipped = s.reason,
                              .findings = {}});
  }
}

}  // namespace

void sort_findings(Comparison& comparison) {
  std::vector<size_t> order(comparison.findings.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const Finding& one = comparison.findings[a];
    const Finding& other = comparison.findings[b];
    return std::tuple(one.known, one.observable != "errno", other.count, a) <
           std::tuple(other.known, other.observable != "errno", one.count, b);
  });
  std::vector<size_t> new_index(order.size());
  std::vector<Finding> sorted;
  for (size_t i = 0; i < order.size(); ++i) {
    new_index[order[i]] = i;
    sorted.push_back(std::move(comparison.findings[order[i]]));
  }
  comparison.findings = std::move(sorted);
  for (ContextResult& context : comparison.contexts) {
    for (Group& group : context.groups) {
      for (size_t& index : group.findings) index = new_index[index];
    }
  }
}

size_t FindingTable::add(Key key, const std::string& context, const Call& call, int32_t high) {
  const auto [at, is_new] = index_.try_emplace(std::move(key), findings_.size());
  Call smallest = call;
  smallest.protocol = smallest_protocol(call.protocol, high);
  if (is_new) {
    const Key& k = at->first;
    Finding& finding = findings_.emplace_back();
    finding.rule = k.rule;
    finding.observable = k.observable;
    finding.expected = k.expected;
    finding.got = k.got;
    finding.smallest = smallest;
    finding.contexts.push_back(context);
    finding.low = call.protocol;
    finding.high = high;
  }
  Finding& finding = findings_[at->second];
  finding.count += width(call.protocol, high);
  finding.low = std::min(finding.low, call.protocol);
  finding.high = std::max(finding.high, high);
  auto& where = finding.contexts;
  if (std::find(where.begin(), where.end(), context) == where.end()) {
    const auto later = std::find_if(where.begin(), where.end(), [&](const std::string& name) {
      return context_order(name) > context_order(context);
    });
    if (later == where.begin()) finding.smallest = smallest;
    where.insert(later, context);
  } else if (where.front() == context && size_of(smallest) < size_of(finding.smallest)) {
    finding.smallest = smallest;
  }
  return at->second;
}

bool is_smaller(const Finding& one, const Finding& other) {
  const auto key = [](const Finding& finding) {
    return std::tuple(finding.observable != "errno", context_order(finding.contexts.front()),
                      size_of(finding.smallest));
  };
  return key(one) < key(other);
}

std::string world_flags(const World& world) {
  const ReleaseRow& release = releases()[world.release.index];
  std::string flags = " --release " + std::string(release.name);
  if (world.release.sublevel != 0) flags += "." + std::to_string(world.release.sublevel);
  const World usual = default_world(world.release);
  for (const ProviderRow& row : providers()) {
    const auto i = static_cast<size_t>(row.id);
    if (world.providers[i] == usual.providers[i]) continue;
    flags +=
        " --module " + std::string(row.name) + "=" + std::string(presence_name(world.providers[i]));
  }
  for (const SysctlRow& row : sysctls()) {
    const auto i = static_cast<size_t>(row.id);
    // Of the triples only the middle number shows in a fresh socket; what a fresh network namespace
    // does not take over is the context's business.
    const bool triple = row.id == Sysctl::tcp_rmem || row.id == Sysctl::tcp_wmem;
    if (row.per_netns) continue;
    if (world.sysctls[i] == usual.sysctls[i]) continue;
    if (triple && world.sysctls[i].v[1] == usual.sysctls[i].v[1]) continue;
    flags += " --sysctl " + std::string(row.name) + "=\"";
    for (size_t n = 0; n < row.count; ++n) {
      flags += (n > 0 ? " " : "") + std::to_string(world.sysctls[i].v[n]);
    }
    flags += '"';
  }
  for (const BehaviourRow& row : behaviours()) {
    if (world.with.has(row.id)) flags += " --with " + std::string(row.name);
    if (world.without.has(row.id)) flags += " --without " + std::string(row.name);
  }
  return flags;
}

Comparer::Comparer(const World& base, const StateTable& states) : base_(base), states_(states) {
  result_.expected_from = "Linux " + std::string(releases()[base.release.index].name);
  result_.explain_flags = world_flags(base);
  result_.world = base;
}

void Comparer::add(const Answers& answers) {
  ContextResult& context = result_.contexts.emplace_back();
  context.name = answers.context;
  context.skipped = answers.skipped;
  if (!answers.skipped.empty()) {
    context.skipped_cases = answers.skipped_cases;
    result_.skipped[answers.skipped] += answers.skipped_cases;
    result_.skipped_contexts[answers.skipped].push_back(answers.context);
    return;
  }
  const ContextRow* row = find_context(answers.context);
  ModelAsker asker(row == nullptr ? base_ : context_world(base_, *row));
  for (const Observation& o : answers.observations) {
    Group group;
    group.family = o.family;
    group.type = o.type;
    group.low = o.low;
    group.high = o.high;
    group.deep = o.deep;
    group.error = o.error;
    compare_run(asker, answers.context, o, group);
    if (group.skipped.empty()) {
      context.checked_cases += width(o.low, o.high);
    } else {
      context.skipped_cases += width(o.low, o.high);
      result_.skipped[group.skipped] += width(o.low, o.high);
    }
    context.groups.push_back(std::move(group));
  }
  add_left_out(result_, context, answers.left_out);
}

void Comparer::add(DeepResult&& deep) {
  result_.oracles = std::move(deep.oracles);
  for (DeepGroup& seen : deep.groups) {
    auto context = std::find_if(result_.contexts.begin(), result_.contexts.end(),
                                [&](const auto& c) { return c.name == seen.context; });
    if (context == result_.contexts.end()) {
      // Not among those that were asked for; but what differs is told.
      if (seen.differences.empty()) continue;
      context = result_.contexts.insert(context, ContextResult());
      context->name = seen.context;
    }
    for (Difference& d : seen.differences) {
      note(seen.group, table_.add({d.rule, std::move(d.observable), std::move(d.expected),
                                   std::move(d.got)},
                                  d.context, d.call, d.high));
    }
    context->groups.push_back(std::move(seen.group));
  }
}

void Comparer::compare_run(ModelAsker& asker, const std::string& context, const Observation& o,
                           Group& group) {
  for (int64_t at = o.low; at <= o.high;) {
    const auto low = static_cast<int32_t>(at);
    const Piece piece = asker.piece(o.family, o.type, low);
    const int32_t high = std::min(piece.high, o.high);
    at = high + int64_t{1};
    if (piece.rule == Rule::family_not_modelled) {
      group.skipped = "the family is outside the model";
    } else if (piece.error != o.error) {
      note(group,
           table_.add({piece.rule, "errno", outcome_name(piece.error), outcome_name(o.error)},
                      context, call_of(o, low), high));
    } else if (o.error == 0) {
      // The probe writes a protocol's number as a word, so one text stands for the whole run; the
      // model is asked at both ends of it.
      compare_state(asker, context, o, low, high == low ? high : high - 1, low, group);
      if (high != low) compare_state(asker, context, o, high, high, high, group);
    }
  }
}

void Comparer::compare_state(ModelAsker& asker, const std::string& context, const Observation& o,
                             int32_t low, int32_t high, int32_t at, Group& group) {
  const auto& names = states_.names();
  for (size_t i = row_of_name_.size(); i < names.size(); ++i) {
    row_of_name_.push_back(find_observable(names[i]));
  }
  const std::vector<std::string>& expected = asker.state(o.family, o.type, at);
  const uint64_t cases = width(low, high);
  for (const auto& [name, text] : states_.states()[o.state].values) {
    const int model_row = row_of_name_[name];
    if (model_row < 0) continue;
    const std::string& wanted = expected[static_cast<size_t>(model_row)];
    if (wanted.empty()) {
      unpredicted_[names[name]] += cases;
    } else if (text == "!EAGAIN" && observables()[static_cast<size_t>(model_row)].deep) {
      restless_[names[name]] += cases;
    } else {
      result_.values += cases;
      if (text != wanted) {
        note(group, table_.add({Rule::created, names[name], wanted, text}, context, call_of(o, low),
                               high));
      }
    }
  }
}

constexpr const char* kNeedsDeep = "are fields of kernel objects: check --deep reads them";

void Comparer::count_unread() {
  const auto& names = states_.names();
  // What a machine says about modules reads no fields.
  const bool read_deep = std::any_of(result_.oracles.begin(), result_.oracles.end(),
                                     [](const auto& oracle) { return oracle.name != "autoload"; });
  for (const Observable& row : observables()) {
    if (!probe_reads(row)) {
      if (!read_deep) ++result_.unread[kNeedsDeep];
    } else if (std::find(names.begin(), names.end(), row.name) == names.end()) {
      ++result_.unread["were not asked of this subject"];
    }
  }
  for (const std::string& name : names) {
    if (find_observable(name) < 0) ++result_.unread["are not in the model"];
  }
  if (!unpredicted_.empty()) {
    result_.unread["are not predicted for some kinds of socket"] = unpredicted_.size();
  }
  if (!restless_.empty()) result_.unread["did not come to rest"] = restless_.size();
}

Comparison Comparer::finish(const Provenance& provenance, const std::vector<Deviation>& deviations,
                            bool complete) {
  result_.provenance = provenance;
  result_.findings = table_.take();
  std::vector<Deviation> stale = apply_deviations(result_, deviations);
  if (complete) result_.stale = std::move(stale);
  count_unread();
  sort_findings(result_);
  return std::move(result_);
}

}  // namespace sockoracle
