// SPDX-License-Identifier: GPL-2.0-only
// What filters answer to all 2^32 type words and all 2^32 protocols of one family, folded: complete
// without asking each of them.
//
// A run is made for a set of type words (those that agree in some bits) and one protocol. Where a
// comparison depends on a bit that the set leaves open, the set is halved at it. Each comparison
// with the protocol says up to which one it would come out the same; from there on it is asked
// again. So every pair of words lies in exactly one answer, and each answer was computed for it.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "conformance/seccomp/filter.h"
#include "conformance/world/call_filter.h"

namespace sockoracle {

struct FoldedLayer {
  const Filter* filter;
  FilterState start;
};
// `input` has everything but type and protocol; `combine` makes one outcome of the filters'
// answers, in their order. Throws UsageError where the answer changes too often to be folded.
std::vector<FilteredClass> fold_filters(
    std::span<const FoldedLayer> layers, const FilterInput& input,
    const std::function<int32_t(std::span<const FilterReturn>)>& combine);

}  // namespace sockoracle
