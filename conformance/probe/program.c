// SPDX-License-Identifier: GPL-2.0-only
// The program that was packed into a machine of its own: what looks into its kernel from inside.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { argument_max = 64, arguments_size = 8192, piece_size = 4096 };

static const char arguments_path[] = "/program/arguments", talk_path[] = "/tmp/program.talk";

// One argument a line; the first one is the program.
static bool read_arguments(char *text, char *arguments[argument_max + 1])
{
    int count = 0;
    if (load_file(arguments_path, text, arguments_size) < 0)
        return false;
    for (char *at = text; *at != '\0' && count < argument_max;) {
        arguments[count++] = at;
        at += strcspn(at, "\n");
        if (*at == '\n')
            *at++ = '\0';
    }
    arguments[count] = NULL;
    return count > 0;
}

static _Noreturn void become(char *const arguments[], int out)
{
    const int nothing = open("/dev/null", O_RDONLY);
    const int talk = open(talk_path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (dup2(nothing, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0 &&
        dup2(talk, STDERR_FILENO) >= 0) {
        close_range(STDERR_FILENO + 1, ~0u, 0);
        execv(arguments[0], arguments);
    }
    dprintf(STDERR_FILENO, "%s: %s\n", arguments[0], strerror(errno));
    _exit(127);
}

static void pass_on(int from)
{
    char piece[piece_size];
    for (;;) {
        const ssize_t count = read(from, piece, sizeof piece);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return;
        begin_line();
        put_text("data ");
        put_escaped(piece, (size_t)count);
        end_line();
    }
}

// What it said last on its standard error; empty where it was silent.
static void say_ended(int status)
{
    char talk[piece_size];
    const ssize_t length = load_file(talk_path, talk, sizeof talk);
    talk[length > 0 ? length : 0] = '\0';
    for (size_t end = strlen(talk); end > 0 && talk[end - 1] == '\n';)
        talk[--end] = '\0';
    const char *last = strrchr(talk, '\n');
    last = last == NULL ? talk : last + 1;
    begin_line();
    put_text(WIFSIGNALED(status) ? "killed " : "ended ");
    put_number(WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    put_text(" ");
    put_escaped(last, strlen(last));
    end_line();
}

void serve_program(void)
{
    static char text[arguments_size];
    char *arguments[argument_max + 1];
    int pipes[2], status = 0;
    if (!machine_is_own()) {
        say_error("program", "only in a machine that was booted for this");
        return;
    }
    if (!read_arguments(text, arguments)) {
        say_error("program", "there is none in this machine");
        return;
    }
    flush_output();
    if (pipe2(pipes, O_CLOEXEC) != 0) {
        say_error("program", errno_name(errno));
        return;
    }
    const pid_t child = fork();
    if (child == 0)
        become(arguments, pipes[1]);
    close(pipes[1]);
    pass_on(pipes[0]);
    close(pipes[0]);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        continue;
    say_ended(status);
}
