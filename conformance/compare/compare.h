// SPDX-License-Identifier: GPL-2.0-only
// Answers against the model, or against other answers. Pure: nothing is read and nothing is
// written.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "conformance/compare/findings.h"
#include "model/case.h"

namespace sockoracle {

class ModelAsker;
struct ShownState;
struct DeepResult;

// A difference's place in the report.
struct Place {
  const std::string& context;
  Group& group;
  // Linux refuses the call: the flags of the world in which it creates the socket.
  std::string near{};
};

// Collects differences into findings.
class FindingTable {
 public:
  struct Key {
    Rule rule;
    std::string observable, expected, got;
    auto operator<=>(const Key&) const = default;
  };
  // The protocols [low, high] differ so. Returns the finding's index. `near`: Place::near; what
  // Linux creates itself is the better example.
  size_t add(Key key, const std::string& context, const Call& call, int32_t high,
             const std::string& near = {});
  std::vector<Finding> take() { return std::move(findings_); }

 private:
  std::map<Key, size_t> index_;
  std::vector<Finding> findings_;
};

// Whether a person looks at the one's smallest case before the other's.
bool is_smaller(const Finding& one, const Finding& other);

// Unexpected findings first, wrong errnos before wrong views, the most frequent first; the groups
// keep pointing at them.
void sort_findings(Comparison& comparison);

// Answers, context after context, against the model in the world of each context.
class Comparer {
 public:
  // `states` may grow until finish().
  Comparer(const World& base, const StateTable& states);
  void add(const Answers& answers);
  // What the deeper oracles saw, after the contexts.
  void add(DeepResult&& deep);
  // `complete`: every context was asked, so a deviation that did not occur is stale.
  Comparison finish(const Provenance& provenance, const std::vector<Deviation>& deviations,
                    bool complete);

 private:
  // A run of sockets that the subject creates and Linux refuses, and where it was seen.
  struct Refused {
    size_t context, group;
    Observation run;
    Rule rule;
  };
  void compare_run(ModelAsker& asker, const Observation& o, Place place);
  // False: the run has more parts than any plan asks for, and not all of them were compared.
  bool compare_states(ModelAsker& asker, const Observation& run, Place& place);
  void compare_state(const ShownState& expected, const Observation& run, Place& place);
  void compare_refused();
  bool was_compared(const Observation& run) const;
  void count_unread();

  World base_;
  const StateTable& states_;
  Comparison result_;
  FindingTable table_;
  std::vector<Observation> created_;  // runs of sockets that Linux creates as well
  std::vector<Refused> refused_;
  std::vector<int> row_of_name_;                 // -1: the model has no such observable
  std::map<std::string, uint64_t> unpredicted_;  // name: cases
  std::map<std::string, uint64_t> restless_;     // name: cases
};

// One subject's answers (expected) against another's (got). Cases that only one of them has are
// skipped with that reason. The rules are the model's, in the world of the expected side.
Comparison compare_recordings(const Recording& expected, const World& expected_world,
                              const Recording& got);

// The flags that make `explain` see this world: release, and what differs from its default world.
std::string world_flags(const World& world);

}  // namespace sockoracle
