// SPDX-License-Identifier: GPL-2.0-only
// Which call makes the kernel ask for which module, which module comes, and in which order: the
// same calls in three phases, one after the other in one boot. Where modules are absent modprobe
// finds nothing; where they are loadable it loads them, for a caller without privileges; then all
// is there. What came cannot be unloaded, so the model answers a phase's calls in one kernel too.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "conformance/compare/deep_result.h"
#include "conformance/plan/answers.h"

namespace sockoracle {

struct AutoloadPhase {
  Presence modules;  // of those that some alias brings; also the phase's name
  std::string_view context;
  bool loads;  // what modprobe is told: to load, or only to write down
};
std::span<const AutoloadPhase> autoload_phases();
// nullptr where there is no such phase.
const AutoloadPhase* find_autoload_phase(std::string_view name);

// Far more than any kernel asks in one call, and any machine is asked.
inline constexpr size_t kAutoloadAsksMax = 16, kAutoloadCallsMax = 4096;
// What an alias or a module can be called: printable, no blank, no $, not longer than the kernel's
// own limit (MODULE_NAME_LEN).
bool is_module_word(std::string_view text);

// Against the model. Pure. `world`: with every module loaded. Nothing where nothing was asked.
DeepResult compare_autoload(const AutoloadAnswers& seen, const World& world);

}  // namespace sockoracle
