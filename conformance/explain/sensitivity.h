// SPDX-License-Identifier: GPL-2.0-only
// Does an answer depend on what a kernel may have taken over from later releases?
#pragma once

#include <string>
#include <vector>

#include "model/explore.h"

namespace sockoracle {

struct Sensitivity {
  // One that changes the answer where the kernel has it (or has lost it, as later releases have).
  struct Change {
    Behaviour behaviour;
    bool taken_over;  // else: gone
    int32_t error;
    Rule rule;
  };
  size_t asked = 0;  // behaviours in which the newest release differs from the kernel's
  std::vector<Change> changes;
  int32_t error = 0;  // the answer as the kernel is taken to be
};
// `unfinished`: a candidate, which may not have yet what its own release brings.
Sensitivity sensitivity_of(const Case& c, bool unfinished);

// "the same with and without each of 37 possible backports", or one line for each that matters:
// "ENOBUFS if inet_create_enomem is not backported, else ENOMEM".
std::vector<std::string> sensitivity_lines(const Sensitivity& sensitivity);

}  // namespace sockoracle
