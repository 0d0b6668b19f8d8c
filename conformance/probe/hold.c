// SPDX-License-Identifier: GPL-2.0-only
// Fresh sockets that stay open until `drop`, for those who look at them from outside.
#include "probe.h"

#include <sys/socket.h>
#include <unistd.h>

enum { held_max = 4096 };

static int held[held_max];
static int held_count;

void serve_drop(void)
{
    for (int i = 0; i < held_count; i++)
        close(held[i]);
    begin_line();
    put_text("dropped ");
    put_number(held_count);
    end_line();
    held_count = 0;
}

// Consecutive protocols under consecutive descriptors.
struct Held {
    int32_t low, high;
    int first_fd;
};

static void say_held(const struct Held *run)
{
    if (run->first_fd < 0)
        return;
    begin_line();
    put_text("held ");
    put_number(getpid());
    put_text(" ");
    put_number(run->low);
    put_text(" ");
    put_number(run->high);
    put_text(" ");
    put_number(run->first_fd);
    end_line();
}

static void hold_range(int32_t family, int32_t type, int32_t low, int32_t high)
{
    struct Held run = {.first_fd = -1};
    for (int64_t protocol = low; protocol <= high && held_count < held_max; protocol++) {
        const int fd = socket(family, type, (int32_t)protocol);
        if (fd < 0)
            continue;
        held[held_count++] = fd;
        if (run.first_fd >= 0 && protocol == run.high + (int64_t)1 &&
            fd == run.first_fd + (run.high - run.low) + 1) {
            run.high = (int32_t)protocol;
            continue;
        }
        say_held(&run);
        run = (struct Held){.low = (int32_t)protocol, .high = (int32_t)protocol, .first_fd = fd};
    }
    say_held(&run);
}

void serve_hold(char *arguments)
{
    int32_t family, type, low, high;
    bool good = take_family_and_type(&arguments, &family, &type) && arguments != NULL;
    while (good && arguments != NULL) {
        good = take_range(&arguments, &low, &high);
        if (good)
            hold_range(family, type, low, high);
    }
    if (good)
        say(".");
    else
        say_error("hold", "wanted: hold FAMILY TYPE LO HI[,LO HI...]");
}
