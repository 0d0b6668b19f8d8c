// SPDX-License-Identifier: GPL-2.0-only
// The staging part of a repro program: which operations lead to a world, and their C code.
#pragma once

#include <string>
#include <vector>

#include "conformance/world/world_text.h"

namespace sockoracle {

struct Staging {
  std::string functions;           // C functions, each used
  std::string body;                // statements for the program's stage()
  std::vector<std::string> lacks;  // what no program can stage: it skips, with these reasons
  bool needs_root = false;
};

Staging staging_of(const Setting& setting);

}  // namespace sockoracle
