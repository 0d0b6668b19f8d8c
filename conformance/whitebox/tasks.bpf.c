// SPDX-License-Identifier: GPL-2.0-only
// Finds one process by the number that the reader knows it by, and tells the numbers that the
// kernel itself goes by: those of the initial PID namespace.
#include "task_number.h"
#include "task_record.h"

char _license[] SEC("license") = "GPL";

struct task_settings wanted = {};

SEC("iter/task")
int tasks(struct bpf_iter__task *ctx) {
  struct task_struct *task = ctx->task;
  if (!task || !wanted.number || number_for_reader(task) != wanted.number) return 0;
  struct task_record record = {.pid = BPF_CORE_READ(task, pid), .tgid = BPF_CORE_READ(task, tgid)};
  bpf_seq_write(ctx->meta->seq, &record, sizeof record);
  return 0;
}
