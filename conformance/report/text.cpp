// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <map>
#include <vector>

#include "conformance/report/report.h"
#include "conformance/step_text.h"

namespace sockoracle {
namespace {

std::string link_text(const Finding& finding) {
  return finding.link.empty() ? "" : " (" + finding.link + ")";
}

void add_finding(std::string& out, const Comparison& comparison, const Finding& finding) {
  out += finding.known ? "known    " : "finding  ";
  out += finding_sentence(comparison, finding) + "\n";
  out += "  seen      " + plural(finding.count, "case") + ", protocol " +
         range_text(finding.low, finding.high) + ", " + where_text(finding) + "\n";
  out += "  smallest  " + call_text(finding.smallest) + " as " + finding.contexts.front() + "\n";
  if (finding.known) {
    out += "  reason    " + finding.reason + link_text(finding) + "\n";
  }
  out += "  why       " + explain_command(comparison, finding) + "\n\n";
}

// ---- classes that are one cause ---------------------------------------------------------------

constexpr size_t kFoldedFrom = 4;  // fewer are shown one by one
constexpr size_t kNamed = 12;

// "!ENOPROTOOPT" where reading failed so; any other text is a value.
std::string kind_of(const std::string& text) { return text.starts_with('!') ? text : "a value"; }

// Views of a fresh socket that differ alike: reading fails where Linux shows a value, say.
std::string alike(const Finding& finding) {
  if (finding.known) return finding.cause;
  if (finding.observable == "errno" || finding.observable.starts_with("the ")) return {};
  if (!finding.got.starts_with('!') && !finding.expected.starts_with('!')) return {};
  return kind_of(finding.got) + (finding.expected.starts_with('!') ? " for an errno" : "");
}

struct Fold {
  std::vector<const Finding*> findings;
};

// In the order of their first findings.
std::vector<Fold> folds_of(const Comparison& comparison) {
  std::map<std::string, size_t> index;
  std::vector<Fold> causes;
  for (const Finding& finding : comparison.findings) {
    const std::string key = alike(finding);
    const auto [at, is_new] = index.try_emplace(key, causes.size());
    if (key.empty() || is_new) {
      causes.push_back({{&finding}});
    } else {
      causes[at->second].findings.push_back(&finding);
    }
  }
  return causes;
}

// "SO_MARK, SO_PRIORITY ... and 81 more".
std::string views_text(const Fold& cause) {
  std::vector<std::string> names;
  for (const Finding* finding : cause.findings) {
    std::string name = finding->observable;
    if (name == "errno") name = std::string(row(finding->rule).name) + " " + finding->got;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  std::string text;
  for (size_t i = 0; i < names.size() && i < kNamed; ++i) text += (i > 0 ? ", " : "") + names[i];
  if (names.size() > kNamed) text += " and " + std::to_string(names.size() - kNamed) + " more";
  return text;
}

std::string head_of(const Comparison& comparison, const Fold& cause) {
  const Finding& first = *cause.findings.front();
  if (first.known) return "known    " + first.reason + link_text(first);
  const bool refused = first.expected.starts_with('!');
  return "finding  " + std::to_string(cause.findings.size()) + " views of a fresh socket: got " +
         kind_of(first.got) + "; " + comparison.expected_from + " shows " +
         (refused ? "another errno" : "a value");
}

void add_folded(std::string& out, const Comparison& comparison, const Fold& cause) {
  const Finding& first = *cause.findings.front();
  uint64_t cases = 0;
  for (const Finding* finding : cause.findings) cases += finding->count;
  out += head_of(comparison, cause) + "\n";
  out += "  seen      " + plural(cases, "difference") + " in " +
         std::to_string(cause.findings.size()) + " classes: " + views_text(cause) + "\n";
  out += "  such as   " + finding_sentence(comparison, first) + "\n";
  out += "  smallest  " + call_text(first.smallest) + " as " + first.contexts.front() + "\n";
  out += "  why       " + explain_command(comparison, first) + "\n\n";
}

void add_comparison(std::string& out, const Comparison& comparison) {
  out += title_of(comparison) + "\n\n";
  size_t shown = 0, left = comparison.findings.size();
  for (const Fold& cause : folds_of(comparison)) {
    if (shown++ == kFindingsShown) {
      out += "... and " + plural(left, "more finding") + "\n\n";
      break;
    }
    left -= cause.findings.size();
    if (cause.findings.size() >= kFoldedFrom) {
      add_folded(out, comparison, cause);
      continue;
    }
    for (const Finding* finding : cause.findings) add_finding(out, comparison, *finding);
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
  const size_t causes = comparison.causes();
  out += plural(comparison.unexpected(), "unexpected finding") + ", " +
         plural(causes, "known deviation") +
         (causes == known ? "" : " (" + std::to_string(known) + " classes)") + ", " +
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
