// SPDX-License-Identifier: GPL-2.0-only
// What only root of the running kernel can see: fields of its objects, its steps, its counters.
// `sockoracle check --deep`. Where the program was built without libbpf or clang, what needs BPF is
// skipped with that reason.
#pragma once

#include <string>

#include "conformance/compare/deep_result.h"
#include "conformance/plan/plan.h"
#include "model/case.h"

namespace sockoracle {

// Was the running kernel booted for this alone (vm/)? Then all of it may be changed.
bool in_own_machine();

// All oracles on the live host, in every context of the plan that can be staged.
DeepResult check_deep(const World& base, const PlanOptions& options);

// One call in a caller context of the live host, step by step beside the model's. Throws
// UnavailableError where that cannot be seen.
std::string explain_live_text(const Call& call, const std::string& context);

}  // namespace sockoracle
