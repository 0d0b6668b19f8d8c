// SPDX-License-Identifier: GPL-2.0-only
// What only looks like Linux: said so, with what is known of its own answers.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/world/world_text.h"
#include "model/verdict.h"

namespace sockoracle {

struct NotLinux {
  std::string_view name, vendor, sentence;
};
// By the name of --system; throws UsageError where there is none of it.
const NotLinux& find_system(const std::string& name);
// By the name of the kernel that the flags give, else this machine's; null: it may be Linux.
const NotLinux* system_of(const Setting& setting);

// "gVisor is not Linux ...", then one line for each deviation from Linux' answer that is known.
std::vector<std::string> system_lines(const NotLinux& system, const Verdict& verdict);

}  // namespace sockoracle
