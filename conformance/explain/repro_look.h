// SPDX-License-Identifier: GPL-2.0-only
// The part of a repro program that looks before it judges: is the machine it runs on, as far as the
// answer depends on it, the world that the program was written for?
#pragma once

#include <string>

#include "conformance/world/world_text.h"
#include "model/case.h"

namespace sockoracle {

struct Looking {
  std::string functions;  // C functions, each used
  std::string body;       // statements that skip; empty where the answer depends on nothing
};

// `all`: the program compares every option of the fresh socket.
Looking looking_of(const Setting& setting, const Call& call, bool all);

// A constant of C: INT_MIN has no literal.
std::string c_number(int32_t n);

// The rows of the program's table of options: what getsockopt answers for an int.
std::string option_rows(const Case& c, bool all);

}  // namespace sockoracle
