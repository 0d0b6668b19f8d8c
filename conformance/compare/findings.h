// SPDX-License-Identifier: GPL-2.0-only
// What a comparison found: classes of differences, keyed by the rule that decides in the model.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/compare/deviations.h"
#include "conformance/plan/answers.h"
#include "model/verdict.h"

namespace sockoracle {

struct Finding {
  Rule rule{};             // decides in the model
  std::string observable;  // "errno", or an observable's name
  std::string expected, got;
  uint64_t count = 0;                 // cases
  std::vector<std::string> contexts;  // where it was seen, in the order of contexts.def
  Call smallest;                      // in contexts.front()
  int32_t low = 0, high = 0;  // the protocols over which it was seen, from lowest to highest
  bool known = false;         // a deviation explains it:
  std::string near;  // Linux refuses `smallest`; it was compared as with these flags it creates it
  std::string reason, link;
  std::string cause;        // which one, of Comparison::known; findings with the same are one cause
  std::string deviation;    // its row, "subjects/gvisor.json: cause raw_protocols, row 2"
  std::string got_because;  // of a `diff`: the rule that decides on the side that was got
};

// One run of protocols with the same answer: the unit that JUnit and KTAP call a test.
struct Group {
  int32_t family = 0, type = 0, low = 0, high = 0;
  bool deep = false;
  std::string skipped;                // why; empty = checked
  std::string oracle = {};            // who looked; empty = the probe
  std::vector<size_t> findings = {};  // into Comparison::findings
  int32_t error = 0;                  // what was answered; 0 = a socket was created
};

struct ContextResult {
  std::string name;
  std::string skipped;  // why the whole context was; empty = checked
  uint64_t checked_cases = 0, skipped_cases = 0;
  std::vector<Group> groups;
};

// An observer that looks deeper than the probe (whitebox/): what it did, in words.
struct DeepOracle {
  std::string name;                // "fields"
  std::string counts;              // "123 values of 45 fields in 6 sockets"
  std::string skipped;             // why it saw nothing; empty = it looked
  std::vector<std::string> notes;  // what it could not see, each with its reason
  uint64_t compared = 0;           // values
};

struct Comparison {
  Provenance provenance;      // of what was checked
  std::string expected_from;  // "Linux 6.18"
  std::string got_from;       // of a `diff` only: the other side, "host (6.18.44)"
  World world;                // of it, as root: asked before its contexts are applied
  std::string explain_flags;  // what `sockoracle explain` needs to see the same world, but for --as
  std::vector<ContextResult> contexts;
  std::vector<Finding> findings;            // as sort_findings() orders them
  std::vector<KnownCause> known;            // causes that occurred, in their file's order
  std::vector<Deviation> stale;             // rows of known deviations that did not occur
  std::map<std::string, uint64_t> skipped;  // reason: cases
  // reason: the contexts that it kept from being staged at all
  std::map<std::string, std::vector<std::string>> skipped_contexts;
  std::map<std::string, uint64_t> unread;  // reason: observables that were not compared
  uint64_t values = 0;                     // observable values compared
  std::vector<DeepOracle> oracles;         // of `check --deep`

  uint64_t checked_cases() const;
  uint64_t skipped_cases() const;
  size_t checked_contexts() const;
  size_t unexpected() const;
};

// "12345 cases checked in 18 contexts, 678 skipped: 600 needs a BPF program (cgroup-deny); 78 ...".
std::string summary_line(const Comparison& comparison);
// "got EPROTONOSUPPORT; Linux 6.18 answers ESOCKTNOSUPPORT", without the rule.
std::string outcome_sentence(const Comparison& comparison, const Finding& finding);
// "got EACCES; Linux 6.18 answers EPERM, because raw_needs_net_raw: A raw socket needs ..."
std::string finding_sentence(const Comparison& comparison, const Finding& finding);
// "sockoracle explain 'socket(...)' --release 6.18 --as nobody"
std::string explain_command(const Comparison& comparison, const Finding& finding);
// "1", or "1 to 254".
std::string range_text(int32_t low, int32_t high);

}  // namespace sockoracle
