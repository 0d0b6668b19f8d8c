// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/whitebox.h"

#include <unistd.h>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_file.h"
#include "conformance/whitebox/cgroup_deny.h"
#include "conformance/whitebox/deep_entries.h"
#include "conformance/whitebox/deep_fields.h"
#include "conformance/whitebox/kernel_pid.h"
#include "conformance/whitebox/live_functions.h"
#include "conformance/whitebox/witnesses.h"

namespace sockoracle {
namespace {

using Check = void (*)(const World& base, const Plan& plan, DeepResult& result);

// What cannot be observed is skipped with its reason; the others go on.
void run(const char* name, Check check, bool needs_root, const World& base, const Plan& plan,
         DeepResult& result) {
  if (needs_root && geteuid() != 0) {
    result.oracles.push_back({.name = name, .counts = {}, .skipped = "needs root", .notes = {}});
    return;
  }
  try {
    check(base, plan, result);
  } catch (const UnavailableError& error) {
    result.oracles.push_back({.name = name, .counts = {}, .skipped = error.what(), .notes = {}});
  }
}

}  // namespace

bool in_own_machine() {
  if (!in_initial_pid_namespace()) return false;  // a container's first process is no machine's
  try {
    return ('\0' + load_text("/proc/1/environ")).find(std::string("\0SOCKORACLE_LINE=", 17)) !=
           std::string::npos;
  } catch (const UsageError&) {
    return false;
  }
}

DeepResult check_deep(const World& base, const PlanOptions& asked) {
  DeepResult result;
  PlanOptions options = asked;
  options.machine = in_own_machine();
  const std::unique_ptr<DenyingCgroup> cgroup =
      options.machine ? nullptr : stage_deny_cgroup(options);
  const Plan plan = make_plan(base, options);
  run("fields", check_fields, true, base, plan, result);
  run("steps", check_steps, true, base, plan, result);
  run("functions", check_functions, true, base, plan, result);
  run("inodes", check_inodes, false, base, plan, result);
  run("hooks", check_hooks, true, base, plan, result);
  run("announcements", check_announcements, false, base, plan, result);
  run("entries", check_entries, false, base, plan, result);
  return result;
}

}  // namespace sockoracle
