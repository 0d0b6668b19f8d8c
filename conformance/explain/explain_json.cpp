// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/json_out.h"
#include "conformance/explain/explain.h"
#include "conformance/explain/sensitivity.h"
#include "conformance/explain/systems.h"
#include "conformance/words/answer_json.h"
#include "conformance/words/remedy_text.h"
#include "conformance/words/state_json.h"
#include "conformance/words/step_text.h"
#include "conformance/world/sysctls_elsewhere.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

void put_setting(JsonOut& out, const Setting& setting, const Call& call) {
  out.member("call", call_text(call));
  out.member("release", release_text(setting.world.release));
  if (!setting.release_note.empty()) out.member("release_note", setting.release_note);
  out.member("caller", setting.caller);
  if (!setting.who.empty()) out.member("who", setting.who);
  if (!setting.holds_if.empty()) {
    out.key("holds_if");
    out.begin_list();
    for (const std::string& condition : setting.holds_if) out.text(condition);
    out.end_list();
  }
  out.member("flags", setting.flags);
  const std::vector<std::string> without = sysctls_without_effect(setting);
  if (without.empty()) return;
  out.key("no_effect");
  out.begin_list();
  for (const std::string& line : without) out.text(line);
  out.end_list();
}

void put_rule(JsonOut& out, Rule rule, const Case& asked) {
  out.member("rule", row(rule).name);
  out.member("sentence", row(rule).sentence);
  out.member("where", where_of(rule, asked.world.release, asked.call));
}

// A set of changes as flags, and the call where it changes too.
void put_changes(JsonOut& out, const std::vector<Change>& changes) {
  std::string flags, deeds;
  out.begin_object();
  for (const Change& change : changes) {
    if (const std::string deed = deed_of(change); !deed.empty())
      deeds += (deeds.empty() ? "" : " and ") + deed;
    if (change.kind == Change::Kind::call) {
      out.member("call", call_text(change.call));
    } else {
      flags += (flags.empty() ? "" : " ") + change_text(change);
    }
  }
  out.member("flags", flags);
  if (!deeds.empty()) out.member("do", deeds);
  out.end_object();
}

void put_filter(JsonOut& out, const Explanation& explanation) {
  const auto lines = [&](const char* name, const std::vector<std::string>& list) {
    out.key(name);
    out.begin_list();
    for (const std::string& line : list) out.text(line);
    out.end_list();
  };
  out.key("filter");
  out.begin_object();
  lines("reasons", explanation.filter_reasons);
  lines("let_through", explanation.filter_changes);
  if (explanation.behind_filter) {
    out.key("behind");
    out.begin_object();
    put_errno(out, explanation.behind_filter->error, explanation.behind_filter->rule);
    out.member("rule", row(explanation.behind_filter->rule).name);
    out.end_object();
  }
  out.end_object();
}

void put_path(JsonOut& out, const Explanation& explanation) {
  out.key("passed");
  out.begin_list();
  for (const Rule rule : explanation.passed) out.text(row(rule).name);
  out.end_list();
  out.key("steps");
  out.begin_list();
  for (const Step& step : explanation.answer.steps) {
    std::string json;
    append_step_json(json, step);
    out.raw(json);
  }
  out.end_list();
  out.key("not_reached");
  out.begin_list();
  for (const LaterRefusal& later : explanation.not_reached) {
    out.begin_object();
    put_rule(out, later.rule, explanation.asked);
    put_errno(out, later.error, later.rule);
    out.member("call", call_text(later.call));
    out.end_object();
  }
  out.end_list();
}

void put_span(JsonOut& out, const Explanation& explanation) {
  out.member("same_since", releases()[explanation.span.first].name);
  out.member("same_until", releases()[explanation.span.last].name);
  out.key("began_by");
  out.begin_list();
  if (explanation.span.first != 0)
    for (const std::string& reason : era_reasons(explanation.since)) out.text(reason);
  out.end_list();
  out.key("backports");
  out.begin_list();
  for (const Behaviour b : explanation.backports) out.text(row(b).name);
  out.end_list();
  out.key("ended_by");
  out.begin_list();
  for (const std::string& reason : era_reasons(explanation.until)) out.text(reason);
  out.end_list();
}

void put_breakers(JsonOut& out, const Explanation& explanation) {
  out.key("breakers");
  out.begin_list();
  for (const Breaker& breaker : explanation.breakers) {
    out.begin_object();
    put_errno(out, breaker.error, breaker.rule);
    out.member("rule", row(breaker.rule).name);
    out.member("flags", change_text(breaker.change));
    out.end_object();
  }
  out.end_list();
}

void put_pasted(JsonOut& out, const Setting& setting, const Explanation& explanation,
                int32_t error) {
  out.key("pasted");
  out.begin_object();
  out.key("errno");
  put_errno_value(out, error);
  out.key("agrees");
  const bool agrees = explanation.answer.verdict.error == error;
  out.boolean(agrees);
  std::vector<ErrnoCause> causes;
  if (error != 0 && !agrees) causes = likely_causes(explanation.asked, error);
  put_causes_json(out, setting, explanation.asked.call, causes);
  out.end_object();
}

}  // namespace

std::string explain_json(const Setting& setting, const Explanation& explanation,
                         const ExplainOptions& options) {
  JsonOut out;
  out.begin_object();
  put_setting(out, setting, explanation.asked.call);
  const Verdict& verdict = explanation.answer.verdict;
  put_errno(out, verdict.error, verdict.rule);
  put_rule(out, verdict.rule, explanation.asked);
  const NotLinux* const system =
      options.system.empty() ? system_of(setting) : &find_system(options.system);
  if (system != nullptr) {
    out.key("not_linux");
    out.begin_list();
    for (const std::string& line : system_lines(*system, verdict)) out.text(line);
    out.end_list();
  }
  if (setting.filter != nullptr) put_filter(out, explanation);
  put_path(out, explanation);
  put_span(out, explanation);
  if (options.sensitivity || setting.release_may_differ) {
    out.key("sensitivity");
    out.begin_list();
    for (const std::string& line :
         sensitivity_lines(sensitivity_of(explanation.asked, setting.release_may_differ)))
      out.text(line);
    out.end_list();
  }
  out.key("remedies");
  out.begin_list();
  for (const Remedy& remedy : explanation.remedies) put_changes(out, remedy.changes);
  out.end_list();
  put_breakers(out, explanation);
  if (options.pasted) put_pasted(out, setting, explanation, *options.pasted);
  std::string json;
  append_hazards(json, verdict.hazards);
  out.key("hazards");
  out.raw(json);
  json.clear();
  append_state(json, explanation.answer);
  out.key("state");
  out.raw(json);
  out.end_object();
  return out.take();
}

std::string causes_json(const Setting& setting, const Call& call, const std::string& error,
                        const std::vector<ErrnoCause>& causes) {
  JsonOut out;
  out.begin_object();
  put_setting(out, setting, call);
  out.member("errno", error);
  put_causes_json(out, setting, call, causes);
  out.end_object();
  return out.take();
}

}  // namespace sockoracle
