// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <map>

#include "conformance/cli_error.h"
#include "conformance/explain.h"
#include "conformance/step_text.h"
#include "conformance/text_layout.h"
#include "model/observables.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kLabel = 15;  // where the text beside a label begins

// "  label        first line\n               next line\n"
class Sections {
 public:
  explicit Sections(std::string* out) : out_(*out) {}

  void line(std::string_view label, std::string_view text) {
    std::string head = "  " + std::string(label == last_ ? "" : label);
    head.resize(std::max(kLabel, head.size() + 2), ' ');
    last_ = label;
    out_ += head;
    out_ += text;
    out_ += '\n';
  }

 private:
  std::string& out_;
  std::string last_;
};

std::string result_text(const Verdict& verdict) {
  if (verdict.rule == Rule::family_not_modelled) return "?";
  if (verdict.error == 0) return std::to_string(verdict.fd);
  return "-1 " + std::string(errno_name(verdict.error)) + " (" +
         std::string(errno_text(verdict.error)) + ")";
}

std::string headline(const Setting& setting, const Call& call, const Verdict& verdict) {
  return padded(call_text(call) + " = " + result_text(verdict) + "  ", 76) + setting_text(setting) +
         "\n\n";
}

void put_rule(Sections& out, std::string_view label, Rule rule) {
  out.line(label, padded(row(rule).name, 24) + place_of(rule));
  out.line(label, paragraph(row(rule).sentence, kLabel));
}

void put_before(Sections& out, const Explanation& explanation) {
  std::vector<std::string> names;
  for (const Rule rule : explanation.passed) names.emplace_back(row(rule).name);
  const bool created = explanation.answer.verdict.rule == Rule::created;
  if (!names.empty()) out.line(created ? "passed" : "before it", wrapped(names, kLabel));
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
    put_rule(out, "not reached", later.rule);
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

std::string_view release_name(uint8_t index) {
  return releases()[index].name;
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
  const std::string first(release_name(span.first)), last(release_name(span.last));
  if (oldest && newest)
    return out.line("same on", first + " to " + last + ", every release modelled");
  out.line("same since", first + (oldest ? " (the oldest release modelled)" : "") +
                             (newest ? ", to this day (" + last + ")" : ", up to " + last));
  if (!oldest) put_reasons(out, first, era_reasons(explanation.since));
  if (!newest)
    put_reasons(out, release_name(static_cast<uint8_t>(span.last + 1)),
                era_reasons(explanation.until));
}

void put_remedies(Sections& out, const Explanation& explanation) {
  const Verdict& verdict = explanation.answer.verdict;
  if (verdict.error == 0 || verdict.rule == Rule::family_not_modelled) return;
  std::vector<std::vector<Change>> sets;
  for (const Remedy& remedy : explanation.remedies) sets.push_back(remedy.changes);
  for (const std::string& line : change_lines(sets)) out.line("succeeds", line);
  if (sets.empty())
    out.line("succeeds", "by no single change of the world or the call, nor by two");
}

void put_hazards(Sections& out, HazardSet hazards) {
  for (size_t i = 0; i < kHazardCount; ++i) {
    const Hazard hazard = static_cast<Hazard>(i);
    if (!hazards.has(hazard)) continue;
    out.line("hazard",
             padded(hazard_name(hazard), 24) + paragraph(hazard_sentence(hazard), kLabel + 24));
  }
}

// Where a struct's fields begin in observables.def, so that the reader sees whose they are.
struct Anchor {
  std::string_view first;
  std::string_view label;
};
constexpr Anchor kStructs[] = {
    {"socket.state", "socket"},     {"sk_family", "sock"},    {"pinet6", "inet_sock"},
    {"np.hop_limit", "ipv6_pinfo"}, {"icsk_rto", "tcp_sock"}, {"udp_prod_queue", "own fields"},
};

// The rows of a kind, "name=value", wrapped; fields under the name of their struct, views that
// refuse to be read behind all others, under their errno.
void put_state(Sections& out, const State& state, bool fields) {
  const auto rows = observables();
  std::vector<std::string> words;
  std::map<int32_t, std::vector<std::string>> refused;
  std::string_view label = fields ? "fields" : "seen as";
  const auto flush = [&] {
    if (!words.empty()) out.line(label, wrapped(words, kLabel));
    words.clear();
  };
  for (size_t i = 0; i < rows.size() && i < state.size(); ++i) {
    if ((rows[i].reading == Reading::field) != fields) continue;
    for (const Anchor& anchor : kStructs) {
      if (anchor.first != rows[i].name) continue;
      flush();
      label = anchor.label;
    }
    if (state[i].kind == Value::Kind::error)
      refused[state[i].error].emplace_back(rows[i].name);
    else if (state[i].kind != Value::Kind::none)
      words.push_back(std::string(rows[i].name) + "=" + value_string(state[i]));
  }
  flush();
  for (const auto& [error, names] : refused) out.line(errno_name(error), wrapped(names, kLabel));
}

std::vector<Cause> causes_or_throw(const Setting& setting, const Call& call,
                                   const std::string& error) {
  const ErrnoSymbol* symbol = find_errno(error);
  if (symbol == nullptr)
    throw UsageError("--errno " + error + ": accepted is the name of an errno, like EPERM");
  return causes_of({setting.world, call}, symbol->number);
}

}  // namespace

std::string explain_text(const Setting& setting, const Call& call, const ExplainOptions& options) {
  const Explanation explanation = explain_case(setting, call);
  if (options.json) return explain_json(setting, explanation);
  const Verdict& verdict = explanation.answer.verdict;
  std::string text = headline(setting, call, verdict);
  Sections out(&text);
  if (verdict.rule == Rule::created)
    out.line("created", "No rule refuses.");
  else
    put_rule(out, "decided by", verdict.rule);
  put_before(out, explanation);
  put_steps(out, explanation.answer.steps, options.steps);
  put_not_reached(out, explanation);
  put_span(out, explanation);
  put_remedies(out, explanation);
  put_hazards(out, verdict.hazards);
  put_state(out, explanation.answer.state, true);
  if (options.state) put_state(out, explanation.answer.state, false);
  return text;
}

std::string causes_text(const Setting& setting, const Call& call, const ExplainOptions& options) {
  const std::vector<Cause> causes = causes_or_throw(setting, call, options.error);
  if (options.json) return causes_json(setting, call, options.error, causes);
  const ErrnoSymbol* symbol = find_errno(options.error);
  std::string text =
      padded(call_text(call) + " = -1 " + options.error + " (" + std::string(symbol->text) + ")?",
             76) +
      setting_text(setting) + "\n\n";
  Sections out(&text);
  if (causes.empty())
    out.line("no cause", "nothing near this world makes this call answer " + options.error);
  size_t number = 0;
  for (const Cause& cause : causes) {
    const std::string label = "cause " + std::to_string(++number);
    put_rule(out, label, cause.rule);
    if (cause.changes.empty()) out.line(label, "shown by the world as it is");
    for (const std::string& line : change_lines({cause.changes}))
      if (!line.empty()) out.line(label, "shown " + line);
  }
  return text;
}

}  // namespace sockoracle
