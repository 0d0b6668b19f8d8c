// SPDX-License-Identifier: GPL-2.0-only
// A kernel in a virtual machine, asked by the probe as its first process. Everything is asked in
// one boot: first the facts from which the world is derived, then the plan. The plan does not
// depend on the facts, because nothing is left out where no module can be loaded.
#include "conformance/vm/subject_vm.h"

#include <algorithm>
#include <cstdio>
#include <iterator>

#include "conformance/cli_error.h"
#include "conformance/host_world.h"
#include "conformance/vm/autoload.h"
#include "conformance/vm/own_program.h"
#include "conformance/whitebox/deep_json.h"

namespace sockoracle {
namespace {

// What host_facts() reads besides the sysctls of the table.
constexpr std::string_view kFactFiles[] = {
    "/proc/sys/kernel/ostype",
    "/proc/sys/kernel/osrelease",
    "/proc/sys/kernel/version",
    "/proc/sys/kernel/modprobe",
    "/proc/net/protocols",
    "/proc/sys/kernel/modules_disabled",
    "/proc/modules",
    "/proc/cmdline",
    "/proc/config.gz",
    "/sys/kernel/security/lsm",
    "/sys/fs/selinux/enforce",
    "/sys/module/apparmor/parameters/enabled",
};

std::vector<std::string> fact_files() {
  std::vector<std::string> paths(std::begin(kFactFiles), std::end(kFactFiles));
  for (const SysctlRow& row : sysctls()) {
    std::string path = "/proc/sys/" + std::string(row.name);
    std::replace(path.begin(), path.end(), '.', '/');
    paths.push_back(std::move(path));
  }
  return paths;
}

class VmSubject final : public Subject {
 public:
  VmSubject(std::string_view name, const SubjectOptions& asking) : client_(machine_, states_) {
    MachineSetup setup = machine_setup(name, asking.machine);
    const bool autoload = asking.allow_autoload;
    if (autoload && setup.modules.empty()) {
      throw UsageError("--allow-autoload wants modules to load: vm:RELEASE-modules, or --modules "
                       "DIR");
    }
    if (autoload)
      queue_autoload(machine_);
    for (const std::string& path : fact_files())
      machine_.send("read " + path);
    World planned = default_world(setup.release);
    planned.modules_enabled = false;
    PlanOptions everything;
    everything.contexts = asking.contexts;
    everything.allow_autoload = true;
    everything.machine = true;
    plan_ = make_plan(planned, everything);
    for (const ContextPlan& part : plan_.contexts)
      client_.queue(part);
    if (asking.deep) queue_deep(asking, &setup);
    machine_.boot(setup.command, setup.modules, autoload);
    if (autoload)
      autoload_ = collect_autoload(machine_, setup.modules);
    provenance_.subject = setup.subject;
    derive_world(setup.config);
    if (asking.adjust)
      asking.adjust(world_);
    for (const std::string& module : machine_.failed_modules()) {
      std::fprintf(stderr, "module not loaded: %s\n", module.c_str());
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
    for (const ContextPlan& part : plan_.contexts)
      sink(client_.collect(part));
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
    pack_own_program(machine_, arguments, *setup);
    machine_.send("program");
    deep_asked_ = true;
  }

  // The answer to one `read`; false where there is no such file.
  bool receive_file(std::string* text) {
    constexpr std::string_view kData = "data ";
    text->clear();
    while (true) {
      const std::string_view line = machine_.receive();
      if (line == ".")
        return true;
      if (line.substr(0, kData.size()) != kData)
        return false;
      *text += unescape_value(line.substr(kData.size()), true);
    }
  }

  // The files of the machine, laid out in a folder, are read as this machine's are.
  void derive_world(const std::string& config) {
    const TemporaryFolder root;
    std::string text, version, release;
    for (const std::string& path : fact_files()) {
      if (!receive_file(&text))
        continue;
      write_new_file(root.path() + path, text);
      if (path == "/proc/sys/kernel/version")
        version = text.substr(0, text.find('\n'));
      if (path == "/proc/sys/kernel/osrelease")
        release = text.substr(0, text.find('\n'));
    }
    if (!config.empty())
      write_new_file(root.path() + "/boot/config-" + release, config);
    const HostFacts facts = host_facts(root.path());
    if (!facts.in_table) {
      throw UnavailableError("the virtual machine runs " + facts.sysname + " " + release +
                             "; the model has Linux " + std::string(releases().front().name) +
                             " to " + std::string(releases().back().name));
    }
    world_ = facts.world;
    const std::string subject = provenance_.subject;
    provenance_ = provenance_of(world_);
    provenance_.subject = subject;
    provenance_.release = release;
    provenance_.uname = facts.sysname + " " + version + " x86_64";
    provenance_.config = facts.config;
    provenance_.protocols = facts.protocols;
    for (const auto& [name, value] : facts.sysctls)
      provenance_.sysctls[name] = value;
    provenance_.lsm = facts.lsm;
    provenance_.tool = tool_name();
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
