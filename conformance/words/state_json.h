// SPDX-License-Identifier: GPL-2.0-only
// The fresh socket's state and an answer's hazards as JSON, on one line. `ask` writes hundreds of
// thousands of them a second.
#pragma once

#include <string>

#include "model/verdict.h"

namespace sockoracle {

// {"SO_TYPE":3,"IP_OPTIONS":[],"sockname":"2,0,1","IP_MTU":"ENOTCONN"}, or null for a failed call.
void append_state(std::string& out, const Answer& answer);
// ["leaked_sock"]
void append_hazards(std::string& out, HazardSet hazards);

}  // namespace sockoracle
