// SPDX-License-Identifier: GPL-2.0-only
// The floor under all speed figures: reads the probe's requests, makes the same system calls in
// the same contexts and does nothing with their results. Last line of output:
//   bare_loop wall SECONDS loop SECONDS calls N successes N
#include "probe.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

// Shared with the context processes.
struct Totals {
    int64_t loop_nanoseconds, calls, successes;
};

static struct Totals *totals;

static int64_t nanoseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void forget_states(void) {}

void serve_timing(void) { say("timing"); }

static void read_bare(const struct Observable *observable, int fd, bool *has_stat)
{
    static char bytes[option_size];
    static struct stat stat;
    struct sockaddr_storage name;
    socklen_t length = (socklen_t)observable->length;
    socklen_t name_length = sizeof name;
    switch (observable->kind) {
    case kind_sockopt:
        getsockopt(fd, observable->level, observable->option, bytes, &length);
        return;
    case kind_sockname:
    case kind_sockname_port:
        getsockname(fd, (struct sockaddr *)&name, &name_length);
        return;
    case kind_peername:
        getpeername(fd, (struct sockaddr *)&name, &name_length);
        return;
    case kind_fstat:
        if (!*has_stat)
            *has_stat = fstat(fd, &stat) == 0;
        return;
    case kind_fcntl:
        fcntl(fd, observable->option);
        return;
    case kind_ioctl:
        ioctl(fd, observable->request, bytes);
        return;
    case kind_xattr:
        if (fgetxattr(fd, observable->file, bytes, sizeof bytes) < 0)
            return;
        return;
    case kind_listxattr:
        if (flistxattr(fd, bytes, sizeof bytes) < 0)
            return;
        return;
    default:                        // what stands under /proc is not for tight loops
        return;
    }
}

static void loop(int32_t family, int32_t type, int32_t low, int32_t high)
{
    uint8_t ids[observable_count];
    const int id_count = list_observables(false, ids);
    const int64_t begin = nanoseconds();
    for (int64_t protocol = low; protocol <= high; protocol++) {
        int fd = socket(family, type, (int32_t)protocol);
        totals->calls++;
        if (fd < 0)
            continue;
        totals->successes++;
        bool has_stat = false;
        for (int i = 0; i < id_count; i++)
            read_bare(&observables[ids[i]], fd, &has_stat);
        close(fd);
    }
    totals->loop_nanoseconds += nanoseconds() - begin;
}

void serve_grid(char *arguments, bool several)
{
    int32_t family, type, low, high;
    (void)several;
    if (!take_family_and_type(&arguments, &family, &type)) {
        say_error("grid", "malformed");
        return;
    }
    while (arguments != NULL) {
        if (!take_range(&arguments, &low, &high)) {
            say_error("grid", "malformed");
            return;
        }
        loop(family, type, low, high);
    }
    say(".");
}

void serve_deep(char *arguments)
{
    int32_t family, type, protocol;
    if (take_family_and_type(&arguments, &family, &type) && parse_i32(arguments, &protocol))
        loop(family, type, protocol, protocol);
    say(".");
}

int main(void)
{
    const int64_t begin = nanoseconds();
    totals = mmap(NULL, sizeof *totals, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (totals == MAP_FAILED) {
        fprintf(stderr, "bare_loop: no shared memory\n");
        return 69;
    }
    signal(SIGPIPE, SIG_IGN);
    wire_open();
    serve(false);
    flush_output();
    printf("bare_loop wall %.6f loop %.6f calls %lld successes %lld\n",
           (double)(nanoseconds() - begin) / 1e9, (double)totals->loop_nanoseconds / 1e9,
           (long long)totals->calls, (long long)totals->successes);
    return 0;
}
