// SPDX-License-Identifier: GPL-2.0-only
// A kernel's .config: which symbols change answers, and what they do to a world.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/case.h"

namespace sockoracle {

// The symbols that results depend on, without CONFIG_; those without an effect on the model are
// kept because recordings name them.
std::span<const std::string_view> config_symbols();
bool is_config_symbol(std::string_view symbol);

// "y", "m" or "n" to the symbol's effect. False where the value is none of them.
bool apply_config(World& world, std::string_view symbol, std::string_view value);

// What a .config says of config_symbols().
struct KernelConfig {
  std::map<std::string, std::string> values;
  bool any = false;  // there is a CONFIG_ line at all
  // A whole .config has a line about CONFIG_NET, and what is not there is "n". The silence of an
  // excerpt says nothing: its symbols have no value.
  bool whole = false;
};
KernelConfig parse_kernel_config(std::string_view text);

// The symbols that answers depend on and that the configuration says nothing about.
std::vector<std::string_view> assumed_symbols(const KernelConfig& config);

// Reads a .config, plain or gzip. Throws UsageError: unreadable, not gzip, no configuration.
KernelConfig read_kernel_config(const std::string& path);
// The same from a file's content; `path` is for messages.
KernelConfig kernel_config_of(std::string content, const std::string& path);

// Unpacks gzip data; false where it is damaged or longer than `limit`.
bool gunzip(std::string_view packed, size_t limit, std::string* out);

}  // namespace sockoracle
