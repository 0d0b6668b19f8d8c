// SPDX-License-Identifier: GPL-2.0-only
// The functions that the running kernel enters in one call, against the model's steps
// (graph_functions.def).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "conformance/plan/plan.h"
#include "conformance/whitebox/function_graph.h"
#include "conformance/whitebox/live_call.h"
#include "model/verdict.h"

namespace sockoracle {

// All names of the table: what a FunctionGraph is asked to follow.
std::set<std::string> graph_functions();

struct BothGraphs {
  Verdict verdict;
  std::vector<GraphEvent> live;  // of the call alone
  std::string expected, got;     // functions in order; equal = they agree
};

// Makes the call in the context until both agree, at most a few times: an interrupt may be traced
// in its middle.
BothGraphs graph_call(FunctionGraph& graph, LiveContext& context, const Call& call);

// Indented, each with the step that it is.
std::string graph_text(const BothGraphs& both);

// An oracle of check_deep.
void check_functions(const World& base, const Plan& plan, DeepResult& result);

}  // namespace sockoracle
