// SPDX-License-Identifier: GPL-2.0-only
// The choice between the kinds of subject.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "conformance/subject/subject.h"

namespace sockoracle {

// What a subject's name stands for.
enum class SubjectKind : uint8_t { host, machine, command, named, release, file };
SubjectKind kind_of_subject(const std::string& name);

// "host", the name of a release ("6.12"), of a machine ("vm:6.12", "uml"), "cmd:COMMAND", the name
// of a subject of subjects/ that a command launches, or else a recording's file name.
// `asking.adjust` (may be empty) changes the derived world: the world flags of the command line.
std::unique_ptr<Subject> open_subject(const std::string& name, const SubjectOptions& asking);

}  // namespace sockoracle
