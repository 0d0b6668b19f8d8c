// SPDX-License-Identifier: GPL-2.0-only
// A kernel in a virtual machine, asked by the probe as its first process. Everything is asked in
// one boot: first the facts from which the world is derived, then the plan. The plan does not
// depend on the facts, because nothing is left out where no module can be loaded.
#include "conformance/vm/subject_vm.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "conformance/base/cli_error.h"
#include "conformance/base/terminal.h"
#include "conformance/base/tool_name.h"
#include "conformance/client/probe_facts.h"
#include "conformance/vm/autoload.h"
#include "conformance/vm/own_program.h"
#include "conformance/whitebox/deep_json.h"

namespace sockoracle {
namespace {

class VmSubject final : public Subject {
 public:
  VmSubject(std::string_view name, const SubjectOptions& asking) : client_(machine_, states_) {
    MachineSetup setup = machine_setup(name, asking.machine);
    const bool autoload = asking.allow_autoload;
    if (autoload && setup.modules.empty()) {
      throw UsageError("--allow-autoload wants modules to load: vm:RELEASE-modules, or --modules "
                       "DIR");
    }
    if (autoload) queue_autoload(machine_);
    queue_facts(machine_);
    World planned = default_world(setup.release);
    planned.modules_enabled = false;
    PlanOptions everything;
    everything.contexts = asking.contexts;
    everything.allow_autoload = true;
    everything.machine = true;
    plan_ = make_plan(planned, everything);
    for (const ContextPlan& part : plan_.contexts) client_.queue(part);
    if (asking.deep) queue_deep(asking, &setup);
    machine_.boot(setup.command, setup.modules, autoload);
    if (autoload) autoload_ = collect_autoload(machine_, setup.modules);
    ProbeFacts facts = collect_facts(machine_, setup.config);
    provenance_ = std::move(facts.provenance);
    world_ = facts.world;
    provenance_.subject = setup.subject;
    provenance_.tool = tool_name();
    if (asking.adjust) asking.adjust(world_);
    for (const std::string& module : machine_.failed_modules()) {
      complain("module not loaded: " + module);
    }
  }

  const Provenance& provenance() const override { return provenance_; }
  const World& world() const override { return world_; }
  const StateTable& states() const override { return states_; }

  const AutoloadAnswers& autoload() const override { return autoload_; }
  DeepResult take_deep() override {
    DeepResult seen = Subject::take_deep();
    std::move(seen.oracles.begin(), seen.oracles.end(), std::back_inserter(deep_.oracles));
    std::move(seen.groups.begin(), seen.groups.end(), std::back_inserter(deep_.groups));
    return std::move(deep_);
  }

  // What is asked was settled before the boot.
  void answer(const PlanOptions&, const ContextSink& sink) override {
    for (const ContextPlan& part : plan_.contexts) sink(client_.collect(part));
    if (deep_asked_) deep_ = read_deep_json(own_program_output(machine_));
  }

 private:
  // This program itself looks into the machine's kernel, after everything else: it leaves counters
  // and slabs as no plain caller does.
  void queue_deep(const SubjectOptions& asking, MachineSetup* setup) {
    std::vector<std::string> arguments = {"deep"};
    for (const std::string& context : asking.contexts)
      arguments.insert(arguments.end(), {"--context", context});
    arguments.insert(arguments.end(), asking.world_flags.begin(), asking.world_flags.end());
    pack_own_program(machine_, arguments, asking.machine, *setup);
    machine_.send("program");
    deep_asked_ = true;
  }

  Provenance provenance_;
  World world_;
  StateTable states_;
  Machine machine_;
  ProbeClient client_;
  Plan plan_;
  AutoloadAnswers autoload_;
  DeepResult deep_;
  bool deep_asked_ = false;
};

}  // namespace

std::unique_ptr<Subject> machine_subject(std::string_view name, const SubjectOptions& asking) {
  return std::make_unique<VmSubject>(name, asking);
}

}  // namespace sockoracle
