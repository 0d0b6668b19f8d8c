// SPDX-License-Identifier: GPL-2.0-only
// How a comparison ends: in three states, in words, with numbers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "conformance/compare/findings.h"

namespace sockoracle {

enum class Ending : uint8_t {
  conforms,
  known,    // only as deviations say
  differs,  // a new finding, or a deviation that did not occur
  nothing,  // nothing was checked
};
Ending ending_of(const Comparison& comparison);
// "conforms", "known differences", "new differences", "nothing checked".
std::string_view ending_name(Ending ending);
// "conforms", "conforms but for 3 known causes", "differs: 2 unexpected findings".
std::string ending_text(const Comparison& comparison);

// Causes of the known findings, or of the others; a finding without a cause is one of its own.
size_t causes_of(const Comparison& comparison, bool known);
// Cases that were answered with another errno, known or not.
uint64_t wrong_errnos(const Comparison& comparison);

}  // namespace sockoracle
