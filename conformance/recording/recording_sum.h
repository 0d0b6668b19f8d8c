// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <string_view>

namespace sockoracle {

// The sum over all lines before a recording's end line.
std::string recording_sum(std::string_view text);

}  // namespace sockoracle
