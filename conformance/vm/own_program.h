// SPDX-License-Identifier: GPL-2.0-only
// This program, with all that it needs to run, as files for a machine: it looks into the kernel
// from inside.
#pragma once

#include <string>
#include <vector>

#include "conformance/subject/options.h"
#include "conformance/vm/setup.h"

namespace sockoracle {

// Packs it, to be started with these arguments by the request `program`, and lets the machine have
// the time for it, where the user has not said how long.
void pack_own_program(Machine& machine, const std::vector<std::string>& arguments,
                      const MachineOptions& asked, MachineSetup& setup);

// The answer to `program`: what it wrote. Throws UnavailableError, with its last words, where it
// did not end with status 0.
std::string own_program_output(Machine& machine);

// A machine that is booted for one command of this program: what that wrote. Throws as above.
std::string output_inside(const std::string& subject, const std::vector<std::string>& arguments,
                          const SubjectOptions& asking);

}  // namespace sockoracle
