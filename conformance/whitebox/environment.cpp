// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/environment.h"

#include <algorithm>
#include <set>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_file.h"
#include "conformance/compare/compare.h"
#include "conformance/whitebox/cgroup_deny.h"
#include "conformance/whitebox/live_call.h"

namespace sockoracle {
namespace {

constexpr const char* kReason =
    "this sandbox answers before the kernel's socket code does: a seccomp filter is active here";

bool filter_is_active() {
  try {
    return load_text("/proc/self/status").find("\nSeccomp:\t2") != std::string::npos;
  } catch (const std::exception&) {
    return false;  // without /proc nothing is known, and nothing is excused
  }
}

bool draws_inode(std::span<const Step> steps) {
  return std::any_of(steps.begin(), steps.end(), [](const Step& step) {
    return step.kind == StepKind::alloc && step.what == "sock_inode_cache";
  });
}

// The call never reached sock_alloc, where the model says that it does.
bool is_answered_before(const World& base, const PlanOptions& options, const Finding& finding) {
  const ContextRow* row = find_context(finding.contexts.front());
  if (row == nullptr) return false;
  PlanOptions one = options;
  one.contexts = {finding.contexts.front()};
  const std::unique_ptr<DenyingCgroup> cgroup = stage_deny_cgroup(one);
  const Plan plan = make_plan(base, one);
  if (!plan.contexts.front().skipped.empty()) return false;
  ProbeProcess probe;
  LiveContext context(probe, context_world(base, *row), std::string(row->name),
                      plan.contexts.front().operations);
  std::vector<Step> steps;
  context.model(finding.smallest, &steps);
  if (!draws_inode(steps)) return false;
  const std::string drawn = context.ask("inodes", finding.smallest);
  if (!drawn.starts_with("n/a ")) return drawn == "0";
  // Even the AF_UNIX sockets beside the call are refused, and not for want of descriptors.
  return !drawn.ends_with("EMFILE") && !drawn.ends_with("ENFILE");
}

}  // namespace

void explain_by_seccomp(const World& base, const PlanOptions& options, Comparison& comparison) {
  if (comparison.unexpected() == 0 || !filter_is_active()) return;
  std::set<std::string> answers;  // errnos that are the filter's
  for (Finding& finding : comparison.findings) {
    if (finding.known || finding.observable != "errno") continue;
    try {
      if (finding.got != "SIGSYS" && !is_answered_before(base, options, finding)) continue;
    } catch (const UnavailableError&) {
      continue;
    }
    answers.insert(finding.got);
    finding.known = true;
    finding.reason = kReason;
  }
  // What the kernel itself would refuse before sock_alloc cannot be told apart; the same errno can.
  for (Finding& finding : comparison.findings) {
    if (finding.known || finding.observable != "errno" || !answers.contains(finding.got)) continue;
    finding.known = true;
    finding.reason = kReason;
  }
  sort_findings(comparison);
}

}  // namespace sockoracle
