// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare/compare.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <set>

#include "conformance/compare/deep_result.h"
#include "conformance/plan/model_answers.h"
#include "conformance/plan/near_world.h"
#include "conformance/plan/plan.h"
#include "conformance/words/case_facts.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

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

// Up to where no table names another protocol than `low`: worlds serve all these or none.
int32_t end_of_alike(int32_t low) {
  const std::set<int32_t>& named = protocols_of_tables();
  if (named.contains(low)) return low;
  const auto next = named.upper_bound(low);
  return next == named.end() ? std::numeric_limits<int32_t>::max() : *next - 1;
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
    compare_run(asker, o, {answers.context, group});
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
      note(seen.group,
           table_.add({d.rule, std::move(d.observable), std::move(d.expected), std::move(d.got)},
                      d.context, d.call, d.high));
    }
    context->groups.push_back(std::move(seen.group));
  }
}

void Comparer::compare_run(ModelAsker& asker, const Observation& o, Place place) {
  for (int64_t at = o.low; at <= o.high;) {
    Observation part = o;
    part.low = static_cast<int32_t>(at);
    const Piece piece = asker.piece(o.family, o.type, part.low);
    part.high = std::min(piece.high, o.high);
    at = part.high + int64_t{1};
    if (piece.rule == Rule::family_not_modelled && !has_model(o.family)) {
      place.group.skipped = "the family is outside the model";
    } else if (piece.error != o.error) {
      note(place.group,
           table_.add({piece.rule, "errno", outcome_name(piece.error), outcome_name(o.error)},
                      place.context, call_of(o, part.low), part.high));
      const size_t context = result_.contexts.size() - 1;
      if (o.error == 0)
        refused_.push_back({context, result_.contexts[context].groups.size(), part, piece.rule});
    } else if (o.error == 0) {
      created_.push_back(part);
      if (!compare_states(asker, part, place))
        place.group.skipped = "a run too wide to be compared protocol by protocol";
    }
  }
}

// The probe writes a protocol's number as a word, so that one text stands for a run. The model says
// how far its own text reaches: each part is compared with the text that is right for it.
bool Comparer::compare_states(ModelAsker& asker, const Observation& run, Place& place) {
  // Where sk_protocol has 8 bits, each protocol above 255 shows another number. The plan has few.
  constexpr int kMostParts = 1024;
  int parts = 0;
  for (int64_t at = run.low; at <= run.high;) {
    if (++parts > kMostParts) return false;
    Observation part = run;
    part.low = static_cast<int32_t>(at);
    const ShownState& expected = asker.state(run.family, run.type, part.low);
    part.high = std::min(expected.high, run.high);
    compare_state(expected, part, place);
    at = part.high + int64_t{1};
  }
  return true;
}

void Comparer::compare_state(const ShownState& expected, const Observation& run, Place& place) {
  const auto& names = states_.names();
  for (size_t i = row_of_name_.size(); i < names.size(); ++i) {
    row_of_name_.push_back(find_observable(names[i]));
  }
  const uint64_t cases = width(run.low, run.high);
  for (const auto& [name, text] : states_.states()[run.state].values) {
    const int model_row = row_of_name_[name];
    if (model_row < 0) continue;
    const std::string& wanted = expected.texts[static_cast<size_t>(model_row)];
    if (wanted.empty()) {
      unpredicted_[names[name]] += cases;
    } else if (text == "!EAGAIN" && observables()[static_cast<size_t>(model_row)].deep) {
      restless_[names[name]] += cases;
    } else {
      result_.values += cases;
      if (text == wanted) continue;
      note(place.group, table_.add({Rule::created, names[name], wanted, text}, place.context,
                                   call_of(run, run.low), run.high, place.near));
    }
  }
}

// Does Linux create such sockets in some other context that was asked?
bool Comparer::was_compared(const Observation& run) const {
  return std::any_of(created_.begin(), created_.end(), [&](const Observation& o) {
    return o.family == run.family && o.type == run.type && o.deep == run.deep && o.low <= run.low &&
           run.high <= o.high;
  });
}

// What the subject creates and Linux refuses in every context shows something all the same: it is
// compared with the nearest world in which Linux creates it.
void Comparer::compare_refused() {
  size_t context = result_.contexts.size();
  std::unique_ptr<NearWorlds> near;
  for (const Refused& one : refused_) {
    if (was_compared(one.run)) continue;
    const std::string& name = result_.contexts[one.context].name;
    if (near == nullptr || context != one.context) {
      const ContextRow* row = find_context(name);
      near = std::make_unique<NearWorlds>(row == nullptr ? base_ : context_world(base_, *row));
      context = one.context;
    }
    Place place{name, result_.contexts[one.context].groups[one.group]};
    for (int64_t at = one.run.low; at <= one.run.high;) {
      Observation part = one.run;
      part.low = static_cast<int32_t>(at);
      const NearWorlds::Near found = near->find(part.family, part.type, part.low, one.rule);
      if (found.asker != nullptr) {
        part.high = std::min(found.asker->piece(part.family, part.type, part.low).high, part.high);
        place.near = found.flags;
        compare_states(*found.asker, part, place);
      } else {
        part.high = std::min(end_of_alike(part.low), part.high);
      }
      at = part.high + int64_t{1};
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
  compare_refused();
  result_.findings = table_.take();
  std::vector<Deviation> stale = apply_deviations(result_, deviations);
  if (complete) result_.stale = std::move(stale);
  count_unread();
  sort_findings(result_);
  return std::move(result_);
}

}  // namespace sockoracle
