/* SPDX-License-Identifier: GPL-2.0-only */
/* A process by two numbers, from the BPF iterator to the program. */
#ifndef SOCKORACLE_TASK_RECORD_H
#define SOCKORACLE_TASK_RECORD_H

struct task_settings {
  int number; /* of the thread, in the reader's PID namespace */
};

struct task_record {
  int pid, tgid; /* in the initial one */
};

#endif
