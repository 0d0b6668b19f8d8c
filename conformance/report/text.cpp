// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/report/report.h"
#include "conformance/step_text.h"

namespace sockoracle {
namespace {

void add_finding(std::string& out, const Comparison& comparison, const Finding& finding) {
  out += finding.known ? "known    " : "finding  ";
  out += finding_sentence(comparison, finding) + "\n";
  out += "  seen      " + plural(finding.count, "case") + ", protocol " +
         range_text(finding.low, finding.high) + ", " + where_text(finding) + "\n";
  out += "  smallest  " + call_text(finding.smallest) + " as " + finding.contexts.front() + "\n";
  if (finding.known) {
    out += "  reason    " + finding.reason +
           (finding.link.empty() ? "" : " (" + finding.link + ")") + "\n";
  }
  out += "  why       " + explain_command(comparison, finding) + "\n\n";
}

void add_comparison(std::string& out, const Comparison& comparison) {
  out += title_of(comparison) + "\n\n";
  size_t shown = 0;
  for (const Finding& finding : comparison.findings) {
    if (shown++ == kFindingsShown) {
      out +=
          "... and " + plural(comparison.findings.size() - kFindingsShown, "more finding") + "\n\n";
      break;
    }
    add_finding(out, comparison, finding);
  }
  for (const Deviation& stale : comparison.stale) {
    out += "stale    " + stale.where + ": " + stale.rule + ", " + stale.observable + ", expected " +
           stale.expected + ", got " + stale.got + " did not occur; remove it\n\n";
  }
  out += plural(comparison.values, "value") + " of fresh sockets compared";
  std::string separator = "; not compared: ";
  for (const auto& [reason, observables] : comparison.unread) {
    out += separator + std::to_string(observables) + " observables " + reason;
    separator = "; ";
  }
  out += "\n";
  for (const DeepOracle& oracle : comparison.oracles) {
    out += "deep: " + oracle.name + ": " +
           (oracle.skipped.empty() ? oracle.counts : "skipped: " + oracle.skipped) + "\n";
    for (const std::string& note : oracle.notes) out += "  not seen: " + note + "\n";
  }
  out += summary_line(comparison) + "\n";
  const size_t known = comparison.findings.size() - comparison.unexpected();
  out += plural(comparison.unexpected(), "unexpected finding") + ", " +
         plural(known, "known deviation") + ", " +
         plural(comparison.stale.size(), "stale deviation") + "\n";
}

}  // namespace

std::string write_text_report(std::span<const Comparison> comparisons) {
  std::string out;
  for (const Comparison& comparison : comparisons) {
    if (!out.empty()) out += "\n";
    add_comparison(out, comparison);
  }
  return out;
}

}  // namespace sockoracle
