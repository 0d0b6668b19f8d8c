// SPDX-License-Identifier: GPL-2.0-only
// Built without libbpf or without a clang that compiles for BPF.
#include "conformance/cli_error.h"
#include "conformance/whitebox/whitebox.h"

namespace sockoracle {

DeepResult check_deep(const World&, const PlanOptions&) {
  DeepResult result;
  result.oracles.push_back({.name = "fields",
                            .counts = {},
                            .skipped = "this program was built without libbpf",
                            .notes = {}});
  return result;
}

std::string explain_live_text(const Call&, const std::string&) {
  throw UnavailableError("--live: this program was built without libbpf");
}

}  // namespace sockoracle
