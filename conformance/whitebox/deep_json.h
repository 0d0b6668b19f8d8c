// SPDX-License-Identifier: GPL-2.0-only
// What check_deep saw, as JSON Lines: how it comes out of a virtual machine, where this program
// looks into the kernel from inside.
#pragma once

#include <string>
#include <string_view>

#include "conformance/whitebox/whitebox.h"

namespace sockoracle {

std::string deep_json(const DeepResult& result);
// Throws UnavailableError, with the line, where the text is not what deep_json writes.
DeepResult read_deep_json(std::string_view text);

}  // namespace sockoracle
