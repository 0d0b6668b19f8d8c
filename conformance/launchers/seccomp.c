// SPDX-License-Identifier: GPL-2.0-only
// sockoracle-seccomp: runs a program under a seccomp filter that refuses socket() of some families.
// A profile compares the whole 64-bit argument, so a family with upper bits set is another family;
// calls of other architectures pass, as they must where 32-bit programs use socketcall().
#define _GNU_SOURCE
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define NATIVE_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCH AUDIT_ARCH_AARCH64
#elif defined(__riscv)
#define NATIVE_ARCH AUDIT_ARCH_RISCV64
#else
#error "add the audit architecture of this machine"
#endif

enum { families_max = 16, exit_usage = 64, exit_unavailable = 69 };

struct refusal {
    uint32_t error;
    uint32_t families[families_max];
    unsigned count;
};

static int usage(void)
{
    fprintf(stderr, "sockoracle-seccomp: accepted is ERRNO FAMILY[,FAMILY...] PROGRAM "
                    "[ARGUMENT...], numbers, at most %d families\n",
            families_max);
    return exit_usage;
}

// A number from 0 to `max`, up to `end`.
static int parse_number(const char *text, const char *end, unsigned long max, uint32_t *out)
{
    char *rest;
    if (*text < '0' || *text > '9')
        return 0;
    errno = 0;
    const unsigned long number = strtoul(text, &rest, 10);
    if (errno != 0 || rest != end || number > max)
        return 0;
    *out = (uint32_t)number;
    return 1;
}

static int parse_refusal(const char *error, const char *families, struct refusal *refusal)
{
    enum { errno_max = 4095 };
    if (!parse_number(error, error + strlen(error), errno_max, &refusal->error))
        return 0;
    while (refusal->count < families_max) {
        const char *end = strchrnul(families, ',');
        if (!parse_number(families, end, UINT32_MAX, &refusal->families[refusal->count++]))
            return 0;
        if (*end == '\0')
            return 1;
        families = end + 1;
    }
    return 0;
}

static struct sock_filter load(size_t offset)
{
    return (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset);
}

// Jumps `no` instructions further where the loaded word is another one.
static struct sock_filter unless(uint32_t word, unsigned no)
{
    return (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word, 0, (uint8_t)no);
}

static int install(const struct refusal *refusal)
{
    // x86, arm64 and riscv are little endian: the low word of an argument comes first.
    const size_t low = offsetof(struct seccomp_data, args[0]);
    struct sock_filter code[8 + families_max + 1];
    unsigned at = 0;
    const unsigned allow = 7 + refusal->count;
    code[at++] = load(offsetof(struct seccomp_data, arch));
    code[at] = unless(NATIVE_ARCH, allow - at - 1), at++;
    code[at++] = load(offsetof(struct seccomp_data, nr));
    code[at] = unless(__NR_socket, allow - at - 1), at++;
    code[at++] = load(low + sizeof(uint32_t));
    code[at] = unless(0, allow - at - 1), at++;
    code[at++] = load(low);
    for (unsigned i = 0; i < refusal->count; i++, at++)
        code[at] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refusal->families[i],
                                                (uint8_t)(allow - at), 0);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    code[at++] =
        (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | refusal->error);
    const struct sock_fprog program = {.len = (unsigned short)at, .filter = code};
    // With CAP_SYS_ADMIN no_new_privs is not needed, and programs keep what they may do; without,
    // as root of a container is, it has to be set first.
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
        return 1;
    return errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int main(int argument_count, char **arguments)
{
    struct refusal refusal = {0};
    if (argument_count < 4 || !parse_refusal(arguments[1], arguments[2], &refusal))
        return usage();
    if (!install(&refusal)) {
        fprintf(stderr, "sockoracle-seccomp: this kernel refuses the filter: %s\n",
                strerror(errno));
        return exit_unavailable;
    }
    execvp(arguments[3], arguments + 3);
    fprintf(stderr, "sockoracle-seccomp: %s: %s\n", arguments[3], strerror(errno));
    return exit_unavailable;
}
