// SPDX-License-Identifier: GPL-2.0-only
// `explain --live`: one call, the model's steps and the running kernel's side by side.
#include <unistd.h>

#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_layout.h"
#include "conformance/whitebox/cgroup_deny.h"
#include "conformance/whitebox/live_functions.h"
#include "conformance/whitebox/live_steps.h"
#include "conformance/words/case_facts.h"
#include "conformance/words/step_text.h"
#include "conformance/world/host_world.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kColumn = 62;

std::string outcome(int32_t error) { return error == 0 ? "a socket" : outcome_name(error); }

std::string live_text(const LiveStep& step) {
  std::string text;
  switch (step.kind) {
    case step_capable: {
      text = "cap_capable";
      for (const Symbol& row : capability_symbols()) {
        if (row.number == step.capability) text += " " + std::string(row.name);
      }
      text += step.result == 0 ? " -> yes" : " -> no";
      break;
    }
    case step_module: text = "request_module"; break;
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

// What the model's column says beside a step that only the kernel makes.
std::string no_step(const LiveStep& live) {
  if (live.kind == step_alloc && live.object.empty()) {
    return live.reason.empty() ? "(no step stands for it)" : "(" + std::string(live.reason) + ")";
  }
  return {};
}

std::string table(const BothSteps& both) {
  std::string out = padded("  the model", kColumn) + "the running kernel\n";
  for (const StepPair& pair : both.pairs) {
    std::string line = "  ";
    if (pair.model >= 0) line += step_text(both.model[static_cast<size_t>(pair.model)]);
    if (pair.live >= 0) {
      const LiveStep& live = both.live.steps[static_cast<size_t>(pair.live)];
      if (pair.model < 0) line += no_step(live);
      line = padded(line, kColumn) + live_text(live);
    }
    out += line + "\n";
  }
  return out;
}

std::string judgement(const std::string& expected, const std::string& got,
                      const std::string& when_equal) {
  if (expected == got) return "  " + when_equal + "\n";
  return "  They differ.\n    the model  " + paragraph(expected, 15) + "\n    the kernel " +
         paragraph(got, 15) + "\n";
}

BothSteps make_steps(LiveContext& context, const Call& call, std::string* text) {
  StepTracer tracer;
  const BothSteps both = StepSession(tracer, context).make(call);
  std::string& out = *text;
  out = table(both) + "\n";
  if (both.live.held != 0) out += "  " + objects_word(both.live.held) + " not given back\n";
  const bool besides = std::any_of(both.live.steps.begin(), both.live.steps.end(), is_only_live);
  out += judgement(
      both.expected, both.got,
      besides ? "But for the objects above that say why no step stands for them, both asked for\n"
                "  the same things in the same order, and gave back the same."
              : "Both asked for the same things in the same order, and gave back the same.");
  for (const auto& [kind, what] : tracer.missing()) out += "  Not seen: " + what + ".\n";
  return both;
}

std::string functions_text(LiveContext& context, const Call& call) {
  try {
    FunctionGraph graph(graph_functions());
    const BothGraphs both = graph_call(graph, context, call);
    std::string out = "\n" + padded("  functions of the running kernel", kColumn) +
                      "are steps of the model\n" + graph_text(both) + "\n";
    return out + judgement(both.expected, both.got,
                           "The functions were entered in the order of the model's steps.");
  } catch (const UnavailableError& error) {
    return "  Not seen: functions entered: " + std::string(error.what()) + ".\n";
  }
}

}  // namespace

std::string explain_live_text(const Call& call, const std::string& context) {
  if (geteuid() != 0)
    throw UnavailableError("--live needs root: BPF programs and tracepoints watch the kernel");
  const HostFacts facts = host_facts();
  if (!facts.in_table) {
    throw UnavailableError("--live: this machine's kernel is not in the table: " +
                           facts.uname_release);
  }
  PlanOptions options;
  options.contexts = {context};
  options.machine = in_own_machine();
  const std::unique_ptr<DenyingCgroup> cgroup =
      options.machine ? nullptr : stage_deny_cgroup(options);
  const Plan plan = make_plan(facts.world, options);
  const ContextPlan& part = plan.contexts.front();
  if (!part.skipped.empty()) throw UnavailableError("--live as " + context + ": " + part.skipped);
  const World world = context_world(facts.world, *part.context);
  if (facts.world.modules_enabled &&
      might_request_module(facts.world, call.family, call.type, call.protocol)) {
    throw UnavailableError("--live: the call would make this kernel run modprobe");
  }
  ProbeProcess probe;
  LiveContext staged(probe, world, context, part.operations);
  std::string steps;
  const BothSteps both = make_steps(staged, call, &steps);
  return call_text(call) + " as " + context + "\n  the model: " + outcome(both.verdict.error) +
         "; Linux " + facts.uname_release + ": " + outcome(-both.live.result) + "\n\n" + steps +
         functions_text(staged, call);
}

}  // namespace sockoracle
