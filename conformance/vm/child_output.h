// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>
#include <vector>

namespace sockoracle {

// What a program writes to its standard output. Throws UnavailableError where it cannot be started
// or does not end with status 0.
std::string output_of(const std::vector<std::string>& arguments);

}  // namespace sockoracle
