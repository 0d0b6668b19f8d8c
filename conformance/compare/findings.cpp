// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare/findings.h"

#include <algorithm>

#include "conformance/base/plural.h"
#include "conformance/compare/diff_causes.h"
#include "conformance/words/step_text.h"
#include "model/strace.h"

namespace sockoracle {

uint64_t Comparison::checked_cases() const {
  uint64_t count = 0;
  for (const ContextResult& context : contexts) count += context.checked_cases;
  return count;
}

uint64_t Comparison::skipped_cases() const {
  uint64_t count = 0;
  for (const auto& [reason, cases] : skipped) count += cases;
  return count;
}

size_t Comparison::checked_contexts() const {
  return static_cast<size_t>(std::count_if(contexts.begin(), contexts.end(),
                                           [](const auto& c) { return c.checked_cases != 0; }));
}

size_t Comparison::unexpected() const {
  return static_cast<size_t>(
      std::count_if(findings.begin(), findings.end(), [](const auto& f) { return !f.known; }));
}

namespace {

// " (root, nobody)": the contexts that a reason skipped as a whole, all of them or the first of
// many.
std::string contexts_text(const Comparison& comparison, const std::string& reason) {
  constexpr size_t kNamed = 4;
  const auto found = comparison.skipped_contexts.find(reason);
  if (found == comparison.skipped_contexts.end()) return {};
  const std::vector<std::string>& names = found->second;
  std::string text;
  for (size_t i = 0; i < names.size() && i < kNamed; ++i) text += (i > 0 ? ", " : " (") + names[i];
  if (names.size() > kNamed) text += " and " + std::to_string(names.size() - kNamed) + " more";
  return text + ")";
}

}  // namespace

std::string summary_line(const Comparison& comparison) {
  std::string line = plural(comparison.checked_cases(), "case") + " checked in " +
                     plural(comparison.checked_contexts(), "context") + ", " +
                     std::to_string(comparison.skipped_cases()) + " skipped";
  std::vector<std::pair<uint64_t, std::string>> reasons;
  for (const auto& [reason, cases] : comparison.skipped) reasons.emplace_back(cases, reason);
  std::sort(reasons.begin(), reasons.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  std::string separator = ": ";
  for (const auto& [cases, reason] : reasons) {
    line += separator + std::to_string(cases) + " " + agreeing(cases, reason) +
            contexts_text(comparison, reason);
    separator = "; ";
  }
  return line;
}

std::string range_text(int32_t low, int32_t high) {
  return low == high ? std::to_string(low) : std::to_string(low) + " to " + std::to_string(high);
}

std::string outcome_sentence(const Comparison& comparison, const Finding& finding) {
  const std::string line = "got " + finding.got + "; " + comparison.expected_from + " ";
  // What is not a view of a socket says so in words: "the call's steps".
  if (finding.observable.starts_with("the ")) {
    return finding.observable + ": " + line + "has " + finding.expected;
  }
  if (finding.observable != "errno") {
    const std::string where =
        finding.near.empty() ? "" : ", where it creates it: with " + finding.near;
    return "a fresh socket's " + finding.observable + ": " + line + "shows " + finding.expected +
           where;
  }
  return line + "answers " + finding.expected;
}

std::string finding_sentence(const Comparison& comparison, const Finding& finding) {
  if (!comparison.got_from.empty()) return diff_sentence(comparison, finding);
  const std::string line = outcome_sentence(comparison, finding);
  if (finding.observable != "errno") return line;
  const RuleRow& rule = row(finding.rule);
  return line + ", because " + std::string(rule.name) + ": " + std::string(rule.sentence);
}

std::string explain_command(const Comparison& comparison, const Finding& finding) {
  return "sockoracle explain '" + call_text(finding.smallest) + "'" + comparison.explain_flags +
         " --as " + finding.contexts.front() + (finding.near.empty() ? "" : " " + finding.near);
}

}  // namespace sockoracle
