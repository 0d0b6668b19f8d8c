// SPDX-License-Identifier: GPL-2.0-only
// The seccomp filters of a process, as they were loaded (PTRACE_SECCOMP_GET_FILTER).
#pragma once

#include <linux/filter.h>
#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sockoracle {

struct SeccompFilters {
  // In the order in which they were installed; the kernel runs all, and the strictest answer wins.
  std::vector<std::vector<sock_filter>> programs;
  std::string unknown;  // why they could not be read; empty = these are all
};

// The process stands still meanwhile, for microseconds; a stopped one stays stopped. Needs
// CAP_SYS_ADMIN in the initial user namespace, a process that nobody else traces, and that this
// process has no filter itself (kernel/seccomp.c:seccomp_get_filter).
SeccompFilters seccomp_filters_of(pid_t process);

// Of a task that this very thread traces, and that stands still.
SeccompFilters filters_of_tracee(pid_t task);

}  // namespace sockoracle
