// SPDX-License-Identifier: GPL-2.0-only
// A recording as a subject, and the choice between the kinds of subject.
#include <unistd.h>

#include <algorithm>

#include "conformance/cli_error.h"
#include "conformance/plan.h"
#include "conformance/recording.h"
#include "conformance/subject.h"
#include "conformance/subjects.h"
#include "conformance/text_file.h"
#include "conformance/vm/setup.h"
#include "conformance/vm/subject_vm.h"

namespace sockoracle {
namespace {

class FileSubject final : public Subject {
 public:
  FileSubject(const std::string& path, const AdjustWorld& adjust)
      : recording_(read_recording(path)),
        world_(world_of(recording_.provenance, name_of_input(path) + ":1")) {
    apply_compared_world(recording_.provenance.subject, world_);
    if (adjust) adjust(world_);
  }

  const Provenance& provenance() const override { return recording_.provenance; }
  const World& world() const override { return world_; }
  const StateTable& states() const override { return recording_.states; }
  const AutoloadAnswers& autoload() const override { return recording_.autoload; }

  void answer(const PlanOptions& options, const ContextSink& sink) override {
    for (const Answers& answers : recording_.contexts) {
      const auto& wanted = options.contexts;
      if (!wanted.empty() &&
          std::find(wanted.begin(), wanted.end(), answers.context) == wanted.end()) {
        continue;
      }
      sink(Answers(answers));
    }
  }

 private:
  Recording recording_;
  World world_;
};

}  // namespace

std::unique_ptr<Subject> file_subject(const std::string& path, const AdjustWorld& adjust) {
  return std::make_unique<FileSubject>(path, adjust);
}

constexpr std::string_view kCommand = "cmd:";

SubjectKind kind_of_subject(const std::string& name) {
  if (name == "host") return SubjectKind::host;
  if (is_machine(name)) return SubjectKind::machine;
  if (name.starts_with(kCommand)) return SubjectKind::command;
  NamedSubject named;
  if (find_subject(name, &named) && !named.launch.empty()) return SubjectKind::named;
  Release release;
  return parse_release(name, &release) ? SubjectKind::release : SubjectKind::file;
}

namespace {

std::unique_ptr<Subject> release_subject(const std::string& name, const AdjustWorld& adjust) {
  Release release;
  parse_release(name, &release);
  World world = default_world(release);
  if (adjust) adjust(world);
  return model_subject(world);
}

}  // namespace

std::unique_ptr<Subject> open_subject(const std::string& name, const SubjectOptions& asking) {
  const AdjustWorld& adjust = asking.adjust;
  NamedSubject named;
  switch (kind_of_subject(name)) {
    case SubjectKind::host: return host_subject(adjust);
    case SubjectKind::machine: return machine_subject(name, asking);
    case SubjectKind::command:
      return command_subject(std::string_view(name).substr(kCommand.size()), adjust);
    case SubjectKind::named:
      find_subject(name, &named);
      return named_subject(named, adjust);
    case SubjectKind::release: return release_subject(name, adjust);
    case SubjectKind::file: break;
  }
  if (name != "-" && access(name.c_str(), F_OK) != 0) {
    throw UsageError(name + ": no such file; accepted are host, vm:RELEASE, uml, cmd:COMMAND, " +
                     "a name of `list subjects`, a release from " +
                     std::string(releases().front().name) + " to " +
                     std::string(releases().back().name) +
                     ", a recording, and - for one on standard input");
  }
  return file_subject(name, adjust);
}

namespace {

std::string& own_name() {
  static std::string name = "sockoracle";
  return name;
}

}  // namespace

std::string tool_name() { return own_name(); }
void set_tool_name(std::string name) { own_name() = std::move(name); }

}  // namespace sockoracle
