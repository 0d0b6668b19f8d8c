// SPDX-License-Identifier: GPL-2.0-only
#include <map>
#include <vector>

#include "conformance/compare/diff_causes.h"
#include "conformance/compare/ending.h"
#include "conformance/report/report.h"

namespace sockoracle {
namespace {

using OneCause = std::vector<const Finding*>;  // with one cause

std::vector<OneCause> groups_of(const Comparison& comparison) {
  std::map<std::string, size_t> index;
  std::vector<OneCause> groups;
  for (const Finding& finding : comparison.findings) {
    const auto [at, is_new] = index.try_emplace(finding.cause, groups.size());
    if (finding.cause.empty() || is_new) groups.push_back({&finding});
    else groups[at->second].push_back(&finding);
  }
  return groups;
}

// "errno, SO_MARK, SO_PRIORITY and 81 more".
std::string observables_text(const OneCause& group) {
  std::vector<std::string> names;
  for (const Finding* finding : group) names.push_back(finding->observable);
  return first_names(names);
}

void add_group(std::string& out, const Comparison& comparison, const OneCause& group) {
  const Finding& first = *group.front();
  uint64_t cases = 0;
  for (const Finding* finding : group) cases += finding->count;
  out += first.known ? "world    " : "change   ";
  out += (first.cause.empty() ? diff_sentence(comparison, first) : first.cause) + "\n";
  out += "  seen      " + plural(cases, "difference") + " in " + plural(group.size(), "class") +
         ": " + observables_text(group) + "\n";
  if (!first.cause.empty()) out += "  such as   " + diff_sentence(comparison, first) + "\n";
  out += "  smallest  " + call_text(first.smallest) + " as " + first.contexts.front() + "\n";
  out += "  why       " + explain_command(comparison, first) + "\n\n";
}

}  // namespace

std::string diff_sentence(const Comparison& comparison, const Finding& finding) {
  const bool is_errno = finding.observable == "errno";
  std::string line = is_errno ? "" : "a fresh socket's " + finding.observable + ": ";
  line += comparison.got_from + (is_errno ? " answers " : " shows ") + finding.got;
  if (!finding.got_because.empty()) line += ", because " + finding.got_because;
  if (line.ends_with('.')) line.pop_back();
  line +=
      "; " + comparison.expected_from + (is_errno ? " answered " : " showed ") + finding.expected;
  if (!is_errno || !finding.got_because.empty() || finding.rule == Rule::created) return line;
  return line + ", because " + std::string(row(finding.rule).name) + ": " +
         std::string(row(finding.rule).sentence);
}

std::string diff_text(const Comparison& comparison) {
  std::string out = title_of(comparison) + "\n\n";
  size_t shown = 0;
  const std::vector<OneCause> groups = groups_of(comparison);
  for (const OneCause& group : groups) {
    if (shown++ == kFindingsShown) {
      out += "... and " + plural(groups.size() - kFindingsShown, "more cause") + "\n\n";
      break;
    }
    add_group(out, comparison, group);
  }
  const size_t known = comparison.findings.size() - comparison.unexpected();
  out += plural(comparison.values, "value") + " of fresh sockets compared\n";
  out += ending_text(comparison) + "\n" + summary_line(comparison) + "\n";
  out += plural(causes_of(comparison, false), "change") + " in " +
         plural(comparison.unexpected(), "class") + " of differences, " +
         plural(causes_of(comparison, true), "fact") + " of the world in " +
         plural(known, "class") + "\n";
  return out;
}

}  // namespace sockoracle
