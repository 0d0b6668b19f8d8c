// SPDX-License-Identifier: GPL-2.0-only
// The parts of the HTML report.
#pragma once

#include <string>
#include <string_view>

#include "conformance/findings.h"

namespace sockoracle {

// Text for an element's content or a quoted attribute; whatever it holds is shown, none is markup.
std::string html_text(std::string_view text);
// What permalinks of the `index`-th subject begin with: "s0-".
std::string html_anchor(size_t index);

// Type by protocol, coloured by answer, one map for each set of contexts that are answered alike.
std::string html_matrix(const Comparison& comparison, const std::string& anchor);
// Which rules were exercised, by which case.
std::string html_coverage(const Comparison& comparison);
// What a fresh socket of each kind reads, with the values that differ.
std::string html_state(const Comparison& comparison);
// What changed between releases.
std::string html_history();

}  // namespace sockoracle
