// SPDX-License-Identifier: GPL-2.0-only
// The `hello` and `read` requests: what the subject says about itself.
#include "probe.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

static void begin_fact(const char *key)
{
    begin_line();
    put_text("fact ");
    put_text(key);
    put_text(" ");
}

static void say_text_fact(const char *key, const char *text)
{
    begin_fact(key);
    put_escaped(text, strlen(text));
    end_line();
}

static void say_number_fact(const char *key, int64_t number)
{
    begin_fact(key);
    put_number(number);
    end_line();
}

static void say_missing_fact(const char *key, int error)
{
    begin_fact(key);
    put_text("!");
    put_errno(error);
    end_line();
}

static void say_credentials(void)
{
    gid_t groups[group_count_max];
    uint64_t effective, permitted;
    say_number_fact("uid", getuid());
    say_number_fact("euid", geteuid());
    say_number_fact("gid", getgid());
    say_number_fact("egid", getegid());
    int count = getgroups(group_count_max, groups);
    begin_fact("groups");
    if (count <= 0)
        put_text(count == 0 ? "none" : "!EINVAL");
    for (int i = 0; i < count; i++) {
        put_text(i == 0 ? "" : ",");
        put_number(groups[i]);
    }
    end_line();
    int error = capabilities_get(&effective, &permitted);
    if (error != 0) {
        say_missing_fact("capeff", error);
        return;
    }
    char hex[24];
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)effective);
    say_text_fact("capeff", hex);
    snprintf(hex, sizeof hex, "%016llx", (unsigned long long)permitted);
    say_text_fact("capprm", hex);
}

static void say_limit(const char *key, int resource)
{
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)resource, &limit) != 0) {
        say_missing_fact(key, errno);
        return;
    }
    begin_fact(key);
    if (limit.rlim_cur == RLIM_INFINITY)
        put_text("unlimited");
    else
        put_number((int64_t)limit.rlim_cur);
    end_line();
}

// From /proc, because in strict mode prctl(PR_GET_SECCOMP) kills the one who asks.
static void say_seccomp(void)
{
    char text[8192];
    ssize_t length = load_file("/proc/self/status", text, sizeof text);
    if (length < 0) {
        say_missing_fact("seccomp", (int)-length);
        return;
    }
    const char *line = strstr(text, "\nSeccomp:");
    int mode;
    if (line != NULL && sscanf(line, " Seccomp: %d", &mode) == 1)
        say_number_fact("seccomp", mode);
    else
        say_missing_fact("seccomp", ENOENT);
}

static void say_namespace(const char *key, const char *path)
{
    char text[word_size];
    ssize_t length = readlink(path, text, sizeof text - 1);
    if (length < 0) {
        say_missing_fact(key, errno);
        return;
    }
    text[length] = '\0';
    say_text_fact(key, text);
}

void serve_hello(void)
{
    struct utsname name;
    cpu_set_t cpus;
    say("hello sockoracle.probe/1");
    if (uname(&name) == 0) {
        say_text_fact("sysname", name.sysname);
        say_text_fact("release", name.release);
        say_text_fact("version", name.version);
        say_text_fact("machine", name.machine);
    } else {
        say_missing_fact("sysname", errno);
    }
    say_number_fact("bits", (int64_t)(8 * sizeof(long)));
    say_number_fact("pid", getpid());
    say_credentials();
    say_seccomp();
    say_limit("nofile", RLIMIT_NOFILE);
    say_limit("nproc", RLIMIT_NPROC);
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0)
        say_number_fact("cpus", CPU_COUNT(&cpus));
    else
        say_missing_fact("cpus", errno);
    say_namespace("netns", "/proc/self/ns/net");
    say_namespace("userns", "/proc/self/ns/user");
    say(".");
}

void serve_read(char *arguments)
{
    static char content[1 << 20];
    enum { chunk_size = 4096 };
    const char *path = take_token(&arguments);
    if (path == NULL || *path != '/' || arguments != NULL) {
        say_error("read", "wanted: read /PATH");
        return;
    }
    ssize_t length = load_file(path, content, sizeof content);
    if (length < 0) {
        const char *name = errno_name((int)-length);
        say_error("read", name == NULL ? "unknown errno" : name);
        return;
    }
    for (ssize_t offset = 0; offset < length; offset += chunk_size) {
        ssize_t count = length - offset < chunk_size ? length - offset : chunk_size;
        begin_line();
        put_text("data ");
        put_escaped(content + offset, (size_t)count);
        end_line();
    }
    say(".");
}
