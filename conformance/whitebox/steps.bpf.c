// SPDX-License-Identifier: GPL-2.0-only
// What the kernel does between the entry and the exit of one thread's system call: objects taken
// and given back, capabilities asked for, modules requested. Objects that were taken there are
// followed until they are given back, by whomever: RCU callbacks run elsewhere.
#include "kernel_types.h"
#include "step_record.h"

char _license[] SEC("license") = "GPL";

struct step_settings settings = {};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 18);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 1024);
  __type(key, __u64);
  __type(value, __u32);
} live SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} inside SEC(".maps");

// The tracepoints' own records; CO-RE finds their members.
#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct trace_event_raw_sys_enter {
  long id;
};
struct trace_event_raw_sys_exit {
  long id, ret;
};
struct trace_event_raw_kmem_cache_alloc {
  unsigned long call_site;
  const void *ptr;
  __u32 __data_loc_name;
  unsigned long bytes_req;
};
struct trace_event_raw_kmalloc {
  unsigned long call_site;
  const void *ptr;
  unsigned long bytes_req;
};
struct trace_event_raw_kfree {
  unsigned long call_site;
  const void *ptr;
};
struct trace_event_raw_kmem_cache_free {
  unsigned long call_site;
  const void *ptr;
};
// One record for both events until the releases given.
struct trace_event_raw_kmem_alloc {  // 6.0
  unsigned long call_site;
  const void *ptr;
  unsigned long bytes_req;
};
struct trace_event_raw_kmem_free {  // 5.11
  unsigned long call_site;
  const void *ptr;
};
struct trace_event_raw_cap_capable {
  int cap, ret;
};
#pragma clang attribute pop

static __always_inline int is_ours(void) {
  return settings.tid != 0 && (int)bpf_get_current_pid_tgid() == settings.tid;
}

static __always_inline __u32 *window(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&inside, &zero);
}

static __always_inline int is_inside(void) {
  __u32 *open = window();
  return is_ours() && open && *open;
}

static __always_inline void say(__u32 kind, int result, __u64 object, __u64 call_site, int a,
                                __u32 outside) {
  struct step_event *event = bpf_ringbuf_reserve(&events, sizeof *event, 0);
  if (!event) return;
  __builtin_memset(event, 0, sizeof *event);
  event->kind = kind;
  event->result = result;
  event->object = object;
  event->call_site = call_site;
  event->a = a;
  event->outside = outside;
  bpf_ringbuf_submit(event, 0);
}

static __always_inline void taken(__u64 object, __u64 call_site, unsigned long bytes) {
  __u32 one = 1;
  if (!is_inside()) return;
  if (object) bpf_map_update_elem(&live, &object, &one, BPF_ANY);
  say(step_alloc, (int)bytes, object, call_site, 0, 0);
}

static __always_inline void given_back(__u64 object, __u64 call_site) {
  if (settings.tid == 0 || bpf_map_delete_elem(&live, &object) != 0) return;
  say(step_free, 0, object, call_site, 0, !is_inside());
}

SEC("tracepoint/raw_syscalls/sys_enter")
int enter(struct trace_event_raw_sys_enter *ctx) {
  if (!is_ours() || ctx->id != (long)settings.syscall) return 0;
  __u32 *open = window();
  if (!open) return 0;
  say(step_enter, 0, (__u64)ctx->id, 0, 0, 0);
  *open = 1;
  return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int leave(struct trace_event_raw_sys_exit *ctx) {
  if (!is_inside()) return 0;
  __u32 *open = window();
  if (open) *open = 0;
  say(step_exit, (int)ctx->ret, 0, 0, 0, 0);
  return 0;
}

SEC("tracepoint/kmem/kmem_cache_alloc")
int cache_alloc(struct trace_event_raw_kmem_cache_alloc *ctx) {
  taken((__u64)ctx->ptr, ctx->call_site, ctx->bytes_req);
  return 0;
}

SEC("tracepoint/kmem/kmalloc")
int size_alloc(struct trace_event_raw_kmalloc *ctx) {
  taken((__u64)ctx->ptr, ctx->call_site, ctx->bytes_req);
  return 0;
}

SEC("tracepoint/kmem/kmem_cache_free")
int cache_free(struct trace_event_raw_kmem_cache_free *ctx) {
  given_back((__u64)ctx->ptr, ctx->call_site);
  return 0;
}

SEC("tracepoint/kmem/kfree")
int size_free(struct trace_event_raw_kfree *ctx) {
  given_back((__u64)ctx->ptr, ctx->call_site);
  return 0;
}

SEC("tracepoint/kmem/kmem_cache_alloc")
int any_alloc(struct trace_event_raw_kmem_alloc *ctx) {
  taken((__u64)ctx->ptr, ctx->call_site, ctx->bytes_req);
  return 0;
}

SEC("tracepoint/kmem/kmem_cache_free")
int any_free(struct trace_event_raw_kmem_free *ctx) {
  given_back((__u64)ctx->ptr, ctx->call_site);
  return 0;
}

SEC("tracepoint/capability/cap_capable")
int capable(struct trace_event_raw_cap_capable *ctx) {
  if (is_inside()) say(step_capable, ctx->ret, 0, 0, ctx->cap, 0);
  return 0;
}

// Its record has the module's name behind it; what was asked follows from the order.
SEC("tracepoint/module/module_request")
int module(void *ctx) {
  if (is_inside()) say(step_module, 0, 0, 0, 0, 0);
  return 0;
}
