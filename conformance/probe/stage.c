// SPDX-License-Identifier: GPL-2.0-only
// Doing the staging operations, in a process that ends with its context: whatever it holds
// (namespaces, limits, credentials) ends with it.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// A changed uid lets go of all capabilities at the end, unless a `caps` operation came after it.
static bool caps_undecided;

static bool refuse(struct Refusal *refusal, const char *call, int error)
{
    refusal->call = call;
    refusal->error = error;
    return false;
}

static bool check(int result, const char *call, struct Refusal *refusal)
{
    return result == 0 || refuse(refusal, call, errno);
}

static bool enter_userns(struct Refusal *refusal)
{
    char line[48];
    const unsigned uid = geteuid(), gid = getegid();
    if (unshare(CLONE_NEWUSER) != 0)
        return refuse(refusal, "unshare", errno);
    snprintf(line, sizeof line, "0 %u 1\n", uid);
    if (write_file("/proc/self/uid_map", line) != 0)
        return refuse(refusal, "uid_map", errno);
    snprintf(line, sizeof line, "0 %u 1\n", gid);
    if (write_file("/proc/self/gid_map", line) == 0)
        return true;
    // Since 3.19 an own map wants setgroups given up first.
    if (write_file("/proc/self/setgroups", "deny") != 0)
        return refuse(refusal, "setgroups file", errno);
    return check(write_file("/proc/self/gid_map", line), "gid_map", refusal);
}

struct OwnerReport {
    const char *call;               // NULL: done. The helper is a fork, so pointers hold in both
    int error;
};

// The helper: becomes the owner, makes the namespaces, reports, waits until they were entered.
static _Noreturn void own_netns(uint32_t uid, int report_fd, int wait_fd)
{
    struct OwnerReport report = {.call = NULL, .error = 0};
    char nothing;
    if (setgroups(0, NULL) != 0)
        report.call = "setgroups";
    else if (setresgid(uid, uid, uid) != 0)
        report.call = "setresgid";
    else if (setresuid(uid, uid, uid) != 0)
        report.call = "setresuid";
    else if (prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0)
        report.call = "prctl";
    else if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        report.call = "unshare";
    if (report.call != NULL)
        report.error = errno;
    if (write(report_fd, &report, sizeof report) == (ssize_t)sizeof report)
        while (read(wait_fd, &nothing, 1) < 0 && errno == EINTR)
            continue;
    _exit(0);
}

static bool enter_netns_of(pid_t pid, struct Refusal *refusal)
{
    char path[48];
    snprintf(path, sizeof path, "/proc/%d/ns/net", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
#ifdef SYS_pidfd_open
    if (fd < 0)                     // no /proc: 5.8 and later enter by a pidfd
        fd = (int)syscall(SYS_pidfd_open, pid, 0);
#endif
    if (fd < 0)
        return refuse(refusal, "open of the namespace", errno);
    int result = setns(fd, CLONE_NEWNET);
    int error = errno;
    close(fd);
    errno = error;
    return check(result, "setns", refusal);
}

static bool stage_ownednetns(const struct Op *op, struct Refusal *refusal)
{
    const uint32_t uid = (uint32_t)op->number;
    int report_pipe[2], wait_pipe[2];
    struct OwnerReport report = {.call = "helper", .error = EPIPE};
    if (pipe2(report_pipe, O_CLOEXEC) != 0)
        return refuse(refusal, "pipe2", errno);
    if (pipe2(wait_pipe, O_CLOEXEC) != 0) {
        int error = errno;
        close(report_pipe[0]);
        close(report_pipe[1]);
        return refuse(refusal, "pipe2", error);
    }
    pid_t pid = fork();
    const int fork_error = errno;
    if (pid == 0) {
        close(report_pipe[0]);
        close(wait_pipe[1]);
        own_netns(uid, report_pipe[1], wait_pipe[0]);
    }
    close(report_pipe[1]);
    close(wait_pipe[0]);
    bool done = false;
    if (pid < 0) {
        refuse(refusal, "fork", fork_error);
    } else if (read(report_pipe[0], &report, sizeof report) != (ssize_t)sizeof report ||
               report.call != NULL) {
        refuse(refusal, report.call, report.error);
    } else {
        done = enter_netns_of(pid, refusal);
    }
    close(report_pipe[0]);
    close(wait_pipe[1]);
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    return done;
}

static bool stage_sysctl(const struct Op *op, struct Refusal *refusal)
{
    char path[2 * word_size];
    snprintf(path, sizeof path, "/proc/sys/%s", op->name);
    for (char *at = path + strlen("/proc/sys/"); *at != '\0'; at++) {
        if (*at == '.')
            *at = '/';
    }
    return check(write_file(path, op->value), op->name, refusal);
}

static bool stage_uid(const struct Op *op, struct Refusal *refusal)
{
    const uid_t uid = (uid_t)op->number;
    uint64_t effective, permitted;
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
        return refuse(refusal, "prctl", errno);
    if (setresuid(uid, uid, uid) != 0)
        return refuse(refusal, "setresuid", errno);
    // What is kept is only permitted now; later operations want it effective.
    int error = capabilities_get(&effective, &permitted);
    if (error == 0)
        error = capabilities_set(permitted);
    caps_undecided = uid != 0;
    return error == 0 || refuse(refusal, "capset", error);
}

static bool stage_caps(const struct Op *op, struct Refusal *refusal)
{
    uint64_t effective, permitted, wanted = 0;
    int error = capabilities_get(&effective, &permitted);
    if (error != 0)
        return refuse(refusal, "capget", error);
    if (op->caps == caps_all || op->caps == caps_all_but) {
        if (permitted == 0)
            return refuse(refusal, "capset", EPERM);    // nothing there to be "all" of
        wanted = permitted & ~op->mask;
    } else if (op->caps == caps_only) {
        wanted = op->mask;
    } else if (op->caps == caps_keep) {
        wanted = permitted;
    }
    error = capabilities_set(wanted);
    caps_undecided = false;
    return error == 0 || refuse(refusal, "capset", error);
}

// Exactly so many descriptors can still be opened. Those that are open stay usable.
static bool stage_nofile(const struct Op *op, struct Refusal *refusal)
{
    struct rlimit limit;
    int lowest_free = dup(STDIN_FILENO);
    if (lowest_free < 0)
        return refuse(refusal, "dup", errno);
    close(lowest_free);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return refuse(refusal, "getrlimit", errno);
    limit.rlim_cur = (rlim_t)(lowest_free + op->number);
    return check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit", refusal);
}

static bool stage_cgroup(const struct Op *op, struct Refusal *refusal)
{
    char path[2 * word_size];
    snprintf(path, sizeof path, "%s/cgroup.procs", op->name);
    return check(write_file(path, "0"), "cgroup.procs", refusal);
}

static bool stage_netns(const struct Op *op, struct Refusal *refusal)
{
    (void)op;
    return check(unshare(CLONE_NEWNET), "unshare", refusal);
}

static bool stage_userns(const struct Op *op, struct Refusal *refusal)
{
    (void)op;
    // The uid may have changed, which closes /proc/self to its own process.
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    caps_undecided = false;
    return enter_userns(refusal);
}

static bool stage_mntns(const struct Op *op, struct Refusal *refusal)
{
    (void)op;
    return check(unshare(CLONE_NEWNS), "unshare", refusal) &&
           check(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount", refusal);
}

static bool stage_groups(const struct Op *op, struct Refusal *refusal)
{
    return check(setgroups((size_t)op->group_count, op->groups), "setgroups", refusal);
}

static bool stage_gid(const struct Op *op, struct Refusal *refusal)
{
    const gid_t id = (gid_t)op->number;
    return check(setresgid(id, id, id), "setresgid", refusal);
}

static bool stage_egid(const struct Op *op, struct Refusal *refusal)
{
    const gid_t id = (gid_t)op->number;
    return check(setresgid((gid_t)-1, id, (gid_t)-1), "setresgid", refusal);
}

static bool stage_cgroup_deny(const struct Op *op, struct Refusal *refusal)
{
    return stage_machine(op->kind, refusal);
}

static bool stage_lsm_deny_create(const struct Op *op, struct Refusal *refusal)
{
    return stage_machine(op->kind, refusal);
}

static bool stage_lsm_deny_post_create(const struct Op *op, struct Refusal *refusal)
{
    return stage_machine(op->kind, refusal);
}

static bool stage_lsm_deny_alloc(const struct Op *op, struct Refusal *refusal)
{
    return stage_machine(op->kind, refusal);
}

static bool stage_file_max(const struct Op *op, struct Refusal *refusal)
{
    return stage_machine(op->kind, refusal);
}

bool stage_op(const struct Op *op, struct Refusal *refusal)
{
    static bool (*const stages[])(const struct Op *op, struct Refusal *refusal) = {
#define CONTEXT_OPERATION(id, word, argument, sentence) [op_##id] = stage_##id,
#define PROBE_OPERATION CONTEXT_OPERATION
#include "model/context_operations.def"
    };
    return stages[op->kind](op, refusal);
}

bool stage_end(struct Refusal *refusal)
{
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    if (!caps_undecided)
        return true;
    caps_undecided = false;
    int error = capabilities_set(0);
    return error == 0 || refuse(refusal, "capset", error);
}
