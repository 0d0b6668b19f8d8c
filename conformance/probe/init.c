// SPDX-License-Identifier: GPL-2.0-only
// The probe as the first process of a virtual machine: mounts what it reads, loads modules, lets a
// child answer the requests of /requests, and sends the answers out in frames. See README.md.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

enum { frame_size = 4096 };

static int line_out = -1;               // where the frames go
static uint64_t sent_bytes;
static uint32_t sent_sum;

// CRC-32 as in zlib; continues where `sum` of the bytes before is given.
static uint32_t crc32_of(uint32_t sum, const char *bytes, size_t count)
{
    sum = ~sum;
    for (size_t i = 0; i < count; i++) {
        sum ^= (uint8_t)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0xedb88320u : 0u);
    }
    return ~sum;
}

static void send_bytes(const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t done = write(line_out, bytes, count);
        if (done > 0) {
            bytes += done;
            count -= (size_t)done;
        } else if (errno != EINTR && errno != EAGAIN) {
            return;                      // nobody to tell: the other side sees no end
        }
    }
}

static void send_frame(const char *bytes, size_t count)
{
    char head[64];
    int length = snprintf(head, sizeof head, "frame %zu %08x\n", count, crc32_of(0, bytes, count));
    send_bytes(head, (size_t)length);
    send_bytes(bytes, count);
    sent_bytes += count;
    sent_sum = crc32_of(sent_sum, bytes, count);
}

static void mount_all(void)
{
    static const char *const mounts[][2] = {
        {"proc", "/proc"}, {"sysfs", "/sys"}, {"devtmpfs", "/dev"},
        {"securityfs", "/sys/kernel/security"}, {"cgroup2", "/sys/fs/cgroup"},
    };
    for (size_t i = 0; i < sizeof mounts / sizeof *mounts; i++)
        mount(mounts[i][0], mounts[i][1], mounts[i][0], 0, NULL);
}

static bool open_line(const char *path)
{
    struct termios settings;
    line_out = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (line_out < 0)
        return false;
    if (tcgetattr(line_out, &settings) == 0) {
        cfmakeraw(&settings);
        cfsetspeed(&settings, B115200);
        tcsetattr(line_out, TCSANOW, &settings);
    }
    return true;
}

// No call of the plan may start a program that is not there.
static void forbid_modprobe(void)
{
    int fd = open("/proc/sys/kernel/modprobe", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, "\n", 1) < 0)
        send_bytes("note kernel.modprobe stays\n", 27);
    close(fd);
}

static void send_module(const char *name, int error)
{
    char line[4 * word_size];
    const char *text = error == 0 ? "ok" : errno_name(error);
    int length = snprintf(line, sizeof line, "module %s %s\n", name,
                          text == NULL ? "failed" : text);
    send_bytes(line, (size_t)length);
}

static _Noreturn void answer_requests(int answers)
{
    int requests = open("/requests", O_RDONLY);
    if (requests < 0 || dup2(requests, STDIN_FILENO) < 0 || dup2(answers, STDOUT_FILENO) < 0)
        _exit(127);
    // The descriptors of the grid begin after 2, as they do everywhere.
    close(requests);
    close(answers);
    close(line_out);
    if (fcntl(STDERR_FILENO, F_GETFD) < 0)
        dup2(STDOUT_FILENO, STDERR_FILENO);
    wire_open();
    serve(false);
    flush_output();
    _exit(0);
}

static void pass_on(int answers)
{
    static char bytes[frame_size];
    size_t held = 0;
    for (;;) {
        ssize_t count = read(answers, bytes + held, sizeof bytes - held);
        if (count < 0 && errno == EINTR)
            continue;
        if (count > 0)
            held += (size_t)count;
        if (held == sizeof bytes || (count <= 0 && held > 0)) {
            send_frame(bytes, held);
            held = 0;
        }
        if (count <= 0)
            return;
    }
}

static void send_end(int status)
{
    char line[128];
    const bool killed = WIFSIGNALED(status);
    int length = snprintf(line, sizeof line, "end %llu %08x %s %d\n",
                          (unsigned long long)sent_bytes, sent_sum, killed ? "signal" : "status",
                          killed ? WTERMSIG(status) : WEXITSTATUS(status));
    send_bytes(line, (size_t)length);
    tcdrain(line_out);
}

static _Noreturn void power_off(void)
{
    sync();
    reboot(RB_POWER_OFF);
    reboot(RB_AUTOBOOT);                 // no power switch: a machine that does not reboot ends
    for (;;)
        pause();
}

_Noreturn void run_as_init(void)
{
    static const char begin[] = "begin sockoracle.frames/1\n";
    const char *path = getenv("SOCKORACLE_LINE");
    int pipes[2], status = 0;
    mount_all();
    if (!open_line(path == NULL ? "/dev/ttyS1" : path)) {
        fprintf(stderr, "sockoracle-probe: cannot open the line for answers: %s\n",
                strerror(errno));
        power_off();
    }
    send_bytes(begin, sizeof begin - 1);
    forbid_modprobe();
    if (access("/modules/later", F_OK) != 0)     // else a request says when
        load_modules(send_module);
    if (pipe(pipes) == 0) {
        pid_t child = fork();
        if (child == 0) {
            close(pipes[0]);
            answer_requests(pipes[1]);
        }
        close(pipes[1]);
        pass_on(pipes[0]);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            continue;
    } else {
        status = 126 << 8;
    }
    send_end(status);
    power_off();
}
