// SPDX-License-Identifier: GPL-2.0-only
// The oracles that need BPF: every field of every fresh socket, the steps of single calls.
#pragma once

#include "conformance/whitebox/whitebox.h"

namespace sockoracle {

void check_fields(const World& base, const Plan& plan, DeepResult& result);  // deep_fields.cpp
void check_steps(const World& base, const Plan& plan, DeepResult& result);   // live_steps.cpp

}  // namespace sockoracle
