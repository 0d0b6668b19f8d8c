// SPDX-License-Identifier: GPL-2.0-only
// The command watch.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sockoracle {

struct WatchOptions {
  std::vector<int32_t> processes;    // -p
  std::vector<std::string> command;  // or this
  std::string output;                // "" = standard output of -p, standard error of a command
  bool json = false;
};

// The command's exit status, 128 + N where signal N ended it; of -p 0, or 1 where a call's answer
// differs. Throws UsageError, UnavailableError.
int command_watch(const WatchOptions& options);

}  // namespace sockoracle
