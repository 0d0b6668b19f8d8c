// SPDX-License-Identifier: GPL-2.0-only
// One call through any of the system calls that create sockets; what came is closed at once.
#include "probe.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// What kept the entry itself from being used; then the answer says nothing of sockets.
struct Missing {
    const char *what;
    int error;
};

static int no_entry(struct Missing *missing, const char *what, int error)
{
    missing->what = what;
    missing->error = error;
    return -1;
}

// A descriptor, or -errno.
static int by_socket(int32_t family, int32_t type, int32_t protocol, struct Missing *missing)
{
    (void)missing;
    const int fd = socket(family, type, protocol);
    return fd < 0 ? -errno : fd;
}

static int by_socketpair(int32_t family, int32_t type, int32_t protocol, struct Missing *missing)
{
    int pair[2];
    (void)missing;
    if (socketpair(family, type, protocol, pair) != 0)
        return -errno;
    close(pair[1]);
    return pair[0];
}

// ---- io_uring: a ring for one request ----------------------------------------------------------

enum { op_socket = 45 };            // IORING_OP_SOCKET; newer than some headers

struct Ring {
    int fd;
    struct io_uring_params params;
    char *submission, *completion;
    struct io_uring_sqe *entries;
    size_t submission_size, completion_size, entries_size;
};

static void *map_ring(const struct Ring *ring, size_t size, off_t offset)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd, offset);
}

static bool open_ring(struct Ring *ring, struct Missing *missing)
{
    memset(ring, 0, sizeof *ring);
    ring->fd = (int)syscall(SYS_io_uring_setup, 2, &ring->params);
    if (ring->fd < 0)
        return no_entry(missing, "io_uring_setup", errno) == 0;
    ring->submission_size = ring->params.sq_off.array + ring->params.sq_entries * sizeof(uint32_t);
    ring->completion_size =
        ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(struct io_uring_cqe);
    ring->entries_size = ring->params.sq_entries * sizeof(struct io_uring_sqe);
    ring->submission = map_ring(ring, ring->submission_size, IORING_OFF_SQ_RING);
    ring->completion = map_ring(ring, ring->completion_size, IORING_OFF_CQ_RING);
    ring->entries = map_ring(ring, ring->entries_size, IORING_OFF_SQES);
    if (ring->submission == MAP_FAILED || ring->completion == MAP_FAILED ||
        ring->entries == MAP_FAILED) {
        const int error = errno;
        close(ring->fd);            // the mappings of this short-lived process may stay
        return no_entry(missing, "mmap", error) == 0;
    }
    return true;
}

static void close_ring(struct Ring *ring)
{
    munmap(ring->submission, ring->submission_size);
    munmap(ring->completion, ring->completion_size);
    munmap(ring->entries, ring->entries_size);
    close(ring->fd);
}

static uint32_t *ring_word(char *base, uint32_t offset)
{
    return (uint32_t *)(void *)(base + offset);
}

static int by_io_uring(int32_t family, int32_t type, int32_t protocol, struct Missing *missing)
{
    struct Ring ring;
    if (!open_ring(&ring, missing))
        return -1;
    struct io_uring_sqe *entry = &ring.entries[0];
    memset(entry, 0, sizeof *entry);
    entry->opcode = op_socket;
    entry->fd = family;
    entry->off = (uint32_t)type;
    entry->len = (uint32_t)protocol;
    *ring_word(ring.submission, ring.params.sq_off.array) = 0;
    uint32_t *tail = ring_word(ring.submission, ring.params.sq_off.tail);
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    int result = 0;
    if (syscall(SYS_io_uring_enter, ring.fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0) {
        result = no_entry(missing, "io_uring_enter", errno);
    } else {
        const uint32_t head = *ring_word(ring.completion, ring.params.cq_off.head);
        const uint32_t mask = *ring_word(ring.completion, ring.params.cq_off.ring_mask);
        const struct io_uring_cqe *entries =
            (const struct io_uring_cqe *)(void *)(ring.completion + ring.params.cq_off.cqes);
        result = entries[head & mask].res;
    }
    close_ring(&ring);
    return result;
}

// ---- the 32-bit entry --------------------------------------------------------------------------

#if defined(__x86_64__)
enum { socket32 = 359, socketcall32 = 102, gettid32 = 224, call_socket = 1 };

static sigjmp_buf no_compat;

static void on_no_compat(int signal_number)
{
    siglongjmp(no_compat, signal_number);
}

static int interrupt_80(uint32_t number, uint32_t one, uint32_t two, uint32_t three)
{
    int32_t result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"(one), "c"(two), "d"(three)
                     : "memory", "r8", "r9", "r10", "r11");
    return result;
}

// Where the kernel has no 32-bit entry, the instruction is a fault. User-mode Linux takes it for a
// 64-bit call: there the number of gettid is timer_gettime's, which finds no timer.
static int guarded(uint32_t number, uint32_t one, uint32_t two, uint32_t three,
                   struct Missing *missing)
{
    struct sigaction action = {.sa_handler = on_no_compat}, former;
    int result;
    sigaction(SIGSEGV, &action, &former);
    if (sigsetjmp(no_compat, 1) == 0)
        result = interrupt_80(gettid32, 0, 0, 0) == gettid()
                     ? interrupt_80(number, one, two, three) : -ENOSYS;
    else
        result = -ENOSYS;
    sigaction(SIGSEGV, &former, NULL);
    return result == -ENOSYS ? no_entry(missing, "int 0x80", ENOSYS) : result;
}

static int by_socket32(int32_t family, int32_t type, int32_t protocol, struct Missing *missing)
{
    return guarded(socket32, (uint32_t)family, (uint32_t)type, (uint32_t)protocol, missing);
}

static int by_socketcall32(int32_t family, int32_t type, int32_t protocol,
                           struct Missing *missing)
{
    static uint32_t words[3];       // below 4 GiB: this program is linked to a fixed address
    const uintptr_t where = (uintptr_t)words;
    words[0] = (uint32_t)family;
    words[1] = (uint32_t)type;
    words[2] = (uint32_t)protocol;
    if (where > UINT32_MAX)
        return no_entry(missing, "an address below 4 GiB", EFAULT);
    return guarded(socketcall32, call_socket, (uint32_t)where, 0, missing);
}
#endif

static const struct Entry {
    const char *name;
    int (*make)(int32_t family, int32_t type, int32_t protocol, struct Missing *missing);
} entries[] = {
    {"socket", by_socket},           {"socketpair", by_socketpair},
    {"io_uring", by_io_uring},
#if defined(__x86_64__)
    {"socket32", by_socket32},       {"socketcall32", by_socketcall32},
#endif
};

static void say_called(int result, const struct Missing *missing)
{
    begin_line();
    put_text("called ");
    if (missing->what != NULL) {
        put_text("n/a ");
        put_escaped(missing->what, strlen(missing->what));
        put_text(" ");
        put_errno(missing->error);
    } else if (result < 0) {
        put_errno(-result);
    } else {
        put_text("ok");
    }
    end_line();
}

void serve_call(char *arguments)
{
    int32_t family, type, protocol;
    const char *name = take_token(&arguments);
    const struct Entry *entry = NULL;
    for (size_t i = 0; name != NULL && i < sizeof entries / sizeof entries[0]; i++) {
        if (strcmp(entries[i].name, name) == 0)
            entry = &entries[i];
    }
    if (entry == NULL || !take_family_and_type(&arguments, &family, &type) ||
        !parse_i32(take_token(&arguments), &protocol) || arguments != NULL) {
        say_error("call", "wanted: call ENTRY FAMILY TYPE PROTOCOL; ENTRY socket socketpair "
                          "io_uring socket32 socketcall32");
        return;
    }
    struct Missing missing = {.what = NULL, .error = 0};
    const int result = entry->make(family, type, protocol, &missing);
    if (missing.what == NULL && result >= 0)
        close(result);
    say_called(result, &missing);
}

void serve_process(void)
{
    begin_line();
    put_text("process ");
    put_number(getpid());
    end_line();
}
