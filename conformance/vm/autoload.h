// SPDX-License-Identifier: GPL-2.0-only
// Which call makes the kernel ask for which module, which module comes, and in which order: the
// same calls in three worlds, one after the other in one boot. Where modules are absent modprobe
// finds nothing; where they are loadable it loads them, for a caller without privileges; then all
// is there. What came cannot be unloaded, so the model answers a world's calls in one kernel too.
#pragma once

#include <string>
#include <vector>

#include "conformance/probe_client.h"
#include "conformance/vm/kernel_folder.h"
#include "conformance/whitebox/whitebox.h"

namespace sockoracle {

class Autoload {
 public:
  // Sends everything, up to the loading of what no call brought.
  static void queue(ProbeLink& probe);
  // Takes the answers to it; `modules` as they lie in the machine.
  void collect(ProbeLink& probe, const Modules& modules);
  // `world`: with every module loaded.
  DeepResult compare(const World& world) const;

 private:
  struct Seen {
    std::string text;          // "net-pf-2-proto-132-type-1 net-pf-2-proto-132+ = ok"
    std::vector<std::string> came;  // "net-pf-2-proto-132: libcrc32c sctp"
  };
  std::vector<Seen> seen_;
  std::vector<std::string> brought_;  // modules that some alias brings
};

}  // namespace sockoracle
