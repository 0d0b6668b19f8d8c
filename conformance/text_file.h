// SPDX-License-Identifier: GPL-2.0-only
// Whole files as text. "-" is stdin or stdout.
#pragma once

#include <string>
#include <string_view>

namespace sockoracle {

// Throws UsageError where the file cannot be read.
std::string load_text(const std::string& path);
// Writes beside the target, syncs, renames: nobody ever sees half of it. What is no regular file (a
// pipe, a terminal) is written as it is. Throws UnavailableError.
void write_file_atomically(const std::string& path, std::string_view text);

}  // namespace sockoracle
