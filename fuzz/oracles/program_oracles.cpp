// SPDX-License-Identifier: GPL-2.0-only
// Programs are run three times: without a tracer, with one, and with every step of every create
// failed in turn.
#include <algorithm>

#include "fuzz/oracles/boots.h"
#include "fuzz/oracles/bugs.h"
#include "fuzz/oracles/oracles.h"
#include "fuzz/oracles/sweep.h"

namespace sockoracle::fuzz {
namespace {

bool looks(Op op) { return op == Op::observe || op == Op::look; }

struct Dry {
  std::vector<Outcome> outcomes;
  MaybeFinding finding;
};

// What a program may leave behind and be no finding. While leaks are hunted that is what every
// release leaves, a sock whose ops' module went away (see known_leaks), and nothing else.
HazardSet admitted_leaks(const Machine& machine, const Dry& dry, const World& world, Rule last,
                         const ProgramOptions& options) {
  const bool hunts_leaks =
      options.hunting && (!options.hunted || *options.hunted == Hazard::leaked_sock ||
                          *options.hunted == Hazard::leaked_group_info);
  HazardSet leaks = hunts_leaks ? HazardSet{} : known_leaks(world, last);
  bool leaked = !hunts_leaks && machine.hazards().has(Hazard::leaked_sock);
  for (const Outcome& o : dry.outcomes)
    if (o.op == Op::create && o.verdict.rule == Rule::ops_module_live)
      leaked = leaked || o.verdict.hazards.has(Hazard::leaked_sock);
  if (leaked) leaks.set(Hazard::leaked_sock);
  return leaks;
}

// Without the tracer: nothing dangling is touched, so every hazard is met as a value.
Dry run_dry(const Program& program, const World& world, const ProgramOptions& options) {
  Dry dry;
  Machine machine(boots().kernel(world));
  const CallScope quiet(machine.kernel(), {.tracing = false});
  Rule last = Rule::created;
  for (size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& o = program.operations[i];
    const HazardSet before = machine.hazards();
    dry.outcomes.push_back(looks(o.op) ? Outcome{o.op, 0, {}, true} : machine.run(o));
    count_calls(o.op == Op::create);
    if (o.op == Op::create) last = dry.outcomes.back().verdict.rule;
    HazardSet shown = machine.hazards();
    shown.bits = static_cast<uint16_t>(shown.bits & ~before.bits);
    if (o.op == Op::create) shown = dry.outcomes.back().verdict.hazards;
    if (dry.finding) continue;
    dry.finding = hazard_of(world, dry.outcomes.back().verdict, shown, options);
    if (dry.finding) dry.finding->operation = i;
    if (dry.finding && !options.hunting) return dry;
  }
  machine.close_all();
  if (!dry.finding)
    dry.finding = check_balance(machine.at_boot(), machine.kernel().balance(),
                                admitted_leaks(machine, dry, world, last, options), last);
  return dry;
}

struct ObservedStep {
  Machine& machine;
  const Operation& operation;
  Outcome outcome;
};

// With the tracer, each operation in a frame that names the rule which is about to answer.
MaybeFinding run_observed(const Program& program, const World& world, const Dry& dry) {
  Machine machine(boots().kernel(world));
  const CallScope quiet(machine.kernel(), {.tracing = false});
  for (size_t i = 0; i < program.operations.size(); ++i) {
    const Outcome& expected = dry.outcomes[i];
    ObservedStep step{machine, program.operations[i], {}};
    during(
        expected.verdict.rule,
        [](void* context) {
          auto& s = *static_cast<ObservedStep*>(context);
          s.outcome = s.machine.run(s.operation);
          count_calls(s.operation.op == Op::create);
        },
        &step);
    if (looks(program.operations[i].op)) continue;
    if (step.outcome.error == expected.error && step.outcome.verdict == expected.verdict) continue;
    Finding finding = found(Oracle::determinism, expected.verdict.rule,
                            "errno when a tracer looks on", expected.error, step.outcome.error);
    finding.operation = i;
    return finding;
  }
  machine.close_all();
  return {};
}

struct Sweep {
  Kernel& k;
  const World& world;
  const Call& call;
  const Facts& facts;
  const Verdict& clean;
  int32_t steps;
  const ProgramOptions& options;
  MaybeFinding finding;
};

// Runs the program once more and, behind each create, fails every step of the same call in turn.
MaybeFinding run_swept(const Program& program, const World& world, const ProgramOptions& options) {
  Machine machine(boots().kernel(world));
  Kernel& k = machine.kernel();
  const CallScope quiet(k, {.tracing = false});
  bool own_entries = false;
  for (size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& o = program.operations[i];
    if (looks(o.op)) continue;
    own_entries = own_entries || o.op == Op::add_protosw;
    const Outcome outcome = machine.run(o);
    if (o.op != Op::create) continue;
    // Entries, modules and descriptors are now what the program made them: only what is said of the
    // clean call in this very kernel holds, not what facts_of knows.
    const Balance before = k.balance();
    const Verdict clean = k.call(o.call);
    count_calls(2);  // the operation's and this one
    const int32_t steps = k.fallible();
    if (clean.fd >= 0) k.close(clean.fd);
    MaybeFinding finding =
        check_balance(before, k.balance(), known_leaks(world, clean.rule), clean.rule);
    const Facts facts = facts_of({k.world(), o.call});
    k.objects().observer = options.observer;
    if (!finding) {
      Sweep s{k, k.world(), o.call, facts, clean, steps, options, {}};
      during(
          outcome.verdict.rule,
          [](void* context) {
            auto& sw = *static_cast<Sweep*>(context);
            sw.finding = sweep(sw.k, sw.world, sw.call, sw.facts, sw.clean, sw.steps, sw.options);
          },
          &s);
      finding = s.finding;
    }
    k.objects().observer = false;
    if (!finding) continue;
    finding->operation = i;
    return finding;
  }
  return {};
}

}  // namespace

MaybeFinding check_program(const Program& program, const ProgramOptions& options) {
  const World world = pinned(program.world);
  Dry dry = run_dry(program, world, options);
  // While hunting the sanitizer speaks first: what dangles is touched where the program looks.
  if (dry.finding && !options.hunting) return dry.finding;
  // A program in which nobody looks runs as it did without a tracer.
  const bool looked = std::any_of(program.operations.begin(), program.operations.end(),
                                  [](const Operation& o) { return looks(o.op); });
  if (options.observer && looked)
    if (const MaybeFinding f = run_observed(program, world, dry)) return f;
  if (dry.finding) return dry.finding;
  return run_swept(program, world, options);
}

}  // namespace sockoracle::fuzz
