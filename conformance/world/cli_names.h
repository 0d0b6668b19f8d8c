// SPDX-License-Identifier: GPL-2.0-only
// Names that nobody has: which one may be meant.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

// The name with the fewest letters added, dropped, changed or swapped; "" where none is near.
std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

// "unknown command "explian": did you mean explain? (sockoracle help)".
std::string unknown_text(std::string_view kind, std::string_view word,
                         const std::vector<std::string>& names);

}  // namespace sockoracle
