// SPDX-License-Identifier: GPL-2.0-only
// Whole files as text. "-" is standard input or standard output.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sockoracle {

// Throws UsageError where the file cannot be read, or has more bytes than that.
std::string load_text(const std::string& path, size_t limit = SIZE_MAX);
// Standard input can be read once: throws UsageError where something else has asked for it.
void claim_standard_input();
// What messages call it: "standard input" for "-".
std::string name_of_input(const std::string& path);
// Writes beside the target, syncs, renames: nobody ever sees half of it. What is no regular file (a
// pipe, a terminal) is written as it is. Throws UnavailableError.
void write_file_atomically(const std::string& path, std::string_view text);

}  // namespace sockoracle
