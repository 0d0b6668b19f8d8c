// SPDX-License-Identifier: GPL-2.0-only
// Built without libbpf or without a clang that compiles for BPF: what needs them says so, with the
// words of the build.
#include "conformance/base/cli_error.h"
#include "conformance/whitebox/deep_fields.h"
#include "conformance/whitebox/kernel_pid.h"
#include "conformance/whitebox/witnesses.h"

namespace sockoracle {
namespace {

[[noreturn]] void absent() {
  throw UnavailableError("this program was built without " SOCKORACLE_BPF_MISSING);
}

}  // namespace

void check_fields(const World&, const Plan&, DeepResult&) { absent(); }
void check_steps(const World&, const Plan&, DeepResult&) { absent(); }
void check_hooks(const World&, const Plan&, DeepResult&) { absent(); }
pid_t find_kernel_pid(pid_t) { absent(); }
std::string explain_live_text(const Call&, const std::string&) { absent(); }

}  // namespace sockoracle
