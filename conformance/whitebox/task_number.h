/* SPDX-License-Identifier: GPL-2.0-only */
/* For iterators: who reads is the current task, and a process goes by the number that it has for
 * the reader. In another PID namespace somebody else may have the same. */
#ifndef SOCKORACLE_TASK_NUMBER_H
#define SOCKORACLE_TASK_NUMBER_H

#include "kernel_types.h"

/* A task has a number in its own PID namespace, which is `level` deep, and in each one above. */
static __always_inline void read_number(struct pid *pid, unsigned int level, struct upid *number) {
  const char *first = (const char *)__builtin_preserve_access_index(&pid->numbers[0]);
  struct upid *at = (struct upid *)(first + level * bpf_core_type_size(struct upid));
  number->nr = BPF_CORE_READ(at, nr);
  number->ns = BPF_CORE_READ(at, ns);
}

/* 0: the reader's namespace does not have it. */
static __always_inline int number_for_reader(struct task_struct *task) {
  struct task_struct *reader = (struct task_struct *)bpf_get_current_task();
  struct pid *own = BPF_CORE_READ(reader, thread_pid);
  struct pid *other = BPF_CORE_READ(task, thread_pid);
  struct upid here = {}, there = {};
  unsigned int level = BPF_CORE_READ(own, level);
  if (!other || BPF_CORE_READ(other, level) < level) return 0;
  read_number(own, level, &here);
  read_number(other, level, &there);
  return here.ns == there.ns ? there.nr : 0;
}

#endif
