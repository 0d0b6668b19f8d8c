// SPDX-License-Identifier: GPL-2.0-only
// What mutator.cpp and mutator_world.cpp share: draws that come out different from what was there.
#pragma once

#include <span>

#include "fuzz/generators/mutator.h"
#include "model/symbols.h"

namespace sockoracle::fuzz {

template <class T, size_t N>
T pick(const T (&table)[N], Random& random) {
  return table[random.below(static_cast<uint32_t>(N))];
}

inline int32_t symbol(std::span<const Symbol> table, Random& random) {
  return table[random.below(static_cast<uint32_t>(table.size()))].number;
}

// Draws until something else comes: what was asked before has been asked. A few times only, since
// some fields have but one value.
template <class T, class Draw>
void redraw(T& field, Draw draw) {
  const T old = field;
  for (int tries = 8; tries != 0 && field == old; --tries) field = draw();
}

int32_t family(int32_t old, Random& random);
int32_t type(int32_t old, Random& random);
int32_t protocol(int32_t old, Random& random);
int32_t an_errno(Random& random);
// Family, type and protocol of an entry that a kernel registers: calls get far more often than
// chance would let them.
void enter(Call& call, Random& random);
// Returns which one.
size_t change_sysctl(World& world, Random& random);

}  // namespace sockoracle::fuzz
