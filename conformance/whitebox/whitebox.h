// SPDX-License-Identifier: GPL-2.0-only
// What only root of the running kernel can see: fields of its objects, its steps, its counters.
// `sockoracle check --deep`. Where the program was built without libbpf or clang, what needs BPF is
// skipped with that reason.
#pragma once

#include <string>
#include <vector>

#include "conformance/answers.h"
#include "conformance/findings.h"
#include "conformance/plan.h"
#include "model/case.h"

namespace sockoracle {

// One difference, of the protocols from call.protocol to high.
struct Difference {
  std::string context;
  Rule rule{};
  Call call;
  int32_t high = 0;
  std::string observable, expected, got;
};

// What was looked at in one context: a group of the report, and how many cases it stands for.
struct DeepGroup {
  std::string context;
  Group group;
  std::vector<Difference> differences;
};

struct DeepResult {
  std::vector<DeepOracle> oracles;
  std::vector<DeepGroup> groups;
};

// Was the running kernel booted for this alone (vm/)? Then all of it may be changed.
bool in_own_machine();

// All oracles on the live host, in every context of the plan that can be staged.
DeepResult check_deep(const World& base, const PlanOptions& options);

// One call in a caller context of the live host, step by step beside the model's. Throws
// UnavailableError where that cannot be seen.
std::string explain_live_text(const Call& call, const std::string& context);

}  // namespace sockoracle
