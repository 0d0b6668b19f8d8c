// SPDX-License-Identifier: GPL-2.0-only
// What recordings name as the tool that wrote them. The program's own name for itself is set by
// main(): its version and commit change more often than the library should be linked anew.
#pragma once

#include <string>

namespace sockoracle {

std::string tool_name();
void set_tool_name(std::string name);

}  // namespace sockoracle
