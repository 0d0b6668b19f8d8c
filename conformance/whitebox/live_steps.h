// SPDX-License-Identifier: GPL-2.0-only
// The model's steps beside the live kernel's, and the comparison of both.
//
// What both can show: capabilities and modules asked for, objects taken and given back. What is
// asked for must be the same, in the same order, with the same results; what a failed call took of
// the model's objects must be given back. Frees have no order: some wait for RCU. What only the
// model names (rules, fields, references) stands alone. So does what only the kernel takes, where a
// row of live_sites.def (ONLY_LIVE) says why; without one it is a difference.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "conformance/whitebox/live_call.h"
#include "conformance/whitebox/steps_trace.h"
#include "conformance/whitebox/whitebox.h"
#include "model/kernel.h"

namespace sockoracle {

// A line of the side-by-side view: an index, or -1 where that side has nothing.
struct StepPair {
  int model = -1, live = -1;
};

// One call, made by the model and by the running kernel.
struct BothSteps {
  Verdict verdict;
  std::vector<Step> model;
  LiveCall live;
  std::vector<StepPair> pairs;
  std::string expected, got;  // what was asked for and given back, in words; equal = they agree
};

// An object that no step of the model's stands for, and a row says why.
bool is_only_live(const LiveStep& step);

// "1 object", "2 objects"
std::string objects_word(int count);

// Watches the calls of one context.
class StepSession {
 public:
  StepSession(StepTracer& tracer, LiveContext& context);

  // Both make the call once unseen, so that what is made only once does not show.
  BothSteps make(const Call& call);

 private:
  int32_t call_probe(const Call& call);

  StepTracer& tracer_;
  LiveContext& context_;
  pid_t process_;
};

}  // namespace sockoracle
