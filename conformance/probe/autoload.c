// SPDX-License-Identifier: GPL-2.0-only
// Which call makes the kernel ask for which module, in a machine of its own. This program is also
// the machine's modprobe: it notes what it was asked for and, when told so, loads it.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char log_path[] = "/tmp/modprobe.log", load_path[] = "/tmp/modprobe.loads";
enum { log_size = 65536 };

// 0, or an errno. EEXIST: it is there already.
static int load_module(const char *name)
{
    char path[2 * word_size];
    snprintf(path, sizeof path, "/modules/%s.ko", name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const int error = syscall(SYS_finit_module, fd, "", 0) == 0 ? 0 : errno;
    close(fd);
    return error;
}

void load_modules(void (*tell)(const char *name, int error))
{
    char name[word_size];
    FILE *order = fopen("/modules/order", "re");
    if (order == NULL)
        return;
    while (fscanf(order, "%95s", name) == 1)
        tell(name, load_module(name));
    fclose(order);
}

// Each line of /modules/aliases: an alias, and the modules it takes in the order of loading.
static void load_alias(const char *alias, char *note, size_t room)
{
    char line[1024];
    FILE *aliases = fopen("/modules/aliases", "re");
    while (aliases != NULL && fgets(line, sizeof line, aliases) != NULL) {
        char *rest = line;
        line[strcspn(line, "\n")] = '\0';
        if (strcmp(take_token(&rest), alias) != 0)
            continue;
        while (rest != NULL) {
            const char *name = take_token(&rest);
            const size_t used = strlen(note);
            if (load_module(name) == 0)
                snprintf(note + used, room - used, " %s", name);
        }
    }
    if (aliases != NULL)
        fclose(aliases);
}

int run_as_modprobe(const char *alias)
{
    char note[1024];
    snprintf(note, sizeof note, "%s", alias);
    if (access(load_path, F_OK) == 0)
        load_alias(alias, note, sizeof note - 1);
    strcat(note, "\n");
    int fd = open(log_path, O_WRONLY | O_APPEND | O_CLOEXEC);
    if (fd < 0 || write(fd, note, strlen(note)) < 0)
        return 1;
    close(fd);
    return 0;
}

// `modprobe off|log|load`
void serve_modprobe(const char *mode)
{
    const bool off = mode != NULL && strcmp(mode, "off") == 0;
    const bool load = mode != NULL && strcmp(mode, "load") == 0;
    if (!machine_allows(op_file_max) || (!off && !load && (mode == NULL || strcmp(mode, "log")))) {
        say_error("modprobe", "wanted: modprobe off|log|load, in a machine of its own");
        return;
    }
    unlink(load_path);
    const mode_t before = umask(0);
    int fd = open(log_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (fd >= 0)
        close(fd);
    fd = load ? open(load_path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644) : -1;
    if (fd >= 0)
        close(fd);
    umask(before);
    if (write_file("/proc/sys/kernel/modprobe", off ? "\n" : "/modprobe") != 0)
        say_error("modprobe", "the kernel loads no modules");
    else
        say("modprobe ok");
}

static void say_module(const char *name, int error)
{
    begin_line();
    put_text("module ");
    put_text(name);
    put_text(" ");
    if (error == 0 || error == EEXIST)
        put_text("ok");
    else
        put_errno(error);
    end_line();
}

void serve_modules(void)
{
    if (machine_allows(op_file_max))
        load_modules(say_module);
    say(".");
}

// `autoload FAMILY TYPE PROTOCOL`: `alias NAME [MODULE...]` lines, `called ok` or `called ERRNO`.
void serve_autoload(char *arguments)
{
    static char log[log_size];
    int32_t family, type, protocol;
    if (!take_family_and_type(&arguments, &family, &type) ||
        !parse_i32(take_token(&arguments), &protocol) || arguments != NULL) {
        say_error("autoload", "wanted: autoload FAMILY TYPE PROTOCOL");
        return;
    }
    if (truncate(log_path, 0) != 0) {
        say_error("autoload", "only after `modprobe log` or `modprobe load`");
        return;
    }
    int fd = socket(family, type, protocol);
    const int error = fd < 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    const ssize_t length = load_file(log_path, log, sizeof log);
    char *at = log;
    while (length > 0 && *at != '\0') {
        char *end = at + strcspn(at, "\n");
        const bool more = *end != '\0';
        *end = '\0';
        begin_line();
        put_text("alias ");
        put_text(at);
        end_line();
        at = more ? end + 1 : end;
    }
    begin_line();
    put_text("called ");
    if (error == 0)
        put_text("ok");
    else
        put_errno(error);
    end_line();
}
