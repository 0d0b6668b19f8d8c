// SPDX-License-Identifier: GPL-2.0-only
// Asks a machine of its own which call makes it ask for which module; what that means is in
// ../autoload.h.
#pragma once

#include "conformance/client/probe_client.h"
#include "conformance/plan/answers.h"
#include "conformance/vm/kernel_folder.h"

namespace sockoracle {

// Sends everything, up to the loading of what no call brought.
void queue_autoload(ProbeLink& probe);
// Takes the answers to it; `modules` as they lie in the machine.
AutoloadAnswers collect_autoload(ProbeLink& probe, const Modules& modules);

}  // namespace sockoracle
