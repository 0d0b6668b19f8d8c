// SPDX-License-Identifier: GPL-2.0-only
// `table`: every answer of one family in one world, for all 2^32 type words and all 2^32 protocols.
#pragma once

#include <string>

#include "conformance/world/world_text.h"

namespace sockoracle {

struct TableOptions {
  bool json = false;
  int32_t family = 2;
};

std::string table_text(const Setting& setting, const TableOptions& options);

}  // namespace sockoracle
