// SPDX-License-Identifier: GPL-2.0-only
// What inputs reach: rules that answered, and behaviours that mattered.
#pragma once

#include <array>

#include "model/program.h"
#include "model/release.h"

namespace sockoracle::fuzz {

class Reach {
 public:
  // `name` must outlive this; it is the input's in what is printed.
  void add(const Program& program, const char* name);
  // "rule NAME INPUT" lines in the order of the rules, "behaviour NAME INPUT" lines, then how many
  // of how many, and which are missing.
  void print() const;

 private:
  void add_behaviours(const Program& program, const char* name);

  std::array<const char*, kRuleCount> rules_{};
  std::array<const char*, kBehaviourCount> behaviours_{};
};

}  // namespace sockoracle::fuzz
