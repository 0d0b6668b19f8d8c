// SPDX-License-Identifier: GPL-2.0-only
// `list`: the tables of the model as text or JSON.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

// What can be listed, in the order of --help.
std::vector<std::string_view> list_names();
// Throws UsageError for another name.
// As JSON, or as a table of one line a row. `fitted`: where such lines are wider than the layout,
// each row as a paragraph instead.
std::string list_text(std::string_view what, bool json, bool fitted = false);

}  // namespace sockoracle
