// SPDX-License-Identifier: GPL-2.0-only
// The parts of the HTML report.
#pragma once

#include <string>
#include <string_view>

#include "conformance/compare/findings.h"
#include "conformance/report/html_book.h"

namespace sockoracle {

// Text for an element's content or a quoted attribute; whatever it holds is shown, none is markup.
std::string html_text(std::string_view text);
// The same, cut where a field of a recording is very long.
std::string html_field(const std::string& text);
// What permalinks of the `index`-th subject begin with: "s0-".
std::string html_anchor(size_t index);
// A line of a table: each cell is markup already.
std::string html_row(const std::string& head, const std::string& cell);
// A part that opens on demand. `id` may be empty.
std::string html_folded(const std::string& title, const std::string& id,
                        const std::string& content);
// A table that may be wider than the page, and can be reached by the keyboard.
std::string html_table(const std::string& name, const std::string& content);

// Who answered, what was compared, the verdict, what was skipped.
std::string html_head(const Comparison& comparison, const std::string& anchor);
// Findings by cause, the most important first, with their C programs.
std::string html_findings(const Comparison& comparison, const std::string& anchor);
// Type by protocol, coloured by answer, one map for each set of contexts that are answered alike.
std::string html_matrix(const Comparison& comparison, const std::string& anchor, TextBook& book);
// Which rules were exercised, by which case, along which steps.
std::string html_coverage(const Comparison& comparison, const std::string& anchor);
// What a fresh socket of each kind reads, with the values that differ.
std::string html_state(const Comparison& comparison);
// What the deeper oracles saw; the steps of the model and of the kernel side by side.
std::string html_deep(const Comparison& comparison);
// What changed between releases.
std::string html_history();

}  // namespace sockoracle
