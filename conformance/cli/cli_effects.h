// SPDX-License-Identifier: GPL-2.0-only
// Flags that would change nothing are refused: who gives one expects something of it. Each function
// throws UsageError with the reason.
#pragma once

#include <string>
#include <vector>

#include "conformance/cli/commands_check.h"
#include "conformance/explain/explain.h"
#include "conformance/world/world_text.h"

namespace sockoracle {

// Commands that ask subjects do so in every caller context, and each brings its own caller, limits,
// policies and network namespace.
void check_subject_flags(const std::vector<std::string>& subjects, const SubjectOptions& asking,
                         const std::vector<Item>& items);
void check_diff_flags(const DiffOptions& options, const std::vector<Item>& items);
void check_explain_flags(const ExplainOptions& options);
// A fault beyond the last fallible step of the call.
void check_faults(const Setting& setting, const Call& call);

// 0, or 4 where the call's family is outside the model: nothing was answered then.
int answered_status(const Setting& setting, const Call& call);

}  // namespace sockoracle
