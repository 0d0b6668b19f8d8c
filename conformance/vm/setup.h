// SPDX-License-Identifier: GPL-2.0-only
// How each kind of machine is started: kernels under QEMU, and user-mode Linux.
#pragma once

#include <string_view>

#include "conformance/subject/machine_options.h"
#include "conformance/vm/kernel_folder.h"
#include "conformance/vm/machine.h"
#include "model/case.h"

namespace sockoracle {

struct MachineSetup {
  std::string subject;         // "vm" or "uml", as recordings name it
  Release release{};           // the series that the plan is made for; the machine says the rest
  std::string kernel_release;  // as the kernel's uname will say it; empty: not known before
  MachineCommand command;
  std::string config;  // the text of its .config; empty: what /proc/config.gz says, if anything
  Modules modules;     // in the order of loading
};

// Is it the name of a machine: "vm", "vm:...", "uml", "uml:..."?
bool is_machine(std::string_view subject);
// Throws UsageError and UnavailableError.
MachineSetup machine_setup(std::string_view subject, const MachineOptions& options);

}  // namespace sockoracle
