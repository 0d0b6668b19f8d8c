// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare/ending.h"

#include <set>

#include "conformance/base/plural.h"
#include "conformance/compare/causes.h"

namespace sockoracle {
namespace {

// Of a `diff`: what is only set up differently does not count.
std::string diff_ending(const Comparison& comparison) {
  const size_t known = causes_of(comparison, true);
  const std::string facts = plural(known, "fact") + " of the world";
  switch (ending_of(comparison)) {
    case Ending::conforms: return "the same answers";
    case Ending::known: return "the same answers but for " + facts;
    case Ending::nothing: return "nothing was compared";
    case Ending::differs: break;
  }
  return "differs by " + plural(causes_of(comparison, false), "change") +
         (known == 0 ? "" : ", and by " + facts);
}

}  // namespace

Ending ending_of(const Comparison& comparison) {
  if (comparison.unexpected() != 0 || !comparison.stale.empty()) return Ending::differs;
  if (comparison.checked_cases() == 0) return Ending::nothing;
  return comparison.findings.empty() ? Ending::conforms : Ending::known;
}

std::string_view ending_name(Ending ending) {
  constexpr std::string_view kNames[] = {"conforms", "known differences", "new differences",
                                         "nothing checked"};
  return kNames[static_cast<size_t>(ending)];
}

std::string ending_text(const Comparison& comparison) {
  if (!comparison.got_from.empty()) return diff_ending(comparison);
  switch (ending_of(comparison)) {
    case Ending::conforms: return "conforms";
    case Ending::known:
      return "conforms but for " + plural(known_counts(comparison).causes, "known cause");
    case Ending::nothing: return "nothing was checked";
    case Ending::differs: break;
  }
  std::string text;
  if (comparison.unexpected() != 0) text = plural(comparison.unexpected(), "unexpected finding");
  if (!comparison.stale.empty())
    text += (text.empty() ? "" : " and ") + plural(comparison.stale.size(), "stale deviation");
  return "differs: " + text;
}

size_t causes_of(const Comparison& comparison, bool known) {
  std::set<std::string> causes;
  size_t alone = 0;
  for (const Finding& finding : comparison.findings) {
    if (finding.known != known) continue;
    if (finding.cause.empty()) ++alone;
    else causes.insert(finding.cause);
  }
  return causes.size() + alone;
}

uint64_t wrong_errnos(const Comparison& comparison) {
  uint64_t count = 0;
  for (const Finding& finding : comparison.findings)
    count += finding.observable == "errno" ? finding.count : 0;
  return count;
}

}  // namespace sockoracle
