// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/cli/open_subject.h"

#include <unistd.h>

#include "conformance/base/cli_error.h"
#include "conformance/compare/subjects.h"
#include "conformance/vm/setup.h"
#include "conformance/vm/subject_vm.h"

namespace sockoracle {

namespace {
constexpr std::string_view kCommand = "cmd:";
}  // namespace

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
    case SubjectKind::named: find_subject(name, &named); return named_subject(named, adjust);
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

}  // namespace sockoracle
