// SPDX-License-Identifier: GPL-2.0-only
// Staging operations that need a kernel's own policies. Those that reach other processes as well
// are only for a kernel that was booted for this probe. BPF programs are a few instructions by
// hand, loaded by plain system calls.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

// What tells this process's PID namespace from all others.
static bool own_pid_namespace(struct stat *is)
{
    return stat("/proc/self/ns/pid", is) == 0;
}

// A container has a first process as well, but a PID namespace of its own.
static bool in_other_pid_namespace(void)
{
    const ino_t initial = 0xEFFFFFFC;   // include/linux/proc_ns.h:PROC_PID_INIT_INO, since 3.8
    struct stat is;
    return own_pid_namespace(&is) && is.st_ino != initial;
}

// The first process of such a machine is this program, told where its answers go (init.c); programs
// that it starts find that out, and on no other machine is it so.
bool machine_is_own(void)
{
    static const char mark[] = "SOCKORACLE_LINE=";
    static int own = -1;
    char text[4096];
    if (own >= 0)
        return own > 0;
    own = 0;
    if (in_other_pid_namespace())
        return false;
    const ssize_t length = load_file("/proc/1/environ", text, sizeof text);
    for (ssize_t at = 0; at < length; at += (ssize_t)strlen(text + at) + 1)
        own |= strncmp(text + at, mark, sizeof mark - 1) == 0;
    return own > 0;
}

bool machine_allows(enum OpKind kind)
{
    return (kind != op_cgroup_deny && kind != op_file_max) || machine_is_own();
}

static int bpf(int command, union bpf_attr *attributes)
{
    return (int)syscall(SYS_bpf, command, attributes, sizeof *attributes);
}

static bool refuse(struct Refusal *refusal, const char *call, int error)
{
    refusal->call = call;
    refusal->error = error;
    return false;
}

static int load_program(union bpf_attr *attributes, const struct bpf_insn *code, size_t count)
{
    attributes->insns = (uintptr_t)code;
    attributes->insn_cnt = (uint32_t)count;
    attributes->license = (uintptr_t)"GPL";
    return bpf(BPF_PROG_LOAD, attributes);
}

// ---- the BPF security module ------------------------------------------------------------------

enum { btf_magic = 0xeb9f, btf_kind_func = 12, btf_type_size = 12 };

// What follows a type in the BTF, by kind: bytes once, and bytes for each of its members.
static const struct { uint8_t once, each; } btf_extra[] = {
    [1] = {4, 0}, [3] = {12, 0}, [4] = {0, 12}, [5] = {0, 12}, [6] = {0, 8}, [13] = {0, 8},
    [14] = {4, 0}, [15] = {0, 12}, [17] = {4, 0}, [19] = {0, 12},
};

// The whole of the kernel's BTF: it has no length beforehand.
static uint8_t *load_btf(size_t *size)
{
    size_t room = 0, held = 0;
    uint8_t *bytes = NULL;
    int fd = open("/sys/kernel/btf/vmlinux", O_RDONLY | O_CLOEXEC);
    for (ssize_t count = 1; fd >= 0 && count > 0; held += count > 0 ? (size_t)count : 0) {
        if (held == room) {
            room += 1 << 20;
            uint8_t *more = realloc(bytes, room);
            if (more == NULL)
                break;
            bytes = more;
        }
        count = read(fd, bytes + held, room - held);
    }
    if (fd >= 0)
        close(fd);
    *size = held;
    return bytes;
}

static uint32_t word_at(const uint8_t *bytes, size_t at)
{
    uint32_t word;
    memcpy(&word, bytes + at, sizeof word);
    return word;
}

// The number of a function in BTF; 0: it is not there.
static uint32_t find_function(const uint8_t *btf, size_t size, const char *name)
{
    if (size < 24 || (word_at(btf, 0) & 0xffff) != btf_magic)
        return 0;
    const size_t head = word_at(btf, 4), strings = head + word_at(btf, 16);
    const size_t strings_size = word_at(btf, 20);       // the last one ends with 0
    size_t at = head + word_at(btf, 8);
    const size_t end = at + word_at(btf, 12);
    if (end > size || strings + strings_size > size)
        return 0;
    for (uint32_t id = 1; at + btf_type_size <= end; id++) {
        const uint32_t name_at = word_at(btf, at), info = word_at(btf, at + 4);
        const uint32_t kind = info >> 24 & 0x1f, members = info & 0xffff;
        if (kind == btf_kind_func && name_at < strings_size &&
            strcmp((const char *)btf + strings + name_at, name) == 0)
            return id;
        at += btf_type_size;
        if (kind < sizeof btf_extra / sizeof *btf_extra)
            at += btf_extra[kind].once + (size_t)btf_extra[kind].each * members;
    }
    return 0;
}

// The hook, and where its argument `kern` stands: sockets of the kernel itself pass.
static const struct Hook {
    enum OpKind kind;
    const char *function;
    int16_t kern_at;                // -1: the hook is not told
} hooks[] = {
    {op_lsm_deny_create, "bpf_lsm_socket_create", 24},
    {op_lsm_deny_post_create, "bpf_lsm_socket_post_create", 32},
    {op_lsm_deny_alloc, "bpf_lsm_sk_alloc_security", -1},
};

// Whoever is not this process passes, and what the kernel itself creates. A number alone names no
// process: in another PID namespace a stranger may have the same.
static int load_refusal(const struct Hook *hook, uint32_t function, const struct stat *ns)
{
    const bool told = hook->kern_at >= 0;
    const int room = sizeof(struct bpf_pidns_info);
    // As the kernel writes the number of a device.
    const uint32_t device = (uint32_t)major(ns->st_dev) << 20 | (uint32_t)minor(ns->st_dev);
    const struct bpf_insn code[] = {
        // r6 = arguments; r0 = bpf_get_ns_current_pid_tgid(device, inode, stack, room)
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_1},
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1, .imm = (int32_t)device},
        {.imm = 0},
        {.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_2, .imm = (int32_t)ns->st_ino},
        {.imm = (int32_t)(ns->st_ino >> 32)},
        {.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_3, .src_reg = BPF_REG_10},
        {.code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = BPF_REG_3, .imm = -room},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_4, .imm = room},
        {.code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_ns_current_pid_tgid},
        // if it is another namespace's, or tgid != own goto pass
        {.code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = BPF_REG_0, .off = 6, .imm = 0},
        {.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_10,
         .off = (int16_t)(offsetof(struct bpf_pidns_info, tgid) - sizeof(struct bpf_pidns_info))},
        {.code = BPF_JMP32 | BPF_JNE | BPF_K, .dst_reg = BPF_REG_0, .off = 4, .imm = getpid()},
        // r2 = kern, or 0; if (int)r2 != 0 goto pass; return -EACCES
        {.code = told ? BPF_LDX | BPF_MEM | BPF_DW : BPF_ALU64 | BPF_MOV | BPF_K,
         .dst_reg = BPF_REG_2, .src_reg = told ? BPF_REG_6 : 0, .off = told ? hook->kern_at : 0},
        {.code = BPF_JMP32 | BPF_JNE | BPF_K, .dst_reg = BPF_REG_2, .off = 2, .imm = 0},
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = -EACCES},
        {.code = BPF_JMP | BPF_EXIT},
        // pass: return 0
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_LSM;
    attributes.expected_attach_type = BPF_LSM_MAC;
    attributes.attach_btf_id = function;
    return load_program(&attributes, code, sizeof code / sizeof *code);
}

// A kernel may take the program and never run it: its list of security modules lacks "bpf".
static bool is_refused(void)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    if (fd >= 0)
        close(fd);
    return fd < 0;
}

// Refuses this process while it lives: the attachment is a descriptor of its.
static bool deny_hook(enum OpKind kind, struct Refusal *refusal)
{
    const struct Hook *hook = hooks;
    struct stat ns;
    size_t size;
    union bpf_attr attributes;
    while (hook->kind != kind)
        hook++;
    if (!own_pid_namespace(&ns))
        return refuse(refusal, "/proc/self/ns/pid", errno);
    uint8_t *btf = load_btf(&size);
    const uint32_t function = btf == NULL ? 0 : find_function(btf, size, hook->function);
    free(btf);
    if (function == 0)
        return refuse(refusal, btf == NULL ? "/sys/kernel/btf/vmlinux" : hook->function, ENOENT);
    const int program = load_refusal(hook, function, &ns);
    if (program < 0)
        return refuse(refusal, "BPF_PROG_LOAD", errno);
    memset(&attributes, 0, sizeof attributes);
    attributes.raw_tracepoint.prog_fd = (uint32_t)program;
    const int attached = bpf(BPF_RAW_TRACEPOINT_OPEN, &attributes);
    const int error = errno;
    close(program);
    if (attached < 0)
        return refuse(refusal, "BPF_RAW_TRACEPOINT_OPEN", error);
    return is_refused() || refuse(refusal, "a BPF security module that is asked", EOPNOTSUPP);
}

// ---- the others -------------------------------------------------------------------------------

// Into a cgroup whose program answers every creation of an INET socket with a refusal.
static bool deny_cgroup(struct Refusal *refusal)
{
    static const char folder[] = "/sys/fs/cgroup/deny";
    const struct bpf_insn code[] = {
        {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0},
        {.code = BPF_JMP | BPF_EXIT},
    };
    union bpf_attr attributes;
    if (mkdir(folder, 0755) != 0 && errno != EEXIST)
        return refuse(refusal, "mkdir of a cgroup", errno);
    const int cgroup = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (cgroup < 0)
        return refuse(refusal, "open of the cgroup", errno);
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_SOCK;
    attributes.expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
    const int program = load_program(&attributes, code, sizeof code / sizeof *code);
    if (program < 0)
        return refuse(refusal, "BPF_PROG_LOAD", errno);
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)cgroup;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_INET_SOCK_CREATE;
    if (bpf(BPF_PROG_ATTACH, &attributes) != 0)
        return refuse(refusal, "BPF_PROG_ATTACH", errno);
    close(program);
    close(cgroup);
    if (write_file("/sys/fs/cgroup/deny/cgroup.procs", "0") != 0)
        return refuse(refusal, "cgroup.procs", errno);
    return true;
}

static const char file_max[] = "/proc/sys/fs/file-max";
static char file_max_before[32];

bool stage_machine(enum OpKind kind, struct Refusal *refusal)
{
    if (kind == op_cgroup_deny)
        return deny_cgroup(refusal);
    if (kind != op_file_max)
        return deny_hook(kind, refusal);
    // Files of a caller without CAP_SYS_ADMIN fail from now on.
    return write_file(file_max, "0") == 0 || refuse(refusal, "fs.file-max", errno);
}

void machine_before(const struct Op *ops, int count)
{
    for (int i = 0; i < count; i++) {
        if (ops[i].kind != op_file_max)
            continue;
        ssize_t length = load_file(file_max, file_max_before, sizeof file_max_before);
        file_max_before[length > 0 ? length : 0] = '\0';
    }
}

void machine_after(void)
{
    if (file_max_before[0] != '\0')
        write_file(file_max, file_max_before);
    file_max_before[0] = '\0';
}
