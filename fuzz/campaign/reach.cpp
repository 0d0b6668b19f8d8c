// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/campaign/reach.h"

#include <cstdio>
#include <vector>

#include "model/kernel.h"
#include "model/observables.h"

namespace sockoracle::fuzz {
namespace {

// All that can be told apart about a run, folded into one number.
class Fold {
 public:
  void add(uint64_t n) { sum_ = (sum_ ^ n) * 1099511628211u; }
  void add(std::string_view text) {
    for (const char c : text) add(static_cast<uint64_t>(c));
  }
  uint64_t sum() const { return sum_; }

 private:
  uint64_t sum_ = 14695981039346656037u;
};

void add_state(Fold& fold, const Kernel& k, const struct socket& sock) {
  for (const Observable& row : observables()) {
    const Value value = row.expect(k, sock);
    fold.add(static_cast<uint64_t>(value.kind) << 32 | static_cast<uint32_t>(value.error));
    for (const int64_t n : value.v) fold.add(static_cast<uint64_t>(n));
    fold.add(value.text);
  }
}

// Without the tracer: what dangles is not touched.
uint64_t run(const Program& program, std::array<bool, kRuleCount>* rules) {
  Fold fold;
  Machine machine(program.world);
  for (const Operation& o : program.operations) {
    if (o.op == Op::observe || o.op == Op::look) continue;
    const Outcome outcome = machine.run(o);
    fold.add(static_cast<uint64_t>(outcome.error));
    if (o.op != Op::create) continue;
    if (rules != nullptr) (*rules)[static_cast<size_t>(outcome.verdict.rule)] = true;
    fold.add(static_cast<uint64_t>(outcome.verdict.rule) << 16 | outcome.verdict.hazards.bits);
    for (const Step& step : machine.kernel().trace()) {
      fold.add(static_cast<uint64_t>(step.kind) << 32 | static_cast<uint16_t>(step.result));
      fold.add(step.what);
    }
    const struct socket* sock = machine.kernel().lookup(outcome.verdict.fd);
    if (sock != nullptr && sock->sk != nullptr) add_state(fold, machine.kernel(), *sock);
  }
  fold.add(machine.hazards().bits);
  return fold.sum();
}

// The targets fail each step of each create in turn: so must what they reach.
void run_faulted(const Program& program, std::array<bool, kRuleCount>* met) {
  constexpr int32_t kStepsMax = 12;
  for (size_t i = 0; i < program.operations.size(); ++i) {
    if (program.operations[i].op != Op::create) continue;
    Operation fault;
    fault.op = Op::fault;
    Program faulted = program;
    faulted.operations.insert(faulted.operations.begin() + static_cast<std::ptrdiff_t>(i), fault);
    for (int32_t n = 1; n <= kStepsMax; ++n) {
      faulted.operations[i].number = n;
      run(faulted, met);
    }
  }
}

}  // namespace

void Reach::add(const Program& program, const char* name) {
  std::array<bool, kRuleCount> met{};
  run(program, &met);
  run_faulted(program, &met);
  for (size_t i = 0; i < kRuleCount; ++i)
    if (met[i] && rules_[i] == nullptr) rules_[i] = name;
  add_behaviours(program, name);
}

void Reach::add_behaviours(const Program& program, const char* name) {
  const uint64_t as_is = run(program, nullptr);
  for (size_t i = 0; i < kBehaviourCount; ++i) {
    if (behaviours_[i] != nullptr) continue;
    const auto b = static_cast<Behaviour>(i);
    Program other = program;
    const bool has = program.world.has(b);
    other.world.with.set(b, !has);
    other.world.without.set(b, has);
    if (run(other, nullptr) != as_is) behaviours_[i] = name;
  }
}

void Reach::print() const {
  size_t rule_count = 0, behaviour_count = 0;
  for (size_t i = 0; i < kRuleCount; ++i) {
    if (rules_[i] == nullptr) continue;
    ++rule_count;
    const std::string_view name = rules()[i].name;
    std::printf("rule %.*s %s\n", static_cast<int>(name.size()), name.data(), rules_[i]);
  }
  for (size_t i = 0; i < kBehaviourCount; ++i) {
    if (behaviours_[i] == nullptr) continue;
    ++behaviour_count;
    const std::string_view name = behaviours()[i].name;
    std::printf("behaviour %.*s %s\n", static_cast<int>(name.size()), name.data(), behaviours_[i]);
  }
  std::printf("rules %zu of %zu, behaviours %zu of %zu\nmissing", rule_count, kRuleCount,
              behaviour_count, kBehaviourCount);
  for (size_t i = 0; i < kRuleCount; ++i)
    if (rules_[i] == nullptr)
      std::printf(" %.*s", static_cast<int>(rules()[i].name.size()), rules()[i].name.data());
  for (size_t i = 0; i < kBehaviourCount; ++i)
    if (behaviours_[i] == nullptr)
      std::printf(" %.*s", static_cast<int>(behaviours()[i].name.size()),
                  behaviours()[i].name.data());
  std::printf("\n");
}

}  // namespace sockoracle::fuzz
