// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "conformance/base/plural.h"
#include "conformance/base/scan.h"
#include "conformance/base/sections.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/explain/likely.h"
#include "conformance/explain/sensitivity.h"
#include "conformance/explain/systems.h"
#include "conformance/words/answer_json.h"
#include "conformance/words/remedy_text.h"
#include "conformance/words/step_text.h"
#include "model/observables.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

std::string result_text(const Verdict& verdict) {
  if (verdict.rule == Rule::family_not_modelled) return "?";
  if (verdict.error == 0) return std::to_string(verdict.fd);
  if (verdict.error == kKilledBySigsys) return "?, killed by SIGSYS (Bad system call)";
  const std::string_view text = errno_text(verdict.error);
  return "-1 " + answer_name(verdict.error) + (text.empty() ? "" : " (" + std::string(text) + ")");
}

std::string headline(const Setting& setting, const Call& call, const Verdict& verdict) {
  return call_text(call) + " = " + result_text(verdict) + "    " + asked_of_text(setting) + "\n\n";
}

void put_rule(Sections& out, std::string_view label, Rule rule, const Case& asked) {
  out.line(label, padded(row(rule).name, 24) + place_of(rule, asked.world.release, asked.call));
  out.line(label, paragraph(row(rule).sentence, kLabel));
}

// Who a process is, and what of it is not looked into.
void put_caller(Sections& out, const Setting& setting) {
  if (!setting.who.empty()) out.line("caller", paragraph(setting.who, kLabel));
  for (const std::string& condition : setting.holds_if)
    out.line("holds if", paragraph(condition, kLabel));
}

void put_before(Sections& out, const Explanation& explanation, bool all) {
  std::vector<std::string> names;
  for (const Rule rule : explanation.passed) names.emplace_back(row(rule).name);
  const bool created = explanation.answer.verdict.rule == Rule::created;
  if (!names.empty() && (!created || all))
    out.line(created ? "passed" : "before it", wrapped(names, kLabel));
  for (const Step& step : explanation.matches)
    out.line("matched", match_sentence(step, explanation.asked.call));
}

// Of the steps what reaches beyond the call: modules, capabilities, security modules, BPF.
bool is_question(const Step& step) {
  switch (step.kind) {
    case StepKind::request_module:
    case StepKind::module_load:
    case StepKind::capable:
    case StepKind::security:
    case StepKind::bpf: return true;
    default: return false;
  }
}

void put_steps(Sections& out, const std::vector<Step>& steps, bool all) {
  size_t number = 0;
  for (const Step& step : steps) {
    ++number;
    if (all) {
      const std::string count = std::to_string(number);
      out.line("steps", std::string(count.size() < 3 ? 3 - count.size() : 0, ' ') + count + "  " +
                            step_text(step));
    } else if (is_question(step)) {
      out.line("asked", step_text(step));
    }
  }
}

void put_not_reached(Sections& out, const Explanation& explanation) {
  for (const LaterRefusal& later : explanation.not_reached) {
    put_rule(out, "not reached", later.rule, explanation.asked);
    std::string text = "It comes later: it would have refused ";
    text += later.call.protocol == explanation.asked.call.protocol ? "this call"
                                                                   : call_text(later.call);
    out.line("not reached", text + " with " + std::string(errno_name(later.error)) + ".");
    if (later.capability < 0) continue;
    for (const Symbol& symbol : capability_symbols())
      if (symbol.number == later.capability)
        out.line("not reached", std::string(symbol.name) + " was never asked for.");
  }
}

void put_reasons(Sections& out, std::string_view release, const std::vector<std::string>& reasons) {
  const std::string head = "  " + std::string(release) + ": ";
  for (const std::string& reason : reasons)
    out.line("same since", head + paragraph(reason, kLabel + head.size()));
}

void put_span(Sections& out, const Explanation& explanation) {
  const SameSpan span = explanation.span;
  if (!explanation.backports.empty()) {
    const std::string release = release_text(explanation.asked.world.release);
    out.line("same since", release + ", a stable release; its mainline release answers otherwise");
    std::vector<std::string> reasons;
    for (const Behaviour b : explanation.backports) reasons.push_back(behaviour_text(b));
    return put_reasons(out, release, reasons);
  }
  const bool oldest = span.first == 0, newest = span.last + 1u == releases().size();
  const std::string first(releases()[span.first].name), last(releases()[span.last].name);
  if (oldest && newest)
    return out.line("same on", first + " to " + last + ", every release modelled");
  out.line("same since", first + (oldest ? " (the oldest release modelled)" : "") +
                             (newest ? ", to this day (" + last + ")" : ", up to " + last));
  if (!oldest) put_reasons(out, first, era_reasons(explanation.since));
  if (!newest) put_reasons(out, releases()[span.last + 1u].name, era_reasons(explanation.until));
}

// Where the kernel may be otherwise than its release, and on request.
void put_sensitivity(Sections& out, const Setting& setting, const Explanation& explanation,
                     const ExplainOptions& options) {
  if (!options.sensitivity && !setting.release_may_differ) return;
  if (explanation.answer.verdict.rule == Rule::family_not_modelled) return;
  const Sensitivity sensitivity = sensitivity_of(explanation.asked, setting.release_may_differ);
  for (const std::string& line : sensitivity_lines(sensitivity))
    out.line("sensitivity", paragraph(line, kLabel));
}

void put_filter(Sections& out, const Explanation& explanation) {
  for (const std::string& line : explanation.filter_reasons)
    out.line("filter", paragraph(line, kLabel));
  if (!explanation.behind_filter) return;
  const Verdict& behind = *explanation.behind_filter;
  const std::string rule = " (" + std::string(row(behind.rule).name) + ")";
  if (behind.rule == Rule::family_not_modelled) out.line("behind it", "another family's code");
  else if (behind.error == 0) out.line("behind it", "the kernel would create the socket");
  else
    out.line("behind it",
             "the kernel would answer " + std::string(errno_name(behind.error)) + rule);
}

void put_remedies(Sections& out, const Explanation& explanation) {
  const Verdict& verdict = explanation.answer.verdict;
  if (explanation.behind_filter) {
    for (const std::string& line : explanation.filter_changes)
      out.line("let through", paragraph(line, kLabel));
    return;
  }
  if (verdict.error == 0 || verdict.rule == Rule::family_not_modelled) return;
  std::vector<std::vector<Change>> sets;
  for (const Remedy& remedy : explanation.remedies) sets.push_back(remedy.changes);
  for (const std::string& line : remedy_lines(sets)) out.line("succeeds", paragraph(line, kLabel));
  if (sets.empty())
    out.line("succeeds", "by no single change of the world or the call, nor by two");
}

// What refuses any call: how it is said, and which errnos come of it.
struct AnyCall {
  Change::Kind kind;
  std::string_view how;
};
constexpr AnyCall kAnyCall[] = {
    {Change::Kind::limit, "at a limit (--limit)"},
    {Change::Kind::policy, "by a policy (--policy)"},
    {Change::Kind::fault, "where a step fails (--fault)"},
};

void put_any_call(Sections& out, const std::vector<Breaker>& breakers) {
  std::string text;
  for (const AnyCall& any : kAnyCall) {
    std::vector<std::string_view> names;
    for (const Breaker& breaker : breakers) {
      const std::string_view name = errno_name(breaker.error);
      if (breaker.change.kind == any.kind &&
          std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(name);
    }
    if (names.empty()) continue;
    text += (text.empty() ? "" : "; ") + choices(names) + " " + std::string(any.how);
  }
  if (!text.empty()) out.line("as any call", paragraph(text, kLabel));
}

// One line for each rule: which changes meet it, and what the call answers then.
void put_breakers(Sections& out, const Explanation& explanation) {
  std::vector<Rule> done;
  bool some = false;
  for (const Breaker& breaker : explanation.breakers) {
    const auto is_any = [&](const AnyCall& any) { return any.kind == breaker.change.kind; };
    if (std::any_of(std::begin(kAnyCall), std::end(kAnyCall), is_any)) continue;
    if (std::find(done.begin(), done.end(), breaker.rule) != done.end()) continue;
    done.push_back(breaker.rule);
    some = true;
    std::vector<std::vector<Change>> sets;
    for (const Breaker& other : explanation.breakers)
      if (other.rule == breaker.rule) sets.push_back({other.change});
    const std::string head = std::string(errno_name(breaker.error)) + " ";
    const std::string tail = " (" + std::string(row(breaker.rule).name) + ")";
    for (const std::string& line : change_lines(sets))
      out.line("fails", paragraph(head + line + tail, kLabel));
  }
  if (!some) out.line("fails", paragraph("by no other caller, sysctl, module or release", kLabel));
  put_any_call(out, explanation.breakers);
}

void put_socket(Sections& out, const State& state) {
  size_t fields = 0, views = 0;
  const auto rows = observables();
  for (size_t i = 0; i < rows.size() && i < state.size(); ++i)
    if (state[i].kind != Value::Kind::none) ++(rows[i].reading == Reading::field ? fields : views);
  if (fields + views == 0) return;
  out.line("the socket",
           paragraph(plural(fields, "field") + " of the kernel's structs: --fields; with its " +
                         plural(views, "option") + " and views: --state; the path: --steps",
                     kLabel));
}

// What the text of the call said was answered.
void put_pasted(Sections& out, const Setting& setting, const Explanation& explanation,
                const ExplainOptions& options) {
  if (!options.pasted) return;
  const Verdict& verdict = explanation.answer.verdict;
  if (verdict.rule == Rule::family_not_modelled) return;
  const int32_t error = *options.pasted;
  if (verdict.error == error) return out.line("pasted", "as the model says");
  const std::string answer = error == 0 ? "a descriptor"
                                        : "-1 " + std::string(errno_name(error)) + " (" +
                                              std::string(errno_text(error)) + ")";
  out.line("pasted", paragraph(answer + ", which is not what the model says", kLabel));
  if (error == 0) return;
  const std::vector<ErrnoCause> causes = likely_causes(explanation.asked, error);
  put_causes_text(out, setting, causes);
  put_tellings(out, causes, explanation.asked.call);
  const std::string name(errno_name(error));
  if (causes.empty())
    out.line(name, paragraph("by nothing near this world; a seccomp filter answers before the "
                             "kernel's own checks and may give any errno",
                             kLabel));
}

void put_hazards(Sections& out, HazardSet hazards) {
  for (size_t i = 0; i < kHazardCount; ++i) {
    const Hazard hazard = static_cast<Hazard>(i);
    if (!hazards.has(hazard)) continue;
    out.line("hazard",
             padded(hazard_name(hazard), 24) + paragraph(hazard_sentence(hazard), kLabel + 24));
  }
}

}  // namespace

std::string explain_text(const Setting& setting, const Call& call, const ExplainOptions& options) {
  const Explanation explanation = explain_case(setting, call);
  if (options.json) return explain_json(setting, explanation, options);
  const Verdict& verdict = explanation.answer.verdict;
  std::string text = headline(setting, call, verdict);
  Sections out(&text);
  const bool created = verdict.rule == Rule::created;
  put_caller(out, setting);
  const NotLinux* const system =
      options.system.empty() ? system_of(setting) : &find_system(options.system);
  if (system != nullptr)
    for (const std::string& line : system_lines(*system, verdict))
      out.line("not Linux", paragraph(line, kLabel));
  put_without_effect(out, setting);
  put_pasted(out, setting, explanation, options);
  if (created)
    out.line("created",
             paragraph("No rule refuses: " + plural(explanation.passed.size(), "rule") + " passed.",
                       kLabel));
  else put_rule(out, "decided by", verdict.rule, explanation.asked);
  put_filter(out, explanation);
  put_before(out, explanation, options.steps);
  put_steps(out, explanation.answer.steps, options.steps);
  put_not_reached(out, explanation);
  put_span(out, explanation);
  put_sensitivity(out, setting, explanation, options);
  put_remedies(out, explanation);
  if (created) put_breakers(out, explanation);
  put_hazards(out, verdict.hazards);
  if (options.fields || options.state) text += socket_text(explanation.answer.state, options.state);
  else put_socket(out, explanation.answer.state);
  return text;
}

}  // namespace sockoracle
