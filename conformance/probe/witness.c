// SPDX-License-Identifier: GPL-2.0-only
// How far a call got inside the kernel, seen from outside: inode numbers that it drew, and socks
// whose destruction sock_diag announced.
#include "probe.h"

#include <errno.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct Asked {
    int32_t family, type, protocol;
};

static bool take_call(char *arguments, struct Asked *asked)
{
    return take_family_and_type(&arguments, &asked->family, &asked->type) &&
           parse_i32(take_token(&arguments), &asked->protocol) && arguments == NULL;
}

static void say_not_seen(const char *about, const char *what, int error)
{
    begin_line();
    put_text(about);
    put_text(" n/a ");
    put_text(what);
    put_text(" ");
    put_errno(error);
    end_line();
}

static void say_count(const char *about, int64_t count)
{
    begin_line();
    put_text(about);
    put_text(" ");
    put_number(count);
    end_line();
}

static void make_once(const struct Asked *asked)
{
    const int fd = socket(asked->family, asked->type, asked->protocol);
    if (fd >= 0)
        close(fd);
}

// ---- inode numbers -----------------------------------------------------------------------------

static bool reference_inode(int64_t *number)
{
    struct stat stat;
    const int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (fd < 0)
        return false;
    const bool good = fstat(fd, &stat) == 0;
    close(fd);
    *number = (int64_t)stat.st_ino;
    return good;
}

// -1: not this time.
static int64_t drawn_by(const struct Asked *asked)
{
    int64_t before, after;
    if (!reference_inode(&before))
        return -1;
    // Closing comes last: that of a packet socket sleeps, and others draw numbers meanwhile.
    const int fd = socket(asked->family, asked->type, asked->protocol);
    const bool good = reference_inode(&after);
    if (fd >= 0)
        close(fd);
    return good ? after - before - 1 : -1;
}

// Numbers come from a counter per cpu, in batches, and others draw from it as well: on one cpu, the
// least of several tries is the call's own share.
void serve_inodes(char *arguments)
{
    enum { tries = 12, more_tries = 60 };
    struct Asked asked;
    cpu_set_t former, one;
    int64_t least = -1;
    if (!take_call(arguments, &asked)) {
        say_error("inodes", "wanted: inodes FAMILY TYPE PROTOCOL");
        return;
    }
    const bool pinned = sched_getaffinity(0, sizeof former, &former) == 0;
    CPU_ZERO(&one);
    CPU_SET((size_t)sched_getcpu(), &one);
    if (pinned)
        sched_setaffinity(0, sizeof one, &one);
    for (int i = 0; i < tries || (least > 1 && i < more_tries); i++) {
        const int64_t drawn = drawn_by(&asked);
        if (drawn >= 0 && (least < 0 || drawn < least))
            least = drawn;
    }
    if (pinned)
        sched_setaffinity(0, sizeof former, &former);
    if (least >= 0) {
        say_count("inodes", least);
    } else {
        int64_t unused;
        const bool works = reference_inode(&unused);
        say_not_seen("inodes", "socket(AF_UNIX)", works ? EAGAIN : errno);
    }
}

// ---- announcements of sock_diag ----------------------------------------------------------------

enum { sock_diag = 4, destroy_groups = 0xf, patience_ms = 40, quiet_ms = 5 };

static int open_destroy_groups(void)
{
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = destroy_groups};
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, sock_diag);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        const int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

// In a network namespace of its own nobody else's socks end.
void serve_destroyed(char *arguments)
{
    struct Asked asked;
    if (!take_call(arguments, &asked)) {
        say_error("destroyed", "wanted: destroyed FAMILY TYPE PROTOCOL");
        return;
    }
    const int fd = open_destroy_groups();
    if (fd < 0) {
        say_not_seen("destroyed", "NETLINK_SOCK_DIAG", errno);
        return;
    }
    struct pollfd waited = {.fd = fd, .events = POLLIN};
    char message[4096];
    int64_t count = 0;
    make_once(&asked);
    while (poll(&waited, 1, count == 0 ? patience_ms : quiet_ms) > 0) {
        if (recv(fd, message, sizeof message, MSG_DONTWAIT) <= 0)
            break;
        count++;
    }
    close(fd);
    say_count("destroyed", count);
}
