// SPDX-License-Identifier: GPL-2.0-only
// A PID namespace gives processes numbers of its own; BPF's tracepoints and ftrace know those of
// the initial one alone, where somebody else may have the number that we see.
#pragma once

#include <sys/types.h>

namespace sockoracle {

bool in_initial_pid_namespace();

// By the number in this process's own PID namespace, the number in the initial one. Throws
// UnavailableError where it cannot be found out.
pid_t kernel_pid(pid_t process);

// kernel_pid inside another PID namespace: the kernel is asked through BPF (tasks.bpf.c).
pid_t find_kernel_pid(pid_t process);

}  // namespace sockoracle
