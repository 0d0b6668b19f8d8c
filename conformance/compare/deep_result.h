// SPDX-License-Identifier: GPL-2.0-only
// What was looked at beyond the answers of calls: fields of objects, steps, counters (whitebox/),
// modules asked for (autoload.h). Plain data; Comparer::add() takes it into a comparison.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/compare/findings.h"
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

}  // namespace sockoracle
