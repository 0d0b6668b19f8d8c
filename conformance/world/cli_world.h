// SPDX-License-Identifier: GPL-2.0-only
// The world flags, the same on every command, as text: what CLI11 fills and world_text reads.
#pragma once

#include <string>
#include <vector>

#include "conformance/world/world_text.h"

namespace sockoracle {

struct WorldFlags {
  std::string world, kernel_config;
  // Of each row of item_forms(), as it was typed.
  std::vector<std::vector<std::string>> typed =
      std::vector<std::vector<std::string>>(item_forms().size());

  // What was typed for it, "" = nothing.
  std::string last(ItemKind kind) const;
  // Files are read here. Throws UsageError.
  std::vector<Item> items() const;
  // As they are typed, but for --kernel-config.
  std::vector<std::string> words() const;
};

// A call as an argument, pasted from anywhere (pasted_call.h); throws UsageError that shows where
// it stops being one.
Call call_argument(const std::string& text);

}  // namespace sockoracle
