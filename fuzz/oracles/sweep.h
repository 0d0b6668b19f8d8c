// SPDX-License-Identifier: GPL-2.0-only
// What the oracles over cases and those over programs share.
#pragma once

#include "fuzz/oracles/oracles.h"

namespace sockoracle::fuzz {

Finding found(Oracle oracle, Rule rule, std::string_view what, int64_t expected, int64_t got);

// How many calls were made and checked, for ci/bench-fuzz: it is said when the process ends.
void count_calls(uint64_t calls = 1);

// The first of the shown hazards that is a finding; while hunting, any that is hunted.
MaybeFinding hazard_of(const World& world, Verdict verdict, HazardSet shown,
                       const ProgramOptions& options);

// Fails each fallible step of the call in turn: 1 to the number that the clean call has.
MaybeFinding sweep(Kernel& k, const World& world, const Call& call, const Facts& facts,
                   const Verdict& clean, int32_t steps, const ProgramOptions& options = {});

}  // namespace sockoracle::fuzz
