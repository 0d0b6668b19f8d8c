// SPDX-License-Identifier: GPL-2.0-only
// Every field of every fresh socket against the model.
#pragma once

#include "conformance/whitebox/whitebox.h"

namespace sockoracle {

void check_fields(const World& base, const Plan& plan, DeepResult& result);

}  // namespace sockoracle
