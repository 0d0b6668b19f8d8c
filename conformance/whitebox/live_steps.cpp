// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/live_steps.h"

#include <sys/syscall.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/plan/model_answers.h"
#include "conformance/whitebox/deep_calls.h"
#include "conformance/whitebox/deep_fields.h"
#include "conformance/words/step_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr std::string_view kUnseen[] = {
#define UNSEEN(object, reason) object,
#include "conformance/whitebox/live_sites.def"
};

constexpr std::string_view kInode = "sock_inode_cache";
constexpr std::string_view kBlob = "security_sk_alloc";  // a security module's part of the sock
constexpr int kPatienceMs = 1500;  // RCU callbacks come after milliseconds; on a busy machine later

// The model's name for an object, with one name for all slabs of protos. Empty: not seen live.
std::string_view seen_object(const Step& step) {
  if (step.object != 0) return step.what == kInode ? kInode : "proto";
  for (const std::string_view unseen : kUnseen) {
    if (step.what == unseen) return {};
  }
  return step.what;
}

// Is it a step of the kind that this kernel's tracepoints show?
bool is_ask(const Step& step, const StepTracer& tracer) {
  return (step.kind == StepKind::capable && tracer.sees(step_capable)) ||
         (step.kind == StepKind::request_module && tracer.sees(step_module)) ||
         (step.kind == StepKind::alloc && !seen_object(step).empty());
}

bool is_blob_free(const Step& step) {
  return step.kind == StepKind::free && step.what == "security_sk_free";
}

// Gives back an object of a cache, which was taken under the same name, or what a security module
// had for it.
bool is_free(const Step& step, std::span<const Step> all) {
  return is_blob_free(step) || (step.kind == StepKind::free && step.object != 0 &&
                                std::any_of(all.begin(), all.end(), [&](const Step& other) {
                                  return other.kind == StepKind::alloc &&
                                         other.object == step.object && other.what == step.what;
                                }));
}

// Whatever it asks for; an allocation that no step stands for needs a row that says why.
bool is_ask(const LiveStep& step) {
  return step.kind == step_capable || step.kind == step_module ||
         (step.kind == step_alloc && !is_only_live(step));
}

// Objects that the model counts; it does not follow those behind a descriptor.
bool is_free(const LiveStep& step) {
  return step.kind == step_free &&
         (step.object == kInode || step.object == "proto" || step.object == kBlob);
}

std::string capability_word(int32_t number, bool granted) {
  for (const Symbol& row : capability_symbols()) {
    if (row.number == number) {
      return std::string(row.name) + (granted ? " granted" : " refused");
    }
  }
  return "capability " + std::to_string(number) + (granted ? " granted" : " refused");
}

std::string word(const Step& step) {
  if (step.kind == StepKind::capable) return capability_word(step.a, step.result == 0);
  if (step.kind == StepKind::request_module) return "module";
  const std::string name(is_blob_free(step) ? kBlob : seen_object(step));
  if (step.kind == StepKind::free) return "-" + name;
  return "+" + name;
}

std::string word(const LiveStep& step) {
  if (step.kind == step_capable) return capability_word(step.capability, step.result == 0);
  if (step.kind == step_module) return "module";
  return (step.kind == step_free ? "-" : "+") +
         (step.object.empty() ? "an object in " + step.where : step.object);
}

// Asks in order, then what was given back in any order.
std::string sentence(std::vector<std::string> asks, std::vector<std::string> frees) {
  std::sort(frees.begin(), frees.end());
  asks.insert(asks.end(), frees.begin(), frees.end());
  std::string text;
  for (const std::string& one : asks) text += (text.empty() ? "" : " ") + one;
  return text.empty() ? "nothing" : text;
}

// Objects of the model's that a failed call leaves behind: some releases leak.
int count_kept(const std::vector<std::string>& asks, const std::vector<std::string>& frees) {
  const auto counted = [](const std::string& word) {
    const std::string_view object = std::string_view(word).substr(1);
    return object == kInode || object == kBlob || object == "proto";
  };
  return static_cast<int>(std::count_if(asks.begin(), asks.end(), counted) -
                          static_cast<ptrdiff_t>(frees.size()));
}

std::string kept_words(int count) {
  return count == 0 ? std::string() : " and keeps " + objects_word(count);
}

void pair_steps(BothSteps& both, const StepTracer& tracer) {
  std::set<int> used;
  const auto live_count = static_cast<int>(both.live.steps.size());
  int next = 0;  // the first live step that is not shown yet
  for (int m = 0; m < static_cast<int>(both.model.size()); ++m) {
    const Step& step = both.model[static_cast<size_t>(m)];
    const bool ask = is_ask(step, tracer), release = is_free(step, both.model);
    int found = -1;
    for (int l = 0; (ask || release) && l < live_count && found < 0; ++l) {
      const LiveStep& live = both.live.steps[static_cast<size_t>(l)];
      const bool alike = ask ? l >= next && is_ask(live) : is_free(live);
      if (alike && !used.contains(l) && word(live) == word(step)) found = l;
    }
    for (; ask && found >= 0 && next < found; ++next) {
      if (used.insert(next).second) both.pairs.push_back({-1, next});
    }
    if (found >= 0) used.insert(found);
    if (ask && found >= 0) next = found + 1;
    both.pairs.push_back({m, found});
  }
  for (int l = 0; l < live_count; ++l) {
    if (used.insert(l).second) both.pairs.push_back({-1, l});
  }
}

void compare(BothSteps& both, const StepTracer& tracer) {
  both.pairs.clear();
  const bool failed = both.verdict.error != 0;
  std::vector<std::string> asks, frees, live_asks, live_frees;
  for (const Step& step : both.model) {
    if (is_ask(step, tracer)) asks.push_back(word(step));
    if (is_free(step, both.model)) frees.push_back(word(step));
  }
  for (const LiveStep& step : both.live.steps) {
    if (is_ask(step)) live_asks.push_back(word(step));
    // After a success the probe closes the socket: those are another call's.
    if (is_free(step) && (failed || !step.outside)) live_frees.push_back(word(step));
  }
  const int kept = failed ? count_kept(asks, frees) : 0;
  both.expected = sentence(std::move(asks), std::move(frees)) + kept_words(kept);
  both.got = sentence(std::move(live_asks), std::move(live_frees)) + kept_words(both.live.held);
  pair_steps(both, tracer);
}

}  // namespace

bool is_only_live(const LiveStep& step) { return step.object.empty() && !step.reason.empty(); }

std::string objects_word(int count) { return plural(static_cast<uint64_t>(count), "object"); }

StepSession::StepSession(StepTracer& tracer, LiveContext& context)
    : tracer_(tracer), context_(context), process_(context.process()) {}

// 0 or the errno.
int32_t StepSession::call_probe(const Call& call) {
  const std::string answer = context_.ask("call socket", call);
  int32_t error = 0;
  if (answer != "ok" && !parse_outcome(answer, &error))
    throw UnavailableError("the probe answered: " + answer);
  return error;
}

BothSteps StepSession::make(const Call& call) {
  // The kernel leaves out a program where another one is already running on the cpu, so that an
  // event may be missed: what is seen once has happened, what is missing is looked for again.
  constexpr int kTries = 4;
  BothSteps both;
  for (int i = 0; i < 2; ++i) both.verdict = context_.model(call, &both.model, false);
  call_probe(call);
  for (int i = 0; i < kTries; ++i) {
    tracer_.watch(process_, SYS_socket);
    const int32_t error = call_probe(call);
    both.live = tracer_.collect(kPatienceMs);
    both.live.result = -error;
    compare(both, tracer_);
    if (both.expected == both.got) {
      break;
    }
  }
  return both;
}

// ---- check --deep -------------------------------------------------------------------------------

namespace {

// One call's comparison as a group of the report.
DeepGroup step_group(const std::string& name, const Call& call, const BothSteps& both) {
  DeepGroup group = call_group("steps", name, call);
  compare_call(group, both.verdict.rule, call, "the call's steps", both.expected, both.got);
  return group;
}

}  // namespace

void check_steps(const World& base, const Plan& plan, DeepResult& result) {
  StepTracer tracer;
  DeepOracle oracle;
  oracle.name = "steps";
  uint64_t calls = 0, given_back = 0;
  const auto body = [&](LiveContext& context, const World& world, const std::string& name) {
    StepSession session(tracer, context);
    for (const Call& call : deep_calls(world)) {
      const BothSteps both = session.make(call);
      ++calls;
      for (const StepPair& pair : both.pairs) oracle.compared += pair.model >= 0 && pair.live >= 0;
      given_back += static_cast<uint64_t>(
          std::count_if(both.live.steps.begin(), both.live.steps.end(),
                        [](const LiveStep& step) { return step.kind == step_free; }));
      result.groups.push_back(step_group(name, call, both));
    }
  };
  for (const auto& [kind, what] : tracer.missing()) oracle.notes.push_back(what);
  for_each_context(base, plan, oracle, plain_operations, body);
  oracle.counts = plural(oracle.compared, "step") + " of " + plural(calls, "call") + ", " +
                  plural(given_back, "object") + " given back";
  result.oracles.push_back(std::move(oracle));
}

}  // namespace sockoracle
