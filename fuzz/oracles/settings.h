// SPDX-License-Identifier: GPL-2.0-only
// What the environment of a fuzz target says. SOCKORACLE_HUNT=RELEASE[,HAZARD] pins every world to
// a release as it was, known bugs included, and makes each hazard a finding; or that one alone, and
// then the bugs that show otherwise are cured.
#pragma once

#include <optional>

#include "model/case.h"
#include "model/verdict.h"

namespace sockoracle::fuzz {

struct Hunt {
  bool on = false;
  Release release;
  std::optional<Hazard> hazard;
};

// Read once. What it cannot read it says on stderr, and exits with 64.
const Hunt& hunt();

// Puts a decoded world where this run wants it: a hunted release, or one that can be built.
void settle(World& world);

}  // namespace sockoracle::fuzz
