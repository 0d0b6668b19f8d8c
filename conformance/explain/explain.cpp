// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/explain.h"

#include <algorithm>

#include "conformance/words/step_text.h"
#include "conformance/world/call_filter.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kRemediesMax = 24;

int32_t capability_refused(const std::vector<Step>& steps) {
  for (const Step& step : steps)
    if (step.kind == StepKind::capable && step.result != 0) return step.a;
  return -1;
}

bool asks_capability(const std::vector<Step>& steps, int32_t capability) {
  return std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
    return step.kind == StepKind::capable && step.a == capability;
  });
}

// The protocol of the range that is nearest to an everyday one.
int32_t everyday_protocol(const TableRange& range) {
  if (range.low <= 1 && range.high >= 1) return 1;
  return range.low > 0 ? range.low : range.high;
}

class Later {
 public:
  Later(const Case& c, const Answer& answer, std::vector<LaterRefusal>* out)
      : case_(c), answer_(answer), out_(*out) {}

  // What would refuse if the deciding rule did not: the same protocol without the flag bits, and
  // the type's other protocols, provided that none of those gets through.
  void find() {
    const int32_t type = case_.call.type & kSOCK_TYPE_MASK;
    const std::vector<TableRange> table =
        table_of(case_.world, case_.call.entry, case_.call.family, type);
    const auto beyond = [&](const TableRange& range) { return range.rule > answer_.verdict.rule; };
    for (const TableRange& range : table)
      if (beyond(range) && range.low <= case_.call.protocol && case_.call.protocol <= range.high)
        return add(range.rule, range.error, case_.call.protocol);
    const auto created = [](const TableRange& range) { return range.error == 0; };
    if (std::any_of(table.begin(), table.end(), created)) return;
    for (const TableRange& range : table)
      if (beyond(range)) add(range.rule, range.error, everyday_protocol(range));
  }

 private:
  void add(Rule rule, int32_t error, int32_t protocol) {
    const auto known = [&](const LaterRefusal& later) { return later.rule == rule; };
    if (error == 0 || std::any_of(out_.begin(), out_.end(), known)) return;
    LaterRefusal later{rule, case_.call, error, -1};
    later.call.type &= kSOCK_TYPE_MASK;
    later.call.protocol = protocol;
    const int32_t refused = capability_refused(ask({case_.world, later.call}).steps);
    if (refused >= 0 && !asks_capability(answer_.steps, refused)) later.capability = refused;
    out_.push_back(later);
  }

  const Case& case_;
  const Answer& answer_;
  std::vector<LaterRefusal>& out_;
};

void read_steps(const Answer& answer, Explanation* explanation) {
  for (const Step& step : answer.steps) {
    if (step.kind == StepKind::rule && step.result == 0 && step.rule != answer.verdict.rule)
      explanation->passed.push_back(step.rule);
    if (step.kind == StepKind::inetsw_match) explanation->matches.push_back(step);
  }
}

void find_eras(const Case& c, Explanation* explanation) {
  explanation->span = same_span(c);
  const std::vector<Era> eras = history_of(c, false);
  for (const Era& era : eras) {
    if (era.first == explanation->span.first) explanation->since = era;
    if (era.first == explanation->span.last + 1) explanation->until = era;
  }
}

// A context named by --as comes below the other flags, which may undo what it brings: only one that
// helps together with the flags at hand is worth showing.
bool holds_as_flags(const Setting& setting, const Call& call, const Remedy& remedy) {
  for (const Change& change : remedy.changes) {
    if (change.kind != Change::Kind::context) continue;
    std::vector<Item> items = setting.items;
    items.push_back({ItemKind::context, {}, std::string(contexts()[change.index].name), "--as"});
    World world = setting.base;
    apply_items(world, items);
    return ask({world, call}).verdict.error == 0;
  }
  return true;
}

bool changes_release(const Remedy& remedy) {
  return std::any_of(remedy.changes.begin(), remedy.changes.end(),
                     [](const Change& change) { return change.kind == Change::Kind::release; });
}

bool same_answer(const Verdict& a, const Verdict& b) {
  return a.error == b.error && a.rule == b.rule;
}

// Which backports of a stable release the answer depends on, each alone.
std::vector<Behaviour> deciding_backports(const Case& c, const Verdict& verdict) {
  std::vector<Behaviour> found;
  const Release mainline{c.world.release.index, 0};
  const BehaviourSet here = behaviours_of(c.world.release), there = behaviours_of(mainline);
  for (const BehaviourRow& row : behaviours()) {
    if (here.has(row.id) == there.has(row.id)) continue;
    Case changed = c;
    (here.has(row.id) ? changed.world.without : changed.world.with).set(row.id);
    if (!same_answer(ask(changed).verdict, verdict)) found.push_back(row.id);
  }
  return found;
}

// A remedy may be another call, which the filter may refuse.
bool passes_filter(const Setting& setting, const Call& call, const Remedy& remedy) {
  if (setting.filter == nullptr) return true;
  Case changed{setting.world, call};
  for (const Change& change : remedy.changes) apply(changed, change);
  return setting.filter->answer(changed.call) == 0;
}

void ask_filter(const Setting& setting, const Call& call, Explanation* explanation) {
  explanation->filter_reasons = setting.filter->reasons(call);
  if (explanation->answer.verdict.rule != Rule::seccomp_filter) return;
  explanation->filter_changes = setting.filter->changes(call);
  Case behind = explanation->asked;
  behind.world.policies.seccomp_filter = 0;
  explanation->behind_filter = ask(behind).verdict;
}

}  // namespace

Explanation explain_case(const Setting& setting, const Call& call) {
  const Case c{setting.world, call};
  Explanation explanation;
  explanation.asked = c;
  explanation.answer = ask(c);
  read_steps(explanation.answer, &explanation);
  find_eras(c, &explanation);
  const Verdict& verdict = explanation.answer.verdict;
  explanation.backports = deciding_backports(c, verdict);
  if (setting.filter != nullptr) ask_filter(setting, call, &explanation);
  if (verdict.rule == Rule::created) explanation.breakers = breakers_of(c);
  if (verdict.error == 0 || verdict.rule == Rule::family_not_modelled) return explanation;
  Later(c, explanation.answer, &explanation.not_reached).find();
  // Where somebody's program refuses, another kernel is no remedy.
  const bool policy = row(verdict.rule).is(RuleClass::policy);
  for (Remedy& remedy : remedies_of(c, kRemediesMax))
    if (!(policy && changes_release(remedy)) && holds_as_flags(setting, call, remedy) &&
        passes_filter(setting, call, remedy))
      explanation.remedies.push_back(std::move(remedy));
  return explanation;
}

std::string place_of(Rule rule, Release release, const Call& call) {
  const RuleRow& facts = row(rule);
  const bool inet6 = call.family == kAF_INET6;
  if (facts.function(release).empty()) return "nothing on this release";
  return std::string(facts.function(release, inet6)) + ", " +
         std::string(facts.file(release, inet6));
}

std::string where_of(Rule rule, Release release, const Call& call) {
  const RuleRow& facts = row(rule);
  const bool inet6 = call.family == kAF_INET6;
  if (facts.function(release).empty()) return {};
  return std::string(facts.file(release, inet6)) + ":" +
         std::string(facts.function(release, inet6));
}

Release release_with(Release asked, const std::vector<Change>& changes) {
  for (const Change& change : changes)
    if (change.kind == Change::Kind::release) asked = change.release;
  return asked;
}

std::string setting_text(const Setting& setting) {
  const std::string note = setting.release_note.empty() ? "" : " (" + setting.release_note + ")";
  return "Linux " + release_text(setting.world.release) + note + ", as " + setting.caller;
}

std::string asked_of_text(const Setting& setting) {
  return setting_text(setting) + (setting.caller_chosen ? "" : " by default");
}

bool pasted_differs(const Setting& setting, const Call& call, const ExplainOptions& options) {
  if (!options.pasted) return false;
  const Verdict verdict = ask({setting.world, call}).verdict;
  return verdict.rule != Rule::family_not_modelled && verdict.error != *options.pasted;
}

std::vector<std::string> era_reasons(const Era& era) {
  std::vector<std::string> reasons;
  for (const Behaviour b : era.because) reasons.push_back(behaviour_text(b));
  for (const Provider p : era.appeared) {
    const ProviderRow& facts = providers()[static_cast<size_t>(p)];
    reasons.push_back(std::string(facts.name) + " exists: " + std::string(facts.sentence));
  }
  for (const Provider p : era.disappeared) {
    const ProviderRow& facts = providers()[static_cast<size_t>(p)];
    reasons.push_back(std::string(facts.name) + " is gone: " + std::string(facts.sentence));
  }
  return reasons;
}

}  // namespace sockoracle
