// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/sensitivity.h"

#include "conformance/base/plural.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

std::string answer_word(int32_t error) {
  return error == 0 ? "success" : std::string(errno_name(error));
}

}  // namespace

Sensitivity sensitivity_of(const Case& c, bool unfinished) {
  Sensitivity found;
  const Verdict here = ask(c).verdict;
  found.error = here.error;
  const BehaviourSet mine = behaviours_in(c.world), newest = behaviours_of(newest_release());
  const uint8_t index = c.world.release.index;
  const BehaviourSet before = behaviours_of({static_cast<uint8_t>(index == 0 ? 0 : index - 1), 0});
  for (const BehaviourRow& row : behaviours()) {
    const bool vendors = !row.since.empty() && row.since == row.until;  // in no mainline release
    if (vendors) continue;
    const bool has = mine.has(row.id);
    const bool later = newest.has(row.id) != has;
    if (!later && !(unfinished && before.has(row.id) != has)) continue;
    ++found.asked;
    Case changed = c;
    (has ? changed.world.without : changed.world.with).set(row.id);
    (has ? changed.world.with : changed.world.without).set(row.id, false);
    const Verdict there = ask(changed).verdict;
    if (there.error != here.error) found.changes.push_back({row.id, !has, there.error, there.rule});
  }
  return found;
}

std::vector<std::string> sensitivity_lines(const Sensitivity& sensitivity) {
  if (sensitivity.changes.empty())
    return {"the same with and without each of " + plural(sensitivity.asked, "possible backport")};
  std::vector<std::string> lines;
  for (const Sensitivity::Change& change : sensitivity.changes) {
    const BehaviourRow& facts = row(change.behaviour);
    lines.push_back(answer_word(change.error) + " if " + std::string(facts.name) +
                    (change.taken_over ? " is backported" : " is gone") + ", else " +
                    answer_word(sensitivity.error) + ": " + std::string(facts.sentence));
  }
  const size_t others = sensitivity.asked - sensitivity.changes.size();
  lines.push_back("the same with and without each of " + plural(others, "other possible backport"));
  return lines;
}

}  // namespace sockoracle
