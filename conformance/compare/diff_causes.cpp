// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare/diff_causes.h"

#include <map>
#include <utility>

#include "conformance/compare/compare.h"
#include "conformance/plan/model_answers.h"
#include "conformance/words/step_text.h"
#include "conformance/world/world_text.h"
#include "model/kernel.h"
#include "model/world_parts.h"

namespace sockoracle {
namespace {

bool exists(Provider provider, Release release) {
  return possible_presence(provider, release, Presence::builtin) == Presence::builtin;
}

std::string presence_text(Presence presence) { return std::string(presence_name(presence)); }

class Causes {
 public:
  Causes(Comparison& comparison, const World& expected, const World& got)
      : comparison_(comparison), expected_(expected), got_(got) {}

  void explain(Finding& finding) {
    const ContextRow* context = find_context(finding.contexts.front());
    if (context == nullptr) return;
    World from = expected_, to = got_;
    apply_context(from, *context);
    apply_context(to, *context);
    finding.cause = appeared(finding, from.release, to.release);
    if (!finding.cause.empty()) return;
    const auto text = [&](const World& world) { return text_of(finding, world); };
    if (text(from) != finding.expected || text(to) != finding.got) return;
    if (finding.observable == "errno") {
      const Rule rule = ask({to, finding.smallest}).verdict.rule;
      if (rule != Rule::created)
        finding.got_because = std::string(row(rule).name) + ": " + std::string(row(rule).sentence);
    }
    const std::vector<WorldPart> parts =
        least_difference(from, to, [&](const World& world) { return text(world) == finding.got; });
    bool facts = !parts.empty();
    for (const WorldPart& part : parts) {
      facts = facts && is_fact(part, from, to);
      finding.cause += (finding.cause.empty() ? "" : "; ") + part_text(part, from, to);
    }
    finding.known = facts;
    if (facts) finding.reason = finding.cause + ", a fact of the world";
  }

 private:
  // An option that only one of the releases knows.
  static std::string appeared(const Finding& finding, Release from, Release to) {
    const int index = find_observable(finding.observable);
    if (index < 0) return {};
    const Observable& row = observables()[static_cast<size_t>(index)];
    const bool before = within(from, row.since, row.until), now = within(to, row.since, row.until);
    if (before == now) return {};
    return finding.observable + (now ? " exists" : " is gone");
  }

  // What the model shows in that world, as findings write it.
  static std::string text_of(const Finding& finding, const World& world) {
    const Answer answer = ask({world, finding.smallest});
    if (finding.observable == "errno") return outcome_name(answer.verdict.error);
    const int index = find_observable(finding.observable);
    if (index < 0 || static_cast<size_t>(index) >= answer.state.size()) return {};
    const auto at = static_cast<size_t>(index);
    SameView same{.protocol = finding.smallest.protocol};
    return probe_text(observables()[at], answer.state[at], same);
  }

  // Not of the release: somebody configured, loaded or set it so.
  static bool is_fact(const WorldPart& part, const World& from, const World& to) {
    switch (part.kind) {
      case WorldPart::Kind::behaviour: return false;
      case WorldPart::Kind::provider: {
        const auto provider = static_cast<Provider>(part.index);
        return exists(provider, from.release) && exists(provider, to.release);
      }
      case WorldPart::Kind::sysctl: {
        const auto sysctl = static_cast<Sysctl>(part.index);
        return default_sysctl(sysctl, from.release) == default_sysctl(sysctl, to.release);
      }
    }
    return false;
  }

  // "dccp is gone: DCCP (module dccp_ipv4)", "module sctp: loadable in A, absent in B".
  std::string part_text(const WorldPart& part, const World& from, const World& to) const {
    if (part.kind == WorldPart::Kind::behaviour) {
      const auto behaviour = static_cast<Behaviour>(part.index);
      return (to.has(behaviour) ? "" : "without ") + behaviour_text(behaviour);
    }
    if (part.kind == WorldPart::Kind::sysctl) {
      const auto sysctl = static_cast<Sysctl>(part.index);
      return sides(std::string(sysctls()[part.index].name),
                   sysctl_text(sysctl, from.sysctls[part.index]),
                   sysctl_text(sysctl, to.sysctls[part.index]));
    }
    const ProviderRow& row = providers()[part.index];
    const auto provider = static_cast<Provider>(part.index);
    const std::string name(row.name), tail = ": " + std::string(row.sentence);
    if (!exists(provider, to.release)) return name + " is gone" + tail;
    if (!exists(provider, from.release)) return name + " exists" + tail;
    return sides("module " + name, presence_text(from.providers[part.index]),
                 presence_text(to.providers[part.index]));
  }

  std::string sides(const std::string& what, const std::string& expected,
                    const std::string& got) const {
    return what + ": " + expected + " in " + comparison_.expected_from + ", " + got + " in " +
           comparison_.got_from;
  }

  Comparison& comparison_;
  const World& expected_;
  const World& got_;
};

}  // namespace

void explain_differences(Comparison& comparison, const World& expected, const World& got) {
  const Provenance& facts = comparison.provenance;
  comparison.got_from = facts.subject == "model" ? "Linux " + facts.release
                                                 : facts.subject + " (" + facts.release + ")";
  comparison.explain_flags = world_flags(got);
  Causes causes(comparison, expected, got);
  for (Finding& finding : comparison.findings) causes.explain(finding);
  sort_findings(comparison);
}

}  // namespace sockoracle
