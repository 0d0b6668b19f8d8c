// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare/autoload.h"

#include <algorithm>

#include "conformance/base/plural.h"
#include "conformance/plan/plan.h"
#include "conformance/words/step_text.h"
#include "conformance/world/host_world.h"
#include "model/kernel.h"
#include "model/module.h"

namespace sockoracle {
namespace {

constexpr AutoloadPhase kPhases[] = {
    {Presence::absent, "root", false},
    {Presence::loadable, "nobody", true},
    {Presence::loaded, "root", false},
};

std::string ending(int32_t error) { return "= " + (error == 0 ? "ok" : outcome_name(error)); }

// "net-pf-2-proto-132-type-1 net-pf-2-proto-132+sctp = ok": the aliases, behind each what came of
// the modules that the model knows.
std::string seen_text(const AutoloadCall& call) {
  std::string text;
  for (const std::string& alias : call.asked) {
    text += alias;
    if (const auto found = call.came.find(alias); found != call.came.end()) {
      text += "+";
      for (const std::string& module : found->second) {
        const ProviderRow* provider = provider_of_module(module);
        if (provider == nullptr) continue;
        if (text.back() != '+') text += '+';
        text += provider->name;
      }
    }
    text += " ";
  }
  return text + ending(call.error);
}

// The same of the model's kernel.
std::string model_text(Kernel& kernel, const Call& call, Rule* rule) {
  const Verdict verdict = kernel.call(call);
  std::string text, loaded;
  for (const Step& step : kernel.trace()) {
    if (step.kind == StepKind::module_load) loaded += "+" + std::string(step.what);
    if (step.kind != StepKind::request_module) continue;
    char room[64];
    text += std::string(room, std::min(alias_text(step, room), sizeof room));
    text += loaded + " ";
    loaded.clear();
  }
  *rule = verdict.rule;
  if (verdict.fd >= 0) kernel.close(verdict.fd);
  return text + ending(verdict.error);
}

// The machine's world in a phase: modules that no alias brings are not there before the grid.
World phase_world(const AutoloadPhase& phase, const AutoloadAnswers& seen, World base) {
  base.modules_enabled = true;
  for (const ProviderRow& row : providers()) {
    Presence& presence = base.providers[static_cast<size_t>(row.id)];
    if (presence != Presence::loaded) continue;
    const bool comes = std::any_of(seen.aliases.begin(), seen.aliases.end(), [&](const auto& a) {
      return a.size() > 1 && provider_of_module(a.back()) == &row;
    });
    presence = comes ? phase.modules : Presence::absent;
  }
  return context_world(base, *find_context(phase.context));
}

}  // namespace

std::span<const AutoloadPhase> autoload_phases() { return kPhases; }

const AutoloadPhase* find_autoload_phase(std::string_view name) {
  for (const AutoloadPhase& phase : kPhases)
    if (presence_name(phase.modules) == name) return &phase;
  return nullptr;
}

bool is_module_word(std::string_view text) {
  constexpr size_t kLengthMax = 64;
  return !text.empty() && text.size() <= kLengthMax &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c > ' ' && c <= '~' && c != '$'; });
}

DeepResult compare_autoload(const AutoloadAnswers& seen, const World& world) {
  DeepResult result;
  if (seen.calls.empty()) return result;
  DeepOracle oracle{.name = "autoload", .counts = {}, .skipped = {}, .notes = {}, .compared = 0};
  size_t asked = 0;
  std::string phases, loads;
  for (const AutoloadPhase& phase : kPhases) {
    const std::string name(presence_name(phase.modules));
    Kernel kernel(phase_world(phase, seen, world));
    const size_t before = oracle.compared;
    for (const AutoloadCall& one : seen.calls) {
      if (one.modules != phase.modules) continue;
      const Call call{Entry::socket, one.family, one.type, one.protocol};
      DeepGroup group{.context = std::string(phase.context), .group = {}, .differences = {}};
      group.group = {.family = call.family,
                     .type = call.type,
                     .low = call.protocol,
                     .high = call.protocol,
                     .deep = true,
                     .skipped = {},
                     .oracle = "autoload"};
      Rule rule{};
      std::string expected = model_text(kernel, call, &rule), got = seen_text(one);
      if (expected != got) {
        group.differences.push_back({group.context, rule, call, call.protocol,
                                     "the requests where modules are " + name, std::move(expected),
                                     std::move(got)});
      }
      for (const auto& [alias, modules] : one.came) {
        loads += "\n  " + call_text(call) + " as " + group.context + ": " + alias + " brought";
        for (const std::string& module : modules) loads += " " + module;
      }
      asked += !one.asked.empty();
      ++oracle.compared;
      result.groups.push_back(std::move(group));
    }
    if (oracle.compared != before) phases += (phases.empty() ? "" : ", ") + name;
  }
  oracle.counts = plural(seen.calls.size(), "call") + ", " + std::to_string(asked) +
                  " of which asked for modules, where they are " + phases + loads;
  result.oracles.push_back(std::move(oracle));
  return result;
}

}  // namespace sockoracle
