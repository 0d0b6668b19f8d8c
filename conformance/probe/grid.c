// SPDX-License-Identifier: GPL-2.0-only
// The calls: socket(), what is read, close(); and the folding of equal answers into runs.
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// ---- time spent -------------------------------------------------------------------------------

static struct {
    bool on;
    int64_t in_socket, in_reading, in_close;
} spent;

static int64_t nanoseconds(void)
{
    struct timespec now;
    if (!spent.on)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void serve_timing(void)
{
    begin_line();
    put_text("timing socket ");
    put_number(spent.in_socket);
    put_text(" read ");
    put_number(spent.in_reading);
    put_text(" close ");
    put_number(spent.in_close);
    end_line();
    spent.in_socket = spent.in_reading = spent.in_close = 0;
    spent.on = true;
}

// ---- one call ---------------------------------------------------------------------------------

static volatile sig_atomic_t got_sigsys;

static void on_sigsys(int signal_number)
{
    (void)signal_number;
    got_sigsys = 1;
}

void install_sigsys_handler(void)
{
    struct sigaction action = {.sa_handler = on_sigsys};
    sigaction(SIGSYS, &action, NULL);
}

enum { killed_by_sigsys = -1 };     // in place of an errno

struct Outcome {
    bool success;
    int error;
    struct Record *record;
};

struct Plan {
    int32_t family, type;
    uint8_t ids[observable_count];
    int id_count;
    int expected_fd;                // every call must get the same one; -1: none seen yet
    int leaked_fd;                  // -1: none
    bool deep;
};

static void make_call(struct Plan *plan, int32_t protocol, struct Outcome *outcome)
{
    struct Socket sock = {.protocol = protocol};
    int64_t time = nanoseconds();
    sock.fd = socket(plan->family, plan->type, protocol);
    outcome->error = errno;
    spent.in_socket += nanoseconds() - time;
    if (got_sigsys) {
        // The number that a trapped call returns means nothing.
        got_sigsys = 0;
        outcome->success = false;
        outcome->error = killed_by_sigsys;
        return;
    }
    outcome->success = sock.fd >= 0;
    if (!outcome->success)
        return;
    if (plan->deep && proc_has_deltas())
        proc_after();
    time = nanoseconds();
    record_clear(outcome->record);
    for (int i = 0; i < plan->id_count; i++)
        read_observable(outcome->record, plan->ids[i], &sock);
    int64_t read_end = nanoseconds();
    spent.in_reading += read_end - time;
    close(sock.fd);
    spent.in_close += nanoseconds() - read_end;
    if (plan->expected_fd < 0)
        plan->expected_fd = sock.fd;
    else if (plan->expected_fd != sock.fd)
        plan->leaked_fd = sock.fd;
}

// ---- runs -------------------------------------------------------------------------------------

struct Run {
    bool open, success;
    int32_t low, high;
    int error, state;
};

static void say_run(struct Run *run)
{
    if (!run->open)
        return;
    begin_line();
    put_text(run->success ? "s " : "r ");
    put_number(run->low);
    put_text(" ");
    put_number(run->high);
    put_text(" ");
    if (run->success)
        put_number(run->state);
    else if (run->error == killed_by_sigsys)
        put_text("SIGSYS");
    else
        put_errno(run->error);
    end_line();
    run->open = false;
}

static bool same_record(const struct Record *one, const struct Record *other)
{
    return one->length == other->length && memcmp(one->bytes, other->bytes, one->length) == 0;
}

static void grow_run(struct Run *run, int32_t protocol, struct Outcome *outcome,
                     struct Record **last)
{
    bool same = run->open && run->success == outcome->success &&
                (run->success ? same_record(outcome->record, *last)
                              : run->error == outcome->error);
    if (same) {
        run->high = protocol;
        return;
    }
    say_run(run);
    *run = (struct Run){.open = true, .success = outcome->success, .low = protocol,
                        .high = protocol, .error = outcome->error};
    if (outcome->success) {
        run->state = intern_state(outcome->record);
        struct Record *swap = *last;
        *last = outcome->record;
        outcome->record = swap;
    }
}

static struct Record records[2];

static void say_fdleak(void)
{
    say_error("fdleak", "socket() gave another descriptor than the call before");
}

// false: the answer ended with an error line.
static bool run_range(struct Plan *plan, int32_t low, int32_t high)
{
    struct Run run = {.open = false};
    struct Outcome outcome = {.record = &records[0]};
    struct Record *last = &records[1];
    for (int64_t protocol = low; protocol <= high; protocol++) {
        make_call(plan, (int32_t)protocol, &outcome);
        grow_run(&run, (int32_t)protocol, &outcome, &last);
        if (plan->leaked_fd >= 0) {
            say_run(&run);
            say_fdleak();
            return false;
        }
    }
    say_run(&run);
    return true;
}

// Counters move under other hands too: what a deep call read counts when the next one reads the
// same. Where six calls do not settle it, a seventh is made whose counters read !EAGAIN.
static void run_deep(struct Plan *plan, int32_t protocol)
{
    struct Run run = {.open = false};
    struct Outcome outcome = {.record = &records[0]};
    struct Record *last = &records[1];
    const bool has_deltas = proc_has_deltas();
    bool settled = false;
    record_clear(last);
    for (int i = 0; i < 7 && !settled; i++) {
        if (has_deltas)
            proc_before(i == 6);
        make_call(plan, protocol, &outcome);
        settled = !has_deltas || !outcome.success || same_record(outcome.record, last);
        if (!settled && i < 6)
            *last = *outcome.record;
    }
    grow_run(&run, protocol, &outcome, &last);
    say_run(&run);
}

static bool take_plan(char **arguments, struct Plan *plan, bool deep)
{
    *plan = (struct Plan){.expected_fd = -1, .leaked_fd = -1, .deep = deep};
    plan->id_count = list_observables(deep, plan->ids);
    return take_family_and_type(arguments, &plan->family, &plan->type);
}

void serve_grid(char *arguments, bool several)
{
    const char *wanted = several ? "wanted: grids FAMILY TYPE LO HI[,LO HI...]"
                                 : "wanted: grid FAMILY TYPE LO HI";
    struct Plan plan;
    int32_t low, high;
    if (!take_plan(&arguments, &plan, false) || arguments == NULL) {
        say_error(several ? "grids" : "grid", wanted);
        return;
    }
    do {
        if (!take_range(&arguments, &low, &high) || (!several && arguments != NULL)) {
            say_error(several ? "grids" : "grid", wanted);
            return;
        }
        if (!run_range(&plan, low, high))
            return;
    } while (arguments != NULL);
    say(".");
}

void serve_deep(char *arguments)
{
    struct Plan plan;
    int32_t protocol;
    if (!take_plan(&arguments, &plan, true) || !parse_i32(take_token(&arguments), &protocol) ||
        arguments != NULL) {
        say_error("deep", "wanted: deep FAMILY TYPE PROTOCOL");
        return;
    }
    run_deep(&plan, protocol);
    if (plan.leaked_fd >= 0)
        say_fdleak();
    else
        say(".");
}
