// SPDX-License-Identifier: GPL-2.0-only
// What a subject says about itself through the probe that runs in it: the same files that are read
// of this machine, and uname.
#pragma once

#include <string>

#include "conformance/client/probe_client.h"
#include "conformance/plan/answers.h"

namespace sockoracle {

struct ProbeFacts {
  Provenance provenance;  // without subject and tool
  World world;            // as root sees it, in a fresh network namespace
};

// Asks and waits. Throws UnavailableError where there is no answer, or it names no Linux of the
// table.
ProbeFacts ask_facts(ProbeLink& probe);

// The same of a virtual machine, where everything is asked at once: the requests, and later what
// came. `config` is the
// text of the kernel's .config where somebody knows it, else empty.
void queue_facts(ProbeLink& probe);
ProbeFacts collect_facts(ProbeLink& probe, const std::string& config);

}  // namespace sockoracle
