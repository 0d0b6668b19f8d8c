// SPDX-License-Identifier: GPL-2.0-only
// Counters in a cgroup of the probe's own: which calls reach the create hook, and which way they
// are released.
#include <bpf/libbpf.h>

#include <algorithm>
#include <cerrno>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/whitebox/bpf_object.h"
#include "conformance/whitebox/deep_calls.h"
#include "conformance/whitebox/live_call.h"
#include "conformance/whitebox/own_directory.h"
#include "conformance/whitebox/witnesses.h"

namespace sockoracle {
namespace {

struct HookCounts {
  uint64_t create = 0, release = 0;
};

std::string text(const HookCounts& counts) {
  return "created " + std::to_string(counts.create) + ", released " +
         std::to_string(counts.release);
}

HookCounts counts_of(std::span<const Step> steps) {
  HookCounts counts;
  for (const Step& step : steps) {
    if (step.kind == StepKind::rule && step.rule == Rule::cgroup_sock_create) ++counts.create;
    if (step.kind == StepKind::bpf && step.what == "BPF_CGROUP_INET_SOCK_RELEASE") ++counts.release;
  }
  return counts;
}

class HookChecker {
 public:
  HookChecker() : programs_(cgroup_image(), "sockoracle") {
    for (const char* program : {"count_create", "count_release"}) {
      BpfLink link(bpf_program__attach_cgroup(programs_.program(program), cgroup_.descriptor()));
      if (!link) {
        throw UnavailableError("no BPF program on a cgroup: " + errno_words(errno));
      }
      links_.push_back(std::move(link));
    }
  }

  // Into the cgroup first: later operations may give up the right to.
  std::string operations(const ContextPlan& part) const {
    return "cgroup " + cgroup_.path() + "; " + part.operations;
  }

  HookCounts count(LiveContext& context, const Call& call) const {
    HookCounts counts;
    programs_.set_globals(&counts, sizeof counts);
    context.ask("call socket", call);
    programs_.get_globals(&counts, sizeof counts);
    return counts;
  }

 private:
  OwnDirectory cgroup_{"cgroup2"};
  BpfObject programs_;
  std::vector<BpfLink> links_;
};

}  // namespace

void check_hooks(const World& base, const Plan& plan, DeepResult& result) {
  DeepOracle oracle;
  oracle.name = "hooks";
  const HookChecker checker;
  uint64_t reached = 0;
  Plan without_own_cgroup = plan;
  for (ContextPlan& part : without_own_cgroup.contexts) {
    if (part.operations.find("cgroup") != std::string::npos) part.skipped = "has another cgroup";
  }
  const auto body = [&](LiveContext& context, const World& world, const std::string& name) {
    for (const Call& call : deep_calls(world)) {
      std::vector<Step> steps;
      const Verdict verdict = context.model(call, &steps);
      const HookCounts got = checker.count(context, call);
      DeepGroup group = call_group("hooks", name, call);
      compare_call(group, verdict.rule, call, "the call's cgroup hooks", text(counts_of(steps)),
                   text(got));
      result.groups.push_back(std::move(group));
      ++oracle.compared;
      reached += got.create;
    }
  };
  for_each_context(
      base, without_own_cgroup, oracle,
      [&](const ContextPlan& part) { return checker.operations(part); }, body);
  oracle.counts = "create and release hooks of " + plural(oracle.compared, "call") + ", " +
                  std::to_string(reached) + " reached";
  result.oracles.push_back(std::move(oracle));
}

}  // namespace sockoracle
