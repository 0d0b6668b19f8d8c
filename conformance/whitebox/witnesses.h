// SPDX-License-Identifier: GPL-2.0-only
// Cheap witnesses of how far a call got: inode numbers, cgroup hooks, announcements of sock_diag.
#pragma once

#include "conformance/whitebox/whitebox.h"

namespace sockoracle {

void check_inodes(const World& base, const Plan& plan, DeepResult& result);
void check_hooks(const World& base, const Plan& plan, DeepResult& result);
void check_announcements(const World& base, const Plan& plan, DeepResult& result);

}  // namespace sockoracle
