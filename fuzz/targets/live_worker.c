// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include "fuzz/targets/live_worker.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "conformance/probe/probe.h"

static void read_options(const struct LiveSlot *slot, int fd, struct LiveAnswer *answer)
{
    for (int i = 0; i < slot->option_count; i++) {
        int32_t value = 0;
        socklen_t length = sizeof value;
        int failed = getsockopt(fd, slot->options[i].level, slot->options[i].option, &value,
                                &length);
        answer->values[i] = failed ? -errno : value;
    }
}

static void answer_one(const struct LiveSlot *slot, const struct LiveRun *run, int32_t protocol,
                       struct LiveAnswer *answer)
{
    int fds[2] = {-1, -1};
    if (run->pair) {
        answer->error = socketpair(run->family, run->type, protocol, fds) == 0 ? 0 : errno;
    } else {
        fds[0] = socket(run->family, run->type, protocol);
        answer->error = fds[0] >= 0 ? 0 : errno;
    }
    if (fds[0] < 0)
        return;
    if (!run->pair)
        read_options(slot, fds[0], answer);
    close(fds[0]);
    if (fds[1] >= 0)
        close(fds[1]);
}

void live_answer(struct LiveSlot *slot)
{
    struct LiveAnswer *answer = slot->answers;
    for (int i = 0; i < slot->run_count; i++) {
        const struct LiveRun *run = &slot->runs[i];
        for (int64_t n = 0; n < run->count; n++)
            answer_one(slot, run, (int32_t)(run->low + n), answer++);
    }
    slot->first_free = dup(STDIN_FILENO);
    if (slot->first_free >= 0)
        close(slot->first_free);
}

void live_pass(struct LiveSlot *slot)
{
    __atomic_add_fetch(&slot->turn, 1, __ATOMIC_RELEASE);
    syscall(SYS_futex, &slot->turn, FUTEX_WAKE, 1, NULL, NULL, 0);
}

int live_wait(struct LiveSlot *slot, uint32_t until)
{
    const struct timespec second = {.tv_sec = 1, .tv_nsec = 0};
    for (;;) {
        uint32_t turn = __atomic_load_n(&slot->turn, __ATOMIC_ACQUIRE);
        if (turn == until)
            return 1;
        if (syscall(SYS_futex, &slot->turn, FUTEX_WAIT, turn, &second, NULL, 0) != 0 &&
            errno == ETIMEDOUT)
            return 0;
    }
}

static bool stage(struct LiveSlot *slot, const char *operations)
{
    struct Op ops[op_count_max];
    struct Refusal refusal = {.call = "", .error = 0};
    char text[word_size * 4];
    if (strlen(operations) >= sizeof text)
        return false;
    strcpy(text, operations);
    const int count = parse_ops(text, ops);
    if (count < 0) {
        strcpy(slot->refused, "an operation that the probe cannot stage");
        return false;
    }
    bool ok = true;
    for (int i = 0; i < count && ok; i++)
        ok = stage_op(&ops[i], &refusal);
    ok = ok && stage_end(&refusal);
    if (!ok)
        snprintf(slot->refused, sizeof slot->refused, "%s: %s", refusal.call,
                 strerrorname_np(refusal.error));
    return ok;
}

static uint64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void live_serve(struct LiveSlot *slot, const char *operations)
{
    const pid_t parent = getppid();
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_DFL);
    // What the engine has open is not the worker's business, and a leak shows in small numbers.
    syscall(SYS_close_range, 3, ~0u, 0);
    slot->staged = stage(slot, operations) ? 1 : 2;
    // After the staging: a change of credentials forgets it.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    uint32_t turn = 1;
    live_pass(slot);
    while (slot->staged == 1) {
        turn += 2;
        while (!live_wait(slot, turn)) {
            if (getppid() != parent)
                _exit(0);
        }
        const uint64_t begin = nanoseconds();
        live_answer(slot);
        slot->busy += nanoseconds() - begin;
        live_pass(slot);
    }
    _exit(0);
}
