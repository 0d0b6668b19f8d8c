// SPDX-License-Identifier: GPL-2.0-only
// Questions answered by asking the model many times: the complete table, the history over releases,
// what would make a call succeed, what else yields an errno. Nothing here is written by hand.
#pragma once

#include <cstdint>
#include <vector>

#include "model/case.h"
#include "model/verdict.h"

namespace sockoracle {

// All protocols of [low, high] give this errno by this rule, for the same comparisons.
struct TableRange {
  int32_t low, high;
  int32_t error;
  Rule rule;
};

// The answers for one family and one masked type (flag bits do not change the errno once they are
// valid), over all 2^32 protocols, in order, without gaps; neighbours differ.
std::vector<TableRange> table_of(const World& world, Entry entry, int32_t family, int32_t type);

// One era of an answer.
struct Era {
  uint8_t first, last;  // release indices
  int32_t error;
  Rule rule;
  bool state_changed;  // against the era before: errno and rule are the same
  // What changed it against the era before; empty for the first, or where a provider appeared or
  // went.
  std::vector<Behaviour> because;
  std::vector<Provider> appeared, disappeared;
};
// `by_state`: also start a new era where only the fresh socket's state differs.
std::vector<Era> history_of(const Case& c, bool by_state);

// A single change to a case.
struct Change {
  enum class Kind : uint8_t {
    context,
    capability,
    module,
    sysctl,
    policy,
    limit,
    fault,
    release,
    call
  };
  Kind kind;
  // The row's number: of the context, provider, sysctl; policy, limit: of the Fact.
  uint8_t index = 0;
  int32_t number = 0;   // capability, policy errno, limit, fault
  Presence presence{};  // module
  SysctlValue sysctl;   // sysctl
  Release release;      // release
  Call call;            // call
  friend bool operator==(const Change&, const Change&) = default;
};
inline Change change_of(Change::Kind kind, size_t index, int32_t number = 0) {
  Change change{};
  change.kind = kind;
  change.index = static_cast<uint8_t>(index);
  change.number = number;
  return change;
}
void apply(Case& c, const Change& change);

// Sets of changes, smallest first, after each of which the call succeeds; no set contains another.
struct Remedy {
  std::vector<Change> changes;
};
std::vector<Remedy> remedies_of(const Case& c, size_t at_most);

// Each rule that answers `error` for this call in some world near this one, with the nearest
// changes that show it; the nearest rule first.
struct Cause {
  Rule rule;
  std::vector<Change> changes;
  unsigned distance = 0;  // distance_of the changes: 0 = the case itself answers so
};
// How far the changed world lies from the case's: smaller is what people meet more often.
unsigned distance_of(const Case& c, const std::vector<Change>& changes);
// Which changes may be what happened; all of them where nothing is known.
class Possible {
 public:
  virtual ~Possible() = default;
  virtual bool changes(const std::vector<Change>& changes) const = 0;
};
std::vector<Cause> causes_of(const Case& c, int32_t error, const Possible* possible = nullptr);

// A single change of the world after which a call that succeeds is refused, and by whom.
struct Breaker {
  Change change;
  int32_t error;
  Rule rule;
};
// The nearest ones, one kind of change for each refusing rule: a sysctl, a module that is absent,
// another caller, the nearest releases; then what refuses any call: a policy, a limit, a fault.
std::vector<Breaker> breakers_of(const Case& c);

// The oldest and the newest release around c.world.release over which errno and rule stay the same.
struct SameSpan {
  uint8_t first, last;
};
SameSpan same_span(const Case& c);

}  // namespace sockoracle
