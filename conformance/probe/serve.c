// SPDX-License-Identifier: GPL-2.0-only
// The request loop, of the probe and of each context in it.
#include "probe.h"

#include <string.h>

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
