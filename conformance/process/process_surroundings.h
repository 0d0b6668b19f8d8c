// SPDX-License-Identifier: GPL-2.0-only
// What may answer a process before the kernel's own checks, or beside them: seccomp filters, BPF
// programs on its cgroup, a security module. Each is a condition of the answer.
#pragma once

#include <string>

#include "conformance/process/proc_folder.h"
#include "conformance/process/process_world.h"
#include "conformance/process/seccomp_filters.h"
#include "conformance/process/task_status.h"

namespace sockoracle {

std::string unjudged_filters_text(const std::vector<std::vector<sock_filter>>& filters);
void add_filters(const TaskStatus& status, const SeccompFilters& filters, ProcessWorld* out);

// All of them.
void add_surroundings(const ProcFolder& folder, const TaskStatus& status,
                      const SeccompFilters& filters, ProcessWorld* out);

}  // namespace sockoracle
