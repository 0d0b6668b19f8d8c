// SPDX-License-Identifier: GPL-2.0-only
// How a subject is asked: what every command that opens one takes from the command line.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "conformance/subject/machine_options.h"
#include "model/case.h"

namespace sockoracle {

// What the world flags of the command line change in a derived world; may be empty.
using AdjustWorld = std::function<void(World&)>;

struct SubjectOptions {
  std::vector<std::string> contexts;     // --context; empty = all
  bool allow_autoload = false;           // --allow-autoload: let the host's kernel run modprobe
  bool deep = false;                     // --deep: also what only root of that kernel can see
  std::vector<std::string> world_flags;  // as they were typed, for a program elsewhere
  MachineOptions machine{};
  AdjustWorld adjust;
};

}  // namespace sockoracle
