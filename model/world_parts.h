// SPDX-License-Identifier: GPL-2.0-only
// What two worlds differ in, part by part: which behaviours, providers and sysctls.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "model/case.h"

namespace sockoracle {

// Something in which two worlds differ; `index` is the row's number.
struct WorldPart {
  enum class Kind : uint8_t { behaviour, provider, sysctl };
  Kind kind;
  uint8_t index;
};
std::vector<WorldPart> world_parts(const World& from, const World& to);
// `from`, but in those parts as `to` is.
World with_parts(const World& from, const World& to, const std::vector<WorldPart>& parts);
// The least part of what `to` differs in that, brought into `from`, makes `suffices(world)` hold:
// what is not needed is dropped, one by one. Empty where all of it does not do.
template <class Suffices>
std::vector<WorldPart> least_difference(const World& from, const World& to,
                                        const Suffices& suffices) {
  std::vector<WorldPart> needed = world_parts(from, to);
  if (!suffices(with_parts(from, to, needed))) return {};
  for (size_t i = 0; i < needed.size();) {
    std::vector<WorldPart> fewer;
    for (size_t j = 0; j < needed.size(); ++j)
      if (j != i) fewer.push_back(needed[j]);
    if (suffices(with_parts(from, to, fewer))) needed = std::move(fewer);
    else ++i;
  }
  return needed;
}

}  // namespace sockoracle
