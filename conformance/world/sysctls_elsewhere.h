// SPDX-License-Identifier: GPL-2.0-only
// Sysctls that are set in the hope that socket(2) reads them, and what they do instead.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/world/world_text.h"

namespace sockoracle {

struct SysctlElsewhere {
  std::string_view pattern;
  int64_t min, max;
  std::string_view sentence, where;
};
std::span<const SysctlElsewhere> sysctls_elsewhere();
// The row of that name, or nullptr; `find_sysctl` comes first.
const SysctlElsewhere* find_sysctl_elsewhere(std::string_view name);
bool fits_sysctl(const SysctlElsewhere& row, std::string_view value);

// "net.ipv6.conf.all.disable_ipv6=1: socket() does not read it; it takes ...", of each such item.
std::vector<std::string> sysctls_without_effect(const Setting& setting);

}  // namespace sockoracle
