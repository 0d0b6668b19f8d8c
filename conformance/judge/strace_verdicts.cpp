// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/judge/strace_verdicts.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "conformance/words/step_text.h"
#include "model/explore.h"
#include "model/kernel.h"

namespace sockoracle {
namespace {

// Calls that are the same question with the same answer.
std::vector<StraceVerdict> folded(const StraceLog& log) {
  std::map<std::tuple<size_t, int, int32_t, int32_t, int32_t, std::string, std::string>, size_t>
      index;
  std::vector<StraceVerdict> all;
  for (const LoggedCall& c : log.calls) {
    const auto [at, is_new] =
        index.try_emplace({c.caller, static_cast<int>(c.call.entry), c.call.family, c.call.type,
                           c.call.protocol, c.words, c.said},
                          all.size());
    if (is_new) all.emplace_back().call = c;
    all[at->second].lines.push_back(c.line);
  }
  return all;
}

// A log's world may well differ so: caller, modules, sysctls, limits. That a policy or a fault
// could answer anything, or that another release does, explains nothing.
bool plausible(const std::vector<Change>& changes) {
  const auto of_caller_or_system = [](const Change& change) {
    switch (change.kind) {
      case Change::Kind::context:
        // Contexts with a policy are left out for the same reason.
        return contexts()[change.index].operations.find("deny") == std::string_view::npos;
      case Change::Kind::capability:
      case Change::Kind::module:
      case Change::Kind::sysctl:
      case Change::Kind::limit: return true;
      default: return false;
    }
  };
  return !changes.empty() && std::all_of(changes.begin(), changes.end(), of_caller_or_system);
}

// The smallest changes of the world that lead to the logged answer, or "".
std::string other_world(const Case& c, int32_t error, Rule* rule) {
  constexpr size_t kRemedies = 24;
  std::vector<std::vector<Change>> sets;
  *rule = Rule::created;
  if (error == 0) {
    for (const Remedy& remedy : remedies_of(c, kRemedies))
      if (plausible(remedy.changes)) sets.push_back(remedy.changes);
  } else {
    for (const Cause& cause : causes_of(c, error)) {
      if (!plausible(cause.changes)) continue;
      *rule = cause.rule;
      sets.push_back(cause.changes);
      break;
    }
  }
  if (sets.empty()) return {};
  const std::vector<std::string> lines = change_lines(sets);
  return lines.empty() ? std::string() : lines.front();
}

void judge(const StraceLog& log, StraceVerdict* verdict) {
  const LoggedCaller& caller = log.callers[verdict->call.caller];
  const Case c{caller.world, verdict->call.call};
  const Verdict answer = verdict->call.words.empty() ? ask(c).verdict : Verdict{};
  verdict->predicted = answer.error;
  verdict->rule = verdict->call.words.empty() ? answer.rule : Rule::family_not_modelled;
  if (verdict->rule == Rule::family_not_modelled) {
    verdict->judged = Judged::outside;
  } else if (!verdict->call.finished) {
    verdict->judged = Judged::no_result;
  } else if (answer.error == verdict->call.error) {
    verdict->judged = Judged::ok;
  } else if (!caller.doubt.empty()) {
    verdict->judged = Judged::unknown;
  } else {
    verdict->elsewhere = other_world(c, verdict->call.error, &verdict->elsewhere_rule);
    verdict->judged = verdict->elsewhere.empty() ? Judged::differs : Judged::elsewhere;
  }
}

}  // namespace

StraceVerdicts judge_strace(const StraceLog& log) {
  StraceVerdicts out;
  out.calls = log.calls.size();
  out.all = folded(log);
  for (StraceVerdict& verdict : out.all) {
    judge(log, &verdict);
    const size_t count = verdict.lines.size();
    switch (verdict.judged) {
      case Judged::unknown: out.unknown += count; break;
      case Judged::outside: out.outside += count; break;
      case Judged::no_result: break;
      case Judged::differs: out.differ += count; [[fallthrough]];
      default: out.checked += count;
    }
  }
  return out;
}

}  // namespace sockoracle
