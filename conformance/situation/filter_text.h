// SPDX-License-Identifier: GPL-2.0-only
// The command filter: the filters of a world, instruction by instruction or as bytes.
#pragma once

#include <string>

#include "conformance/situation/situation.h"

namespace sockoracle {

enum class FilterForm : uint8_t { text, hex, raw };

// Raw and hex: one filter. Throws UsageError where there is none, or more than one.
std::string filter_text(const std::vector<Item>& items, FilterForm form);

}  // namespace sockoracle
