// SPDX-License-Identifier: GPL-2.0-only
#include <vector>

#include "conformance/compare/causes.h"
#include "conformance/compare/diff_causes.h"
#include "conformance/compare/ending.h"
#include "conformance/report/report.h"
#include "conformance/words/step_text.h"

namespace sockoracle {
namespace {

void add_finding(std::string& out, const Comparison& comparison, const Finding& finding) {
  out += "finding  " + finding_sentence(comparison, finding) + "\n";
  out += "  seen      " + plural(finding.count, "case") + ", protocol " +
         range_text(finding.low, finding.high) + ", " + where_text(finding) + "\n";
  out += "  smallest  " + call_text(finding.smallest) + " as " + finding.contexts.front() + "\n";
  out += "  why       " + explain_command(comparison, finding) + "\n\n";
}

// "SO_MARK, SO_PRIORITY ... and 81 more".
std::string views_text(const Comparison& comparison, const LikelyCause& cause) {
  std::vector<std::string> names;
  for (const size_t i : cause.findings) {
    const Finding& finding = comparison.findings[i];
    names.push_back(finding.observable == "errno"
                        ? std::string(row(finding.rule).name) + " " + finding.got
                        : finding.observable);
  }
  return first_names(names);
}

// The smallest case of several findings, and the command that explains it.
void add_smallest(std::string& out, const Comparison& comparison, const Finding& finding) {
  out += "  smallest  " + call_text(finding.smallest) + " as " + finding.contexts.front() + ": " +
         outcome_sentence(comparison, finding) + "\n";
  out += "  why       " + explain_command(comparison, finding) + "\n";
}

void add_likely(std::string& out, const Comparison& comparison, const LikelyCause& cause) {
  const Finding& smallest = comparison.findings[cause.smallest];
  if (cause.findings.size() == 1) return add_finding(out, comparison, smallest);
  out += "finding  " + cause.sentence + "\n";
  out += "  seen      " + plural(cause.cases, "case") + " in " +
         plural(cause.findings.size(), "class") + ": " + views_text(comparison, cause) + "\n";
  add_smallest(out, comparison, smallest);
  out += "\n";
}

// Four lines each and nothing between them, so that nine of them fit a screen.
void add_known(std::string& out, const Comparison& comparison, const CauseSummary& known) {
  const KnownCause& cause = known.cause;
  const bool alone = cause.where.empty();  // a row without a cause has no name
  out += "known    " + (alone ? "" : cause.id + ": ") + cause.sentence + "\n";
  out += "  seen      " + plural(known.cases, "case") + ", " + plural(known.rows, "row") + ", " +
         plural(known.findings.size(), "class");
  if (!alone) out += ", by " + cause.where + " of " + cause.owner;
  if (!cause.link.empty()) out += " (" + cause.link + ")";
  out += "\n";
  add_smallest(out, comparison, comparison.findings[known.smallest]);
}

void add_finding_lines(std::string& out, const Comparison& comparison) {
  size_t shown = 0;
  const std::vector<LikelyCause> likely = likely_causes(comparison);
  for (const LikelyCause& cause : likely) {
    if (shown++ == kFindingsShown) {
      out += "... and " + plural(likely.size() - kFindingsShown, "more likely cause") + "\n\n";
      break;
    }
    add_likely(out, comparison, cause);
  }
  const std::vector<CauseSummary> known = known_causes(comparison);
  for (const CauseSummary& cause : known) add_known(out, comparison, cause);
  if (!known.empty()) out += "\n";
}

void add_comparison(std::string& out, const Comparison& comparison) {
  out += title_of(comparison) + "\n\n";
  add_finding_lines(out, comparison);
  for (const Deviation& stale : comparison.stale) {
    out += "stale    " + stale.where + ": " + stale.rule + ", " + stale.observable + ", expected " +
           stale.expected + ", got " + stale.got + " did not occur; remove it\n\n";
  }
  out += plural(comparison.values, "value") + " of fresh sockets compared";
  std::string separator = "; not compared: ";
  for (const auto& [reason, observables] : comparison.unread) {
    out += separator + plural(observables, "observable") + " " + agreeing(observables, reason);
    separator = "; ";
  }
  out += "\n";
  for (const DeepOracle& oracle : comparison.oracles) {
    out += "deep: " + oracle.name + ": " +
           (oracle.skipped.empty() ? oracle.counts : "skipped: " + oracle.skipped) + "\n";
    for (const std::string& note : oracle.notes) out += "  not seen: " + note + "\n";
  }
  out += ending_text(comparison) + "\n" + summary_line(comparison) + "\n";
  out += verdict_line(comparison) + "\n";
}

}  // namespace

std::string write_text_report(std::span<const Comparison> comparisons) {
  std::string out;
  for (const Comparison& comparison : comparisons) {
    if (!out.empty()) out += "\n";
    if (comparison.got_from.empty()) add_comparison(out, comparison);
    else out += diff_text(comparison);
  }
  return out;
}

}  // namespace sockoracle
