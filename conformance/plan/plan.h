// SPDX-License-Identifier: GPL-2.0-only
// Which cases are asked: grids of family, type and protocol, in every context; and the named cases.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/plan/answers.h"
#include "model/case.h"
#include "model/verdict.h"

namespace sockoracle {

struct ProtocolRange {
  int32_t low, high;
  friend bool operator==(const ProtocolRange&, const ProtocolRange&) = default;
};

// One family and one type word, asked for all these protocols.
struct Request {
  int32_t family = 0, type = 0;
  bool deep = false;
  std::vector<ProtocolRange> protocols;  // ascending, apart
};

struct ContextPlan {
  const ContextRow* context = nullptr;
  std::string operations;  // as the probe is told them
  std::string skipped;     // why nothing of it can be asked; empty = it can
  uint64_t skipped_cases = 0;
  std::vector<Request> requests;
  std::vector<Skipped> left_out;
};

struct Plan {
  std::vector<ContextPlan> contexts;
};

// A case with a name and its answer, known from the kernel's source or from real kernels;
// cases.def.
struct NamedCase {
  std::string_view name;
  std::string_view context;
  std::string_view call;
  std::string_view error;  // "0" = a socket is created
  Rule rule;
};
std::span<const NamedCase> named_cases();

struct PlanOptions {
  std::vector<std::string> contexts;  // empty: all of them
  bool stage = true;                  // leave out contexts that the probe cannot stage
  std::string deny_cgroup{};          // the directory of a cgroup whose program denies, or
  std::string no_deny_cgroup{};       // why there is none
  bool machine = false;  // the kernel is there for this alone: what is system-wide may be staged
  bool allow_autoload = true;  // ask calls that make the kernel run modprobe
};

// The grid of one context: the same for each, and for each subject.
const std::vector<Request>& full_grid();

// The whole plan for a subject with that world (as root sees it). Throws UsageError where
// options.contexts names none.
Plan make_plan(const World& base, const PlanOptions& options);

// The subject's world in a context: fresh network namespaces start with the kernel's defaults.
World context_world(const World& base, const ContextRow& context);

uint64_t count_cases(const ContextPlan& plan);
uint64_t count_cases(std::span<const Skipped> left_out);
// The same for what was answered.
uint64_t count_cases(std::span<const Observation> observations);

}  // namespace sockoracle
