// SPDX-License-Identifier: GPL-2.0-only
// A fresh sock's fields as text, in the order of the structs.
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

std::string text(bool value) { return value ? "1" : "0"; }
std::string text(sock_num value) { return std::to_string(value.number); }
std::string text(std::string_view value) { return std::string(value); }
template <class Number>
requires std::is_arithmetic_v<Number> std::string text(Number value) {
  return std::to_string(value);
}
std::string text(const sock_callback* value) {
  return value == nullptr ? "null" : std::string(value->name);
}
std::string text(const proto* value) {
  return value == nullptr ? "null" : std::string(value->name);
}
std::string set_or_null(const void* value) { return value == nullptr ? "null" : "set"; }

struct Out {
  Fields fields;
  template <class Value>
  void operator()(const char* name, const Value& value) {
    fields.emplace_back(name, text(value));
  }
};

#define FIELD(object, name) out(#name, object.name)

void put_sock(Out& out, const sock& sk) {
  FIELD(sk, sk_family);
  FIELD(sk, sk_state);
  FIELD(sk, sk_reuse);
  FIELD(sk, sk_reuseport);
  FIELD(sk, sk_ipv6only);
  FIELD(sk, sk_net_refcnt);
  FIELD(sk, sk_kern_sock);
  FIELD(sk, sk_bound_dev_if);
  FIELD(sk, sk_prot);
  FIELD(sk, skc_daddr);
  FIELD(sk, skc_rcv_saddr);
  FIELD(sk, skc_dport);
  FIELD(sk, skc_num);
  FIELD(sk, sk_refcnt);
  FIELD(sk, sk_lock_owned);
  FIELD(sk, sk_drops);
  FIELD(sk, sk_rcvlowat);
  FIELD(sk, sk_rcvbuf);
  FIELD(sk, sk_sndbuf);
  FIELD(sk, sk_rmem_alloc);
  FIELD(sk, sk_wmem_alloc);
  FIELD(sk, sk_no_check);
  FIELD(sk, sk_no_check_tx);
  FIELD(sk, sk_no_check_rx);
  FIELD(sk, sk_type);
  FIELD(sk, sk_protocol);
  FIELD(sk, sk_flags);
  FIELD(sk, sk_prot_creator);
  FIELD(sk, sk_err);
  FIELD(sk, sk_max_ack_backlog);
  FIELD(sk, sk_uid);
  FIELD(sk, sk_rcvtimeo);
  FIELD(sk, sk_sndtimeo);
  FIELD(sk, sk_stamp);
  FIELD(sk, sk_priority);
  FIELD(sk, sk_mark);
  FIELD(sk, sk_peek_off);
  FIELD(sk, sk_incoming_cpu);
  FIELD(sk, sk_txrehash);
  FIELD(sk, sk_tx_queue_mapping);
  FIELD(sk, sk_rx_queue_mapping);
  FIELD(sk, sk_pacing_rate);
  FIELD(sk, sk_max_pacing_rate);
  FIELD(sk, sk_pacing_shift);
  FIELD(sk, sk_napi_id);
  FIELD(sk, sk_ll_usec);
  FIELD(sk, sk_classid);
  FIELD(sk, sk_cgrp_prioidx);
  FIELD(sk, sk_cgrp_data_set);
  FIELD(sk, sk_memcg_set);
  FIELD(sk, sk_bypass_prot_mem);
  FIELD(sk, sk_security);
  FIELD(sk, sk_wq);
  FIELD(sk, sk_state_change);
  FIELD(sk, sk_data_ready);
  FIELD(sk, sk_write_space);
  FIELD(sk, sk_error_report);
  FIELD(sk, sk_destruct);
  FIELD(sk, sk_backlog_rcv);
  out("sk_node", set_or_null(sk.sk_node_pprev));
  out("sk_socket", set_or_null(sk.sk_socket));
}

void put_inet(Out& out, const inet_sock& inet) {
  out("pinet6", set_or_null(inet.pinet6));
  FIELD(inet, inet_saddr);
  FIELD(inet, uc_ttl);
  FIELD(inet, cmsg_flags);
  FIELD(inet, inet_sport);
  FIELD(inet, inet_id);
  FIELD(inet, inet_opt);
  FIELD(inet, rx_dst_ifindex);
  FIELD(inet, tos);
  FIELD(inet, min_ttl);
  FIELD(inet, mc_ttl);
  FIELD(inet, pmtudisc);
  FIELD(inet, recverr);
  FIELD(inet, is_icsk);
  FIELD(inet, freebind);
  FIELD(inet, hdrincl);
  FIELD(inet, mc_loop);
  FIELD(inet, transparent);
  FIELD(inet, mc_all);
  FIELD(inet, nodefrag);
  FIELD(inet, bind_address_no_port);
  FIELD(inet, rcv_tos);
  FIELD(inet, uc_index);
  FIELD(inet, mc_index);
  FIELD(inet, mc_addr);
  out("mc_list", set_or_null(inet.mc_list));
  FIELD(inet, cork);
  if (inet.pinet6 == nullptr) return;
  const ipv6_pinfo& np = *inet.pinet6;
  out("np.hop_limit", np.hop_limit);
  out("np.mcast_hops", np.mcast_hops);
  out("np.mc_loop", np.mc_loop);
  out("np.mc_all", np.mc_all);
  out("np.repflow", np.repflow);
  out("np.autoflowlabel", np.autoflowlabel);
  out("np.pmtudisc", np.pmtudisc);
}

void put_tcp(Out& out, const tcp_sock& tp) {
  FIELD(tp, icsk_rto);
  FIELD(tp, icsk_af_ops);
  FIELD(tp, snd_cwnd);
  FIELD(tp, mss_cache);
  FIELD(tp, reordering);
}

void put_udp(Out& out, const udp_sock& up) {
  FIELD(up, udp_prod_queue);
  FIELD(up, reader_queue_ready);
  FIELD(up, pcflag);
}

void put_carrier(Out& out, const carrier_sock& sk) {
  out("first", set_or_null(sk.first));
  FIELD(sk, scheduler_ref);
  if (sk.first == nullptr) return;
  out("first.sk_net_refcnt", sk.first->sk->sk_net_refcnt);
  out("first.sk_kern_sock", sk.first->sk->sk_kern_sock);
}

}  // namespace

Fields fields_of(const struct socket& sock) {
  Out out;
  out("state", static_cast<int>(sock.state));
  out("type", sock.type);
  out("ops", sock.ops->name);
  FIELD(sock, inode_uid);
  FIELD(sock, inode_gid);
  FIELD(sock, inode_mode);
  FIELD(sock, fd_flags);
  FIELD(sock, close_on_exec);
  if (sock.sk == nullptr) return out.fields;
  put_sock(out, *sock.sk);
  if (!is_inet(*sock.sk)) return out.fields;
  put_inet(out, inet_sk(*sock.sk));
  const ProtoId id = sock.sk->sk_prot->id;
  if (id == ProtoId::tcp || id == ProtoId::tcpv6) put_tcp(out, static_cast<tcp_sock&>(*sock.sk));
  if (id == ProtoId::udp || id == ProtoId::udpv6 || id == ProtoId::udplite ||
      id == ProtoId::udplitev6)
    put_udp(out, static_cast<udp_sock&>(*sock.sk));
  if (id == ProtoId::mptcp || id == ProtoId::mptcpv6 || id == ProtoId::smc || id == ProtoId::smc6)
    put_carrier(out, static_cast<carrier_sock&>(*sock.sk));
  return out.fields;
}

}  // namespace sockoracle::test
