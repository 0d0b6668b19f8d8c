// SPDX-License-Identifier: GPL-2.0-only
// Any system in which a launcher can run the probe: `cmd:...`, and the named subjects.
#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/tool_name.h"
#include "conformance/client/command_probe.h"
#include "conformance/client/probe_facts.h"
#include "conformance/compare/subjects.h"
#include "conformance/subject/subject.h"

namespace sockoracle {
namespace {

// The first operation of the context that the subject cannot do, or "".
std::string unstaged_operation(std::string_view operations,
                               const std::vector<std::string>& stages) {
  while (!operations.empty() && !stages.empty()) {
    const size_t end = std::min(operations.find("; "), operations.size());
    const std::string word(operations.substr(0, std::min(operations.find(' '), end)));
    if (std::find(stages.begin(), stages.end(), word) == stages.end()) return word;
    operations.remove_prefix(std::min(end + 2, operations.size()));
  }
  return {};
}

class CommandSubject final : public Subject {
 public:
  CommandSubject(const NamedSubject& named, const AdjustWorld& adjust)
      : named_(named),
        probe_(Launch{.words = named.launch, .package = named.package}),
        client_(probe_, states_) {
    try {
      ProbeFacts facts = ask_facts(probe_);
      provenance_ = std::move(facts.provenance);
      world_ = facts.world;
    } catch (const UnavailableError& error) {
      throw UnavailableError(named.name + ": " + error.what());
    }
    const std::string version = named.version.empty() ? "" : first_line_of(named.version);
    if (!version.empty()) provenance_.uname += ", " + version;
    provenance_.subject = named.name;
    provenance_.tool = tool_name();
    apply_items(world_, named.world);
    if (adjust) adjust(world_);
  }

  const Provenance& provenance() const override { return provenance_; }
  const World& world() const override { return world_; }
  const StateTable& states() const override { return states_; }

  void answer(const PlanOptions& options, const ContextSink& sink) override {
    Plan plan = make_plan(world_, options);
    for (ContextPlan& part : plan.contexts) {
      leave_out_unstaged(part);
      if (part.skipped.empty()) client_.queue(part);
    }
    for (const ContextPlan& part : plan.contexts) {
      if (part.skipped.empty()) {
        sink(client_.collect(part));
        continue;
      }
      Answers answers;
      answers.context = part.context->name;
      answers.skipped = part.skipped;
      answers.skipped_cases = part.skipped_cases;
      sink(std::move(answers));
    }
  }

 private:
  void leave_out_unstaged(ContextPlan& part) const {
    const std::string operation = unstaged_operation(part.operations, named_.stages);
    if (!part.skipped.empty() || operation.empty()) return;
    part.skipped = named_.name + " cannot stage " + operation;
    part.skipped_cases = count_cases(part) + count_cases(part.left_out);
  }

  NamedSubject named_;
  Provenance provenance_;
  World world_;
  StateTable states_;
  CommandProbe probe_;
  ProbeClient client_;
};

}  // namespace

std::unique_ptr<Subject> command_subject(std::string_view command, const AdjustWorld& adjust) {
  NamedSubject named;
  named.name = "cmd";
  named.launch = split_words(command, "--subject cmd:" + std::string(command));
  return std::make_unique<CommandSubject>(named, adjust);
}

std::unique_ptr<Subject> named_subject(const NamedSubject& named, const AdjustWorld& adjust) {
  return std::make_unique<CommandSubject>(named, adjust);
}

void apply_compared_world(std::string_view name, World& world) {
  NamedSubject named;
  if (find_subject(name, &named)) apply_items(world, named.world);
}

}  // namespace sockoracle
