// SPDX-License-Identifier: GPL-2.0-only
// The kernel's objects along the path, with the kernel's field names: struct socket, sock,
// inet_sock and what derives from it. Fields the path never touches are left out; a field that
// exists only on some releases is kept at 0 on the others, and observables.def says where it
// exists.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "model/symbols.h"

namespace sockoracle {

class Kernel;
struct kmem_cache;
struct module_owner;
struct net;
struct proto;
struct proto_ops;
struct sock;
struct socket;

// A function whose identity is observable: sk_destruct, sk_backlog_rcv, sk_data_ready ...
struct sock_callback {
  std::string_view name;
  void (*call)(Kernel& k, sock& sk) = nullptr;  // null: only its identity matters here
};

// include/net/sock.h:enum sock_flags, those that the path sets.
enum sock_flag : uint32_t { SOCK_ZAPPED = 1u << 0, SOCK_DEAD = 1u << 1, SOCK_RCU_FREE = 1u << 2 };

inline constexpr int32_t kTCP_CLOSE = 7;         // include/net/tcp_states.h
inline constexpr int32_t kSK_CAN_REUSE = 1;      // include/net/sock.h
inline constexpr int32_t kIP_PMTUDISC_DONT = 0;  // include/uapi/linux/in.h
inline constexpr int32_t kIP_PMTUDISC_WANT = 1;
inline constexpr int64_t kMAX_SCHEDULE_TIMEOUT = INT64_MAX;
inline constexpr int32_t kSOCK_TXREHASH_DEFAULT = 255;
inline constexpr int64_t kSK_DEFAULT_STAMP = -1000000000;  // a second before the epoch, in ns

// A number of a sock that may be the low bits of the caller's protocol. It has no comparison: who
// depends on it asks number_is (kernel.h), so that the kernel knows for which protocols the answer
// holds.
struct sock_num {
  uint16_t number;
  uint8_t protocol_bits = 0;  // how many; 0: not from the caller's protocol, or nobody asks
};

inline sock_num swapped(sock_num n) {  // htons, ntohs
  return {static_cast<uint16_t>(n.number << 8 | n.number >> 8), n.protocol_bits};
}

// include/net/sock.h:struct sock
struct sock {
  sock* sk_node_next;  // the nulls pointer: the one thing sk_prot_clear_nulls leaves alone
  sock** sk_node_pprev;
  uint16_t sk_family;
  uint8_t sk_state;
  uint8_t sk_reuse;
  uint8_t sk_reuseport;
  uint8_t sk_ipv6only;
  bool sk_net_refcnt;
  bool sk_kern_sock;
  int32_t sk_bound_dev_if;
  const proto* sk_prot;
  net* sk_net;
  uint32_t skc_daddr, skc_rcv_saddr;
  uint16_t skc_dport;
  sock_num skc_num;
  int32_t sk_refcnt;
  bool sk_lock_owned;
  int32_t sk_drops, sk_rcvlowat, sk_rcvbuf, sk_sndbuf;
  int32_t sk_rmem_alloc, sk_wmem_alloc;
  uint8_t sk_no_check, sk_no_check_tx, sk_no_check_rx;  // the first until 3.15, then the pair
  uint16_t sk_type;
  sock_num sk_protocol;
  uint32_t sk_flags;
  const proto* sk_prot_creator;
  int32_t sk_err;
  uint32_t sk_max_ack_backlog;
  uint32_t sk_uid;
  int64_t sk_rcvtimeo, sk_sndtimeo, sk_stamp;
  uint32_t sk_priority, sk_mark;
  int32_t sk_peek_off, sk_incoming_cpu;
  uint8_t sk_txrehash;
  int32_t sk_tx_queue_mapping, sk_rx_queue_mapping;  // -1 = none
  uint64_t sk_pacing_rate, sk_max_pacing_rate;
  uint8_t sk_pacing_shift;
  uint32_t sk_napi_id, sk_ll_usec;
  uint32_t sk_classid, sk_cgrp_prioidx;
  bool sk_cgrp_data_set, sk_memcg_set, sk_bypass_prot_mem;
  bool sk_security;  // a security module's blob is attached
  socket* sk_socket;
  bool sk_wq;
  const sock_callback *sk_state_change, *sk_data_ready, *sk_write_space, *sk_error_report;
  const sock_callback *sk_destruct, *sk_backlog_rcv;
  uint32_t object;  // the slab object's number; the model's, not the kernel's
};

struct ipv6_pinfo {
  int32_t hop_limit, mcast_hops;
  bool mc_loop, mc_all, repflow, autoflowlabel;
  uint8_t pmtudisc;
};

// include/net/inet_sock.h:struct inet_sock; in the order of the original listing
struct inet_sock : sock {
  ipv6_pinfo* pinet6;
  uint32_t inet_saddr;
  int16_t uc_ttl;
  uint16_t cmsg_flags;
  sock_num inet_sport;  // network byte order
  uint16_t inet_id;
  bool inet_opt;  // IP options are set
  int32_t rx_dst_ifindex;
  uint8_t tos, min_ttl, mc_ttl, pmtudisc;
  bool recverr, is_icsk, freebind, hdrincl, mc_loop, transparent, mc_all, nodefrag;
  bool bind_address_no_port;
  uint8_t rcv_tos;
  int32_t uc_index, mc_index;
  uint32_t mc_addr;
  void* mc_list;
  bool cork;  // anything corked
};

// include/net/inet_connection_sock.h:struct inet_connection_sock, include/linux/tcp.h:struct
// tcp_sock
struct tcp_sock : inet_sock {
  bool queue_locks_ready;                                          // icsk_accept_queue's spin locks
  uint32_t icsk_rto, icsk_rto_min, icsk_rto_max, icsk_delack_max;  // milliseconds
  std::string_view icsk_ca_ops, icsk_af_ops;
  uint32_t mdev_us, snd_cwnd, snd_ssthresh, snd_cwnd_clamp, mss_cache, reordering;
  uint32_t rtt_min;
  bool repair;
};

struct udp_sock : inet_sock {
  bool udp_prod_queue;  // 6.18+: the per-node queues are allocated
  bool reader_queue_ready;
  uint32_t forward_threshold;
  uint8_t pcflag;  // UDP-Lite coverage, or encapsulation
};

struct raw_sock : inet_sock {
  uint32_t filter;  // ICMP filter, SOL_RAW/ICMP_FILTER
  bool hashed;
};

// MPTCP and SMC keep a TCP socket of the kernel's inside; SCTP and DCCP keep what their init
// allocates.
struct carrier_sock : inet_sock {
  socket* first;        // mptcp_sock.subflow / smc_sock.clcsock
  uint32_t endpoint;    // object number of SCTP's endpoint
  bool scheduler_ref;   // mptcp_sock.sched
  bool subflow_conn;    // the subflow holds a reference to this sock: mptcp_subflow_context.conn
  bool do_auto_asconf;  // sctp_sock: on the namespace's list
  carrier_sock* auto_asconf_next;
};

struct packet_sock : sock {
  sock_num num;  // protocol, network byte order
  bool pending_refcnt;
  bool running;  // on the list of the protocol's receivers
};

// The IPv6 twins: the v4 struct with a control block behind it, as in the kernel.
template <class Base>
struct with_ipv6 : Base {
  ipv6_pinfo inet6;
};

enum socket_state : uint8_t { SS_FREE, SS_UNCONNECTED };

// Of socket.flags, those that an init hook sets. The model's own bits: the kernel renumbered its.
enum socket_flag : uint32_t { SOCK_SUPPORT_ZC = 1u << 0, SOCK_CUSTOM_SOCKOPT = 1u << 1 };

// include/linux/net.h:struct socket with its inode (struct socket_alloc)
struct socket {
  socket_state state;
  int16_t type;
  uint32_t flags;
  sock* sk;
  const proto_ops* ops;
  uint32_t inode_uid, inode_gid;
  uint32_t inode_mode;
  bool wq_allocated;
  // What the descriptor knows.
  int32_t fd_flags;  // O_ bits of F_GETFL
  bool close_on_exec;
  uint32_t object;  // number of the inode object
};

inline inet_sock& inet_sk(sock& sk) { return static_cast<inet_sock&>(sk); }
inline const inet_sock& inet_sk(const sock& sk) { return static_cast<const inet_sock&>(sk); }
// AF_INET and AF_INET6 socks are inet_socks; others are not.
inline bool is_inet(const sock& sk) {
  return sk.sk_family == kAF_INET || sk.sk_family == kAF_INET6;
}

}  // namespace sockoracle
