// SPDX-License-Identifier: GPL-2.0-only
// Whole files as text. "-" is standard input or standard output.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sockoracle {

// Throws UsageError where the file cannot be read, or has more bytes than that.
std::string load_text(const std::string& path, size_t limit = SIZE_MAX);
// Of a file under /proc or /sys, which have no length beforehand: at most about 8 MiB of it, or
// nothing where it cannot be read.
std::optional<std::string> text_if_there(const std::string& path);
// Standard input can be read once: throws UsageError where something else has asked for it.
void claim_standard_input();
// What messages call it: "standard input" for "-".
std::string name_of_input(const std::string& path);
// All of it, to an open file; false where that fails, and errno says why.
bool write_text(int fd, std::string_view text);
// Writes beside the target, syncs, renames: nobody ever sees half of it. What is no regular file (a
// pipe, a terminal) is written as it is. Throws UnavailableError.
void write_file_atomically(const std::string& path, std::string_view text);

}  // namespace sockoracle
