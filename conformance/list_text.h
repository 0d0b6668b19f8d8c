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
std::string list_text(std::string_view what, bool json);

}  // namespace sockoracle
