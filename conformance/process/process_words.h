// SPDX-License-Identifier: GPL-2.0-only
// A process in words.
#pragma once

#include <string>

#include "model/case.h"

namespace sockoracle {

// "uid 1000, gid 1000, no capability, in a user namespace that owns the network namespace". The ids
// are those that the kernel shows, where a world's may be those that nobody has.
std::string who_text(const World& world, uint32_t uid, uint32_t gid);

}  // namespace sockoracle
