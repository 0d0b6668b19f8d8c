// SPDX-License-Identifier: GPL-2.0-only
// The request loop, and the `context` request: a child process that stages a world and then runs
// the loop in it.
#include "probe.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void begin_answer(const char *name)
{
    begin_line();
    put_text("context ");
    put_text(name);
    put_text(" ");
}

static void say_skip(const char *name, const char *op, const struct Refusal *refusal)
{
    begin_answer(name);
    put_text("skip ");
    put_text(op);
    put_text(" ");
    put_text(refusal->call);
    put_text(" ");
    put_errno(refusal->error);
    if (refusal->error == EPERM || refusal->error == EACCES)
        put_text(" lack of privilege");
    end_line();
}

static void say_left(const char *name)
{
    begin_line();
    put_text("left ");
    put_text(name);
    end_line();
}

// Nothing runs in a context that is not there, least of all with the rights of its parent. Every
// request up to the matching `leave` is answered by one line. false: end of input or `quit`.
static bool serve_void(const char *name)
{
    int depth = 1;
    for (;;) {
        char *line = next_line();
        if (line == NULL)
            return false;
        const char *word = take_token(&line);
        if (strcmp(word, "quit") == 0)
            return false;
        if (strcmp(word, "observe") == 0)
            continue;
        if (strcmp(word, "context") == 0)
            depth++;
        if (strcmp(word, "leave") == 0 && --depth == 0) {
            say_left(name);
            return true;
        }
        begin_line();
        put_text("void ");
        put_text(name);
        end_line();
    }
}

static _Noreturn void run_context(const char *name, const struct Op *ops, int op_count)
{
    struct Refusal refusal = {.call = "", .error = 0};
    forget_states();
    for (int i = 0; i < op_count; i++) {
        if (!stage_op(&ops[i], &refusal)) {
            say_skip(name, ops[i].text, &refusal);
            wire_set_end(end_skipped);
            _exit(0);
        }
    }
    if (!stage_end(&refusal)) {
        say_skip(name, "uid", &refusal);
        wire_set_end(end_skipped);
        _exit(0);
    }
    begin_answer(name);
    put_text("ok");
    end_line();
    bool goes_on = serve(true);
    if (goes_on)
        say_left(name);
    wire_set_end(goes_on ? end_left : end_quit);
    _exit(0);
}

static void say_died(const char *name, int status)
{
    end_interrupted_line();
    begin_answer(name);
    put_text("died ");
    if (WIFSIGNALED(status)) {
        const char *signal_name = sigabbrev_np(WTERMSIG(status));
        put_text("SIG");
        if (signal_name != NULL)
            put_text(signal_name);
        else
            put_number(WTERMSIG(status));
    } else {
        put_text("exit-");
        put_number(WEXITSTATUS(status));
    }
    end_line();
}

// false: end of input or `quit`.
static bool wait_for_context(pid_t pid, const char *name)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    machine_after();
    const enum ContextEnd end = wire_end();
    wire_set_end(end_unknown);
    // States said by the child have numbers that are free for others now.
    forget_states();
    if (end == end_quit)
        return false;
    if (end == end_left)
        return true;
    if (end == end_unknown)
        say_died(name, status);
    return serve_void(name);
}

bool serve_context(char *arguments)
{
    struct Op ops[op_count_max];
    char name[word_size];
    struct Refusal refusal = {.call = "mmap", .error = ENOMEM};
    const char *word = take_token(&arguments);
    if (word == NULL || *word == '\0' || strlen(word) >= sizeof name) {
        say_error("context", "wanted: context NAME [OP; OP; ...]");
        return serve_void("?");
    }
    strcpy(name, word);
    int op_count = parse_ops(arguments, ops);
    if (op_count < 0)
        return serve_void(name);
    if (!wire_is_shared()) {
        say_skip(name, "context", &refusal);
        return serve_void(name);
    }
    wire_set_end(end_unknown);
    machine_before(ops, op_count);
    pid_t pid = fork();
    if (pid == 0)
        run_context(name, ops, op_count);
    if (pid > 0)
        return wait_for_context(pid, name);
    refusal.call = "fork";
    refusal.error = errno;
    say_skip(name, "context", &refusal);
    return serve_void(name);
}

// Requests without words after them.
static bool is_bare(const char *request, const char *word, const char *arguments)
{
    return strcmp(request, word) == 0 && arguments == NULL;
}

bool serve(bool inside_context)
{
    for (;;) {
        char *rest = next_line();
        if (rest == NULL)
            return false;
        const char *request = take_token(&rest);
        if (strcmp(request, "observe") == 0) {
            parse_observe(rest);
        } else if (strcmp(request, "grid") == 0) {
            serve_grid(rest, false);
        } else if (strcmp(request, "grids") == 0) {
            serve_grid(rest, true);
        } else if (strcmp(request, "deep") == 0) {
            serve_deep(rest);
        } else if (strcmp(request, "context") == 0) {
            if (!serve_context(rest))
                return false;
        } else if (strcmp(request, "read") == 0) {
            serve_read(rest);
        } else if (strcmp(request, "hold") == 0) {
            serve_hold(rest);
        } else if (is_bare(request, "drop", rest)) {
            serve_drop();
        } else if (strcmp(request, "call") == 0) {
            serve_call(rest);
        } else if (strcmp(request, "inodes") == 0) {
            serve_inodes(rest);
        } else if (strcmp(request, "destroyed") == 0) {
            serve_destroyed(rest);
        } else if (strcmp(request, "modprobe") == 0) {
            serve_modprobe(rest);
        } else if (is_bare(request, "modules", rest)) {
            serve_modules();
        } else if (strcmp(request, "autoload") == 0) {
            serve_autoload(rest);
        } else if (is_bare(request, "program", rest)) {
            serve_program();
        } else if (is_bare(request, "process", rest)) {
            serve_process();
        } else if (is_bare(request, "hello", rest)) {
            serve_hello();
        } else if (is_bare(request, "timing", rest)) {
            serve_timing();
        } else if (is_bare(request, "leave", rest) && inside_context) {
            return true;
        } else if (is_bare(request, "leave", rest)) {
            say_error("leave", "not in a context");
        } else if (is_bare(request, "quit", rest)) {
            return false;
        } else {
            say_error("request", "wanted: hello observe context leave grid grids deep hold "
                                 "drop call inodes destroyed process read timing modprobe "
                                 "modules autoload program quit");
        }
    }
}
