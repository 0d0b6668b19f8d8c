// SPDX-License-Identifier: GPL-2.0-only
// An errno as people have it: its name, its number, or what a program printed of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockoracle {

// "EPERM", "eperm", "97", "-97", "errno=97", "Operation not permitted", and the tails of messages:
// "socket: Operation not permitted", "[Errno 1] Operation not permitted", "(os error 1)". Nothing
// where it is no errno of Linux.
std::optional<int32_t> errno_of_text(std::string_view text);

// The same of a flag's value; throws UsageError that names the flag and what is accepted.
int32_t errno_argument(const std::string& flag, const std::string& text);

}  // namespace sockoracle
