// SPDX-License-Identifier: GPL-2.0-only
// Known bugs: which hazards a world admits, and the same world with all of them fixed.
#pragma once

#include <optional>
#include <span>

#include "model/case.h"
#include "model/program.h"
#include "model/verdict.h"

namespace sockoracle::fuzz {

// The same world with its behaviours written out, so that World::has need not look them up.
World pinned(const World& world);

// May a call in this world show the hazard? False: when it does, that is a finding.
bool admits(const World& world, Hazard hazard);

// The first hazard of the set that the world does not admit; `decided` is the rule that answered.
bool inadmissible(const World& world, HazardSet hazards, Rule decided, Hazard* which);

// What may be left behind although no finding: the leaks that the world admits, and that of
// ops_module_live.
HazardSet known_leaks(const World& world, Rule decided);

// Adds what cures every known bug, as a backport would; but for those that show as `spared`.
void repair(World& world, std::optional<Hazard> spared = {});

// A world that cannot be built or configured becomes one that can.
void make_possible(World& world);

// The same for entries that a program registers: such an entry would be the program's own bug.
void make_possible(Program& program);

}  // namespace sockoracle::fuzz
