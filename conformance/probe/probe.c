// SPDX-License-Identifier: GPL-2.0-only
// sockoracle-probe: makes socket() calls inside a subject, as it is told on stdin. See README.md.
#include "probe.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argument_count, char **arguments)
{
    // The first process also of a container; only a machine made for it has requests waiting.
    if (getpid() == 1 && access("/requests", R_OK) == 0) {
        signal(SIGPIPE, SIG_IGN);
        install_sigsys_handler();
        run_as_init();
    }
    // The kernel calls its modprobe so: -q -- ALIAS
    if (argument_count == 4 && strcmp(arguments[0], "/modprobe") == 0)
        return run_as_modprobe(arguments[3]);
    if (argument_count > 1) {
        fprintf(stderr, "%s: takes no arguments; requests come on stdin, see the README\n",
                arguments[0]);
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    install_sigsys_handler();
    wire_open();
    serve(false);
    flush_output();
    return 0;
}
