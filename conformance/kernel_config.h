// SPDX-License-Identifier: GPL-2.0-only
// A kernel's .config: which symbols change answers, and what they do to a world.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "model/case.h"

namespace sockoracle {

// The symbols that results depend on, without CONFIG_; those without an effect on the model are
// kept because recordings name them.
std::span<const std::string_view> config_symbols();
bool is_config_symbol(std::string_view symbol);

// "y", "m" or "n" to the symbol's effect. False where the value is none of them.
bool apply_config(World& world, std::string_view symbol, std::string_view value);

// The value of each of config_symbols() in the text of a .config; a symbol that is not there is
// "n". Empty where the text has no CONFIG_ line at all.
std::map<std::string, std::string> parse_kernel_config(std::string_view text);

// Reads a .config, plain or gzip. Throws UsageError: unreadable, not gzip, no configuration.
std::map<std::string, std::string> read_kernel_config(const std::string& path);
// The same from a file's content; `path` is for messages.
std::map<std::string, std::string> kernel_config_of(std::string content, const std::string& path);

// Unpacks gzip data; false where it is damaged or longer than `limit`.
bool gunzip(std::string_view packed, size_t limit, std::string* out);

}  // namespace sockoracle
