// SPDX-License-Identifier: GPL-2.0-only
// Counts, in one cgroup, the sockets that reach the create hook and those that reach the release
// hook; lets all of them pass.
#include "kernel_types.h"

char _license[] SEC("license") = "GPL";

struct {
  __u64 create, release;
} counts = {};

SEC("cgroup/sock_create")
int count_create(struct bpf_sock *ctx) {
  __sync_fetch_and_add(&counts.create, 1);
  return 1;
}

SEC("cgroup/sock_release")
int count_release(struct bpf_sock *ctx) {
  __sync_fetch_and_add(&counts.release, 1);
  return 1;
}
