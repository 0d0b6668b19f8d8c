// SPDX-License-Identifier: GPL-2.0-only
// The seccomp filter under which COMMAND runs: SECCOMP_RET_TRACE at the entry points, else allowed.
#pragma once

#include <linux/filter.h>

#include <vector>

namespace sockoracle {

std::vector<sock_filter> tracing_filter();

// In the process that is to run under it. 0, or an errno. Sets no_new_privs where the kernel wants
// it: without CAP_SYS_ADMIN.
int install_filter(const std::vector<sock_filter>& filter);

}  // namespace sockoracle
