// SPDX-License-Identifier: GPL-2.0-only
// Differences that are not the kernel's: a seccomp filter around this program answers for it.
#pragma once

#include "conformance/compare/findings.h"
#include "conformance/plan/plan.h"

namespace sockoracle {

// Where a filter is active, asks again about each wrong errno: a call that drew no inode number,
// although the rule that decides in the model comes behind sock_alloc, never got there. Such
// findings become known, with that reason.
void explain_by_seccomp(const World& base, const PlanOptions& options, Comparison& comparison);

}  // namespace sockoracle
