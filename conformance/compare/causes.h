// SPDX-License-Identifier: GPL-2.0-only
// Findings gathered under the few things that cause them: the known causes of a subject's file, and
// for findings that nobody has explained the likely causes. Pure.
#pragma once

#include <string>
#include <vector>

#include "conformance/compare/findings.h"

namespace sockoracle {

// A known cause and what it explains here.
struct CauseSummary {
  KnownCause cause;
  std::vector<size_t> findings;  // into Comparison::findings, ascending
  size_t rows = 0;               // of its deviations that occurred
  uint64_t cases = 0;
  size_t smallest = 0;  // the finding to look at first
};
// In the order of their first findings.
std::vector<CauseSummary> known_causes(const Comparison& comparison);

// Unexpected findings that one difference may explain. There are three kinds of it: a check of
// Linux that the other side does not make, so that whatever comes later answers; one answer of the
// other side to what Linux answers in several ways; and one way in which views of a fresh socket
// differ.
struct LikelyCause {
  std::string sentence;
  std::vector<size_t> findings;  // into Comparison::findings, ascending
  uint64_t cases = 0;
  size_t smallest = 0;  // the finding to look at first
};
// Each unexpected finding is in one of them; in the order of their first findings.
std::vector<LikelyCause> likely_causes(const Comparison& comparison);

// "33 rows, 328 classes": how much the known causes explain.
struct KnownCounts {
  size_t causes = 0, rows = 0, classes = 0;
};
KnownCounts known_counts(const Comparison& comparison);

// The last line of every report: "0 unexpected findings, 9 known causes (33 rows, 328 classes), 0
// stale deviations".
std::string verdict_line(const Comparison& comparison);

}  // namespace sockoracle
