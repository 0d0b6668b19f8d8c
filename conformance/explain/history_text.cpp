// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/history_text.h"

#include <algorithm>

#include "conformance/base/json_out.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/words/answer_json.h"
#include "conformance/words/step_text.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// A sysctl that changes the answer within an era.
struct Lever {
  Sysctl sysctl;
  SysctlValue value;
  Verdict verdict;
};

std::string outcome(int32_t error, Rule rule) {
  if (rule == Rule::family_not_modelled) return "?";
  return error == 0 ? "ok" : std::string(errno_name(error));
}

// Each sysctl at its least and at its greatest value, asked on the era's newest release.
std::vector<Lever> levers_of(const Case& c, const Era& era) {
  Case there = c;
  set_release(there.world, {era.last, 0});
  std::vector<Lever> levers;
  for (const SysctlRow& row : sysctls()) {
    const SysctlValue extremes[] = {{{row.min, row.min, row.min}}, {{row.min, row.max, row.max}}};
    for (const SysctlValue& extreme : extremes) {
      Case changed = there;
      SysctlValue value = extreme;
      for (size_t i = row.count; i < value.v.size(); ++i) value.v[i] = 0;
      changed.world.sysctls[static_cast<size_t>(row.id)] = value;
      const Verdict verdict = ask(changed).verdict;
      if (verdict.error == era.error && verdict.rule == era.rule) continue;
      levers.push_back({row.id, value, verdict});
      break;
    }
  }
  return levers;
}

std::string lever_flag(const Lever& lever) {
  Change change = change_of(Change::Kind::sysctl, static_cast<size_t>(lever.sysctl));
  change.sysctl = lever.value;
  return change_text(change);
}

// The setting without its release: history has all of them.
std::string without_release(const Setting& setting) {
  return "as " + setting.caller + (setting.caller_chosen ? "" : " by default") +
         (setting.who.empty() ? "" : " (" + setting.who + ")");
}

// History has every release; the one that was asked for is marked.
bool is_marked(const Setting& setting, const Era& era) {
  const auto names = [](const Item& item) { return item.kind == ItemKind::release; };
  const uint8_t release = setting.world.release.index;
  return era.first <= release && release <= era.last &&
         std::any_of(setting.items.begin(), setting.items.end(), names);
}

std::string text_of(const Setting& setting, const Call& call, const std::vector<Era>& eras) {
  constexpr size_t kIndent = 17;
  std::string text = call_text(call) + "    " + without_release(setting) + "\n\n";
  const std::string indent(kIndent, ' ');
  for (const Era& era : eras) {
    std::string span(releases()[era.first].name);
    if (era.last != era.first) span += " to " + std::string(releases()[era.last].name);
    text += "  " + padded(span, kIndent - 2) + padded(outcome(era.error, era.rule), 18) +
            std::string(row(era.rule).name) + (era.state_changed ? ", another state" : "") +
            (is_marked(setting, era) ? "   <- " + release_text(setting.world.release) : "") + "\n";
    for (const std::string& reason : era_reasons(era))
      text += indent + "since " + paragraph(reason, kIndent + 6) + "\n";
    for (const Lever& lever : levers_of({setting.world, call}, era))
      text += indent + padded(outcome(lever.verdict.error, lever.verdict.rule), 18) +
              std::string(row(lever.verdict.rule).name) + ", with " + lever_flag(lever) + "\n";
  }
  return text;
}

void put_answer(JsonOut& out, int32_t error, Rule rule) {
  put_errno(out, error, rule);
  out.member("rule", row(rule).name);
}

std::string json_of(const Setting& setting, const Call& call, const std::vector<Era>& eras) {
  JsonOut out;
  out.begin_object();
  out.member("call", call_text(call));
  out.member("caller", setting.caller);
  out.key("eras");
  out.begin_list();
  for (const Era& era : eras) {
    out.begin_object();
    out.member("first", releases()[era.first].name);
    out.member("last", releases()[era.last].name);
    put_answer(out, era.error, era.rule);
    if (is_marked(setting, era)) out.member("asked", release_text(setting.world.release));
    out.key("state_changed");
    out.boolean(era.state_changed);
    out.key("because");
    out.begin_list();
    for (const Behaviour b : era.because) out.text(row(b).name);
    out.end_list();
    const std::pair<const char*, const std::vector<Provider>*> moves[] = {
        {"appeared", &era.appeared}, {"disappeared", &era.disappeared}};
    for (const auto& [name, list] : moves) {
      out.key(name);
      out.begin_list();
      for (const Provider p : *list) out.text(providers()[static_cast<size_t>(p)].name);
      out.end_list();
    }
    out.key("sysctls");
    out.begin_list();
    for (const Lever& lever : levers_of({setting.world, call}, era)) {
      out.begin_object();
      out.member("name", sysctls()[static_cast<size_t>(lever.sysctl)].name);
      out.member("value", sysctl_text(lever.sysctl, lever.value));
      put_answer(out, lever.verdict.error, lever.verdict.rule);
      out.end_object();
    }
    out.end_list();
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return out.take();
}

}  // namespace

std::string history_text(const Setting& setting, const Call& call, const HistoryOptions& options) {
  const std::vector<Era> eras = history_of({setting.world, call}, options.state);
  return options.json ? json_of(setting, call, eras) : text_of(setting, call, eras);
}

}  // namespace sockoracle
