// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/kernel_pid.h"

#include <sys/stat.h>

#include <cerrno>

namespace sockoracle {

bool in_initial_pid_namespace() {
  constexpr ino_t kInitial = 0xEFFFFFFC;  // include/linux/proc_ns.h:PROC_PID_INIT_INO, since 3.8
  struct stat is {};
  if (stat("/proc/self/ns/pid", &is) == 0) return is.st_ino == kInitial;
  // A kernel without PID namespaces has no such file, but the folder.
  return errno == ENOENT && stat("/proc/self/ns", &is) == 0;
}

pid_t kernel_pid(pid_t process) {
  return in_initial_pid_namespace() ? process : find_kernel_pid(process);
}

}  // namespace sockoracle
