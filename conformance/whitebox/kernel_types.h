/* SPDX-License-Identifier: GPL-2.0-only */
/* What the BPF programs know of the kernel's types: names of members. Where they lie is filled in
 * at load time from the running kernel's BTF (CO-RE). */
#ifndef SOCKORACLE_KERNEL_TYPES_H
#define SOCKORACLE_KERNEL_TYPES_H

#include <linux/bpf.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct net;
struct nsproxy {
  struct net* net_ns;
};
struct pid_namespace;
struct upid {
  int nr;
  struct pid_namespace* ns;
};
struct pid {
  unsigned int level;
  struct upid numbers[1];
};
struct task_struct {
  int pid, tgid;
  struct task_struct* group_leader;
  struct pid* thread_pid;
  struct nsproxy* nsproxy;
};
struct inode {
  unsigned short i_mode;
};
struct file {
  struct inode* f_inode;
  void* private_data;
};
struct proto {
  unsigned int obj_size;
};
struct sock_common {
  struct proto* skc_prot;
};
struct sock {
  struct sock_common __sk_common;
};
struct socket {
  struct sock* sk;
  const struct proto_ops* ops;
};
struct seq_file;
struct bpf_iter_meta {
  struct seq_file* seq;
};
struct bpf_iter__task {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
};
struct bpf_iter__task_file {
  struct bpf_iter_meta* meta;
  struct task_struct* task;
  __u32 fd;
  struct file* file;
};

#pragma clang attribute pop

#endif
