// SPDX-License-Identifier: GPL-2.0-only
// `explain --live`: one call, the model's steps and the running kernel's side by side.
#include "conformance/cli_error.h"
#include "conformance/host_world.h"
#include "conformance/model_answers.h"
#include "conformance/step_text.h"
#include "conformance/text_layout.h"
#include "conformance/whitebox/cgroup_deny.h"
#include "conformance/whitebox/live_steps.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kColumn = 62;

std::string outcome(int32_t error) {
  return error == 0 ? "a socket" : outcome_name(error);
}

std::string live_text(const LiveStep& step) {
  std::string text;
  switch (step.kind) {
    case step_capable: {
      text = "cap_capable";
      for (const Symbol& row : capability_symbols()) {
        if (row.number == step.capability)
          text += " " + std::string(row.name);
      }
      text += step.result == 0 ? " -> yes" : " -> no";
      break;
    }
    case step_module:
      text = "request_module";
      break;
    case step_free:
      text = "object " + std::to_string(step.number) + " freed in " + step.where;
      break;
    default:
      text = "object " + std::to_string(step.number) + ", " + std::to_string(step.result) +
             " bytes, in " + step.where;
      break;
  }
  return step.outside ? text + ", later" : text;
}

std::string table(const BothSteps& both) {
  std::string out = padded("  the model", kColumn) + "the running kernel\n";
  for (const StepPair& pair : both.pairs) {
    std::string line = "  ";
    if (pair.model >= 0)
      line += step_text(both.model[static_cast<size_t>(pair.model)]);
    if (pair.live >= 0) {
      line = padded(line, kColumn) + live_text(both.live.steps[static_cast<size_t>(pair.live)]);
    }
    out += line + "\n";
  }
  return out;
}

}  // namespace

std::string explain_live_text(const Call& call, const std::string& context) {
  const HostFacts facts = host_facts();
  if (!facts.in_table) {
    throw UnavailableError("--live: this machine's kernel is not in the table: " +
                           facts.uname_release);
  }
  PlanOptions options;
  options.contexts = {context};
  const std::unique_ptr<DenyingCgroup> cgroup = stage_deny_cgroup(options);
  const Plan plan = make_plan(facts.world, options);
  const ContextPlan& part = plan.contexts.front();
  if (!part.skipped.empty())
    throw UnavailableError("--live as " + context + ": " + part.skipped);
  const World world = context_world(facts.world, *part.context);
  ModelAsker asker(world);
  if (asker.piece(call.family, call.type, call.protocol).requests_module) {
    throw UnavailableError("--live: the call would make this kernel run modprobe");
  }
  StepTracer tracer;
  ProbeProcess probe;
  StepSession session(tracer, probe, world, context, part.operations);
  const BothSteps both = session.make(call);
  std::string out = call_text(call) + " as " + context +
                    "\n  the model: " + outcome(both.verdict.error) + "; Linux " +
                    facts.uname_release + ": " + outcome(-both.live.result) + "\n\n" + table(both) +
                    "\n";
  if (both.live.held != 0) {
    out += "  " + std::to_string(both.live.held) + " objects were not given back\n";
  }
  if (both.expected == both.got) {
    out += "  Both asked for the same things in the same order, and gave back what they took.\n";
  } else {
    out += "  They differ.\n    the model  " + paragraph(both.expected, 15) + "\n    the kernel " +
           paragraph(both.got, 15) + "\n";
  }
  for (const auto& [event, what] : tracer.missing()) {
    out += "  Not seen: " + what + ": no tracepoint " + event + ".\n";
  }
  return out;
}

}  // namespace sockoracle
