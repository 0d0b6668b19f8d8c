// SPDX-License-Identifier: GPL-2.0-only
// The command replay: corpus files through the model without a fuzzing engine.
#pragma once

#include <string>
#include <vector>

namespace sockoracle {

// How the bytes of a file that is no text program are read.
enum class ReplayBytes { program, create_case };

struct ReplayOptions {
  std::vector<std::string> files;  // text programs, or fuzz inputs; "-" = stdin
  ReplayBytes bytes = ReplayBytes::program;
  bool quiet = false;  // only files that fail, and the summary
};

// 0 when every file ran and showed what it expects; a file that says nothing expects no hazard and
// an even balance. 1 otherwise. Unreadable files and bad text are thrown as usage errors.
int command_replay(const ReplayOptions& options);

}  // namespace sockoracle
