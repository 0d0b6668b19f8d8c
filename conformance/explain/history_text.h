// SPDX-License-Identifier: GPL-2.0-only
// `history`: the answer on every release, folded into eras, with what changed it.
#pragma once

#include <string>

#include "conformance/world/world_text.h"

namespace sockoracle {

struct HistoryOptions {
  bool json = false;
  bool state = false;  // begin a new era where only the fresh socket's state changes
};

std::string history_text(const Setting& setting, const Call& call, const HistoryOptions& options);

}  // namespace sockoracle
