// SPDX-License-Identifier: GPL-2.0-only
// The same calls through other entry points: the same answer, but for what an entry does before.
#pragma once

#include "conformance/whitebox/whitebox.h"

namespace sockoracle {

void check_entries(const World& base, const Plan& plan, DeepResult& result);

}  // namespace sockoracle
