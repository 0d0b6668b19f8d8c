// SPDX-License-Identifier: GPL-2.0-only
// Walks the descriptors of one process and copies each socket whole: struct socket, and the sock as
// long as its protocol says. Which members mean what is decided outside, by BTF, so this program
// knows no field.
#include "socket_record.h"
#include "task_number.h"

char _license[] SEC("license") = "GPL";

enum { inode_type_mask = 0170000, inode_type_socket = 0140000 };

struct observer_settings settings = {};

struct buffer {
  struct socket_record head;
  unsigned char socket[socket_bytes_max];
  unsigned char sock[sock_bytes_max];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct buffer);
} buffers SEC(".maps");

static __always_inline void follow_one(struct socket_record *head, unsigned int i,
                                       const char *socket, const char *sk) {
  const char *base = settings.follows[i].in_socket ? socket : sk;
  const char *pointer = 0;
  bpf_probe_read_kernel(&pointer, sizeof pointer, base + settings.follows[i].from);
  __builtin_memset(head->followed[i], 0, follow_bytes);
  if (!pointer) return;
  pointer += settings.follows[i].to;
  bpf_probe_read_kernel(head->followed[i], follow_bytes, pointer);
}

SEC("iter/task_file")
int sockets(struct bpf_iter__task_file *ctx) {
  struct seq_file *seq = ctx->meta->seq;
  struct task_struct *task = ctx->task;
  struct file *file = ctx->file;
  if (!task || !file) return 0;
  if (number_for_reader(BPF_CORE_READ(task, group_leader)) != settings.tgid) return 0;
  // As bpf_sock_from_file says, which came with 5.11: nothing else opens an inode of that kind.
  if ((BPF_CORE_READ(file, f_inode, i_mode) & inode_type_mask) != inode_type_socket) return 0;
  struct socket *socket = (struct socket *)BPF_CORE_READ(file, private_data);
  if (!socket) return 0;
  struct sock *sk = BPF_CORE_READ(socket, sk);
  if (!sk) return 0;
  __u32 zero = 0;
  struct buffer *buffer = bpf_map_lookup_elem(&buffers, &zero);
  if (!buffer) return 0;
  struct socket_record *head = &buffer->head;
  unsigned int sock_size = BPF_CORE_READ(sk, __sk_common.skc_prot, obj_size);
  if (sock_size > sock_bytes_max) sock_size = sock_bytes_max;
  unsigned int size = settings.socket_size;
  if (size > socket_bytes_max) size = socket_bytes_max;
  head->magic = record_magic;
  head->fd = (int)ctx->fd;
  head->socket_bytes = size;
  head->sock_bytes = sock_size;
  head->socket_address = (unsigned long)socket;
  head->sock_address = (unsigned long)sk;
  head->net_address = (unsigned long)BPF_CORE_READ(task, nsproxy, net_ns);
#pragma unroll
  for (unsigned int i = 0; i < follow_max; i++)
    if (i < settings.follow_count) follow_one(head, i, (const char *)socket, (const char *)sk);
  bpf_probe_read_kernel(buffer->socket, size, socket);
  bpf_probe_read_kernel(buffer->sock, sock_size, sk);
  bpf_seq_write(seq, head, sizeof *head);
  bpf_seq_write(seq, buffer->socket, size);
  bpf_seq_write(seq, buffer->sock, sock_size);
  return 0;
}
