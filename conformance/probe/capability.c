// SPDX-License-Identifier: GPL-2.0-only
// Capabilities by the raw system calls: no library, and it works without /proc.
#include "probe.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

// The position is the number (uapi linux/capability.h).
static const char *const capability_names[] = {
    "chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid",
    "setpcap", "linux_immutable", "net_bind_service", "net_broadcast", "net_admin", "net_raw",
    "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct",
    "sys_admin", "sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod",
    "lease", "audit_write", "audit_control", "setfcap", "mac_override", "mac_admin", "syslog",
    "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
};

static bool add_capability(const char *name, size_t length, uint64_t *mask)
{
    for (unsigned i = 0; i < sizeof capability_names / sizeof capability_names[0]; i++) {
        if (strlen(capability_names[i]) == length &&
            strncmp(capability_names[i], name, length) == 0) {
            *mask |= (uint64_t)1 << i;
            return true;
        }
    }
    return false;
}

bool capability_mask(const char *names, uint64_t *mask)
{
    *mask = 0;
    for (;;) {
        size_t length = strcspn(names, ",");
        if (!add_capability(names, length, mask))
            return false;
        if (names[length] == '\0')
            return true;
        names += length + 1;
    }
}

int capabilities_get(uint64_t *effective, uint64_t *permitted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {{0, 0, 0}, {0, 0, 0}};
    if (syscall(SYS_capget, &header, data) != 0)
        return errno;
    *effective = data[0].effective | (uint64_t)data[1].effective << 32;
    *permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
    return 0;
}

int capabilities_set(uint64_t mask)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++) {
        const uint32_t half = (uint32_t)(mask >> (32 * i));
        data[i] = (struct __user_cap_data_struct){
            .effective = half, .permitted = half, .inheritable = 0};
    }
    // Ambient ones need Linux 4.3; before it there is nothing to drop.
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    return syscall(SYS_capset, &header, data) == 0 ? 0 : errno;
}
