// SPDX-License-Identifier: GPL-2.0-only
// The hooks that proto.def names: init, destroy, hash, unhash, close of each protocol.
#pragma once

#include "model/kernel.h"

namespace sockoracle {

// net/ipv4/tcp_ipv4.c, net/ipv4/tcp.c, net/ipv6/tcp_ipv6.c
int tcp_v4_init_sock(Kernel& k, sock& sk);
int tcp_v6_init_sock(Kernel& k, sock& sk);
void tcp_v4_destroy_sock(Kernel& k, sock& sk);
void tcp_v6_destroy_sock(Kernel& k, sock& sk);
void tcp_close(Kernel& k, sock& sk);
void __tcp_close(Kernel& k, sock& sk);
int inet_hash(Kernel& k, sock& sk);
void inet_unhash(Kernel& k, sock& sk);

// net/ipv4/udp.c, net/ipv4/udplite.c
int udp_init_sock(Kernel& k, sock& sk);
int udplite_sk_init(Kernel& k, sock& sk);
void udp_destroy_sock(Kernel& k, sock& sk);
int udp_lib_hash(Kernel& k, sock& sk);
void udp_lib_unhash(Kernel& k, sock& sk);
void udp_lib_close(Kernel& k, sock& sk);

// net/ipv4/ping.c
int ping_init_sock(Kernel& k, sock& sk);
int ping_hash(Kernel& k, sock& sk);
void ping_unhash(Kernel& k, sock& sk);
void ping_close(Kernel& k, sock& sk);
void ping_get_port(Kernel& k, sock& sk);

// net/ipv4/raw.c, net/ipv6/raw.c
int raw_sk_init(Kernel& k, sock& sk);
int rawv6_init_sk(Kernel& k, sock& sk);
void raw_destroy(Kernel& k, sock& sk);
void raw6_destroy(Kernel& k, sock& sk);
int raw_hash_sk(Kernel& k, sock& sk);
void raw_unhash_sk(Kernel& k, sock& sk);
void raw_close(Kernel& k, sock& sk);

// net/mptcp/protocol.c
int mptcp_init_sock(Kernel& k, sock& sk);
void mptcp_destroy(Kernel& k, sock& sk);
int mptcp_hash(Kernel& k, sock& sk);
void mptcp_unhash(Kernel& k, sock& sk);
void mptcp_close(Kernel& k, sock& sk);

// net/sctp/socket.c: sctp.cpp
int sctp_init_sock(Kernel& k, sock& sk);
void sctp_destroy_sock(Kernel& k, sock& sk);
int sctp_hash(Kernel& k, sock& sk);
void sctp_unhash(Kernel& k, sock& sk);
void sctp_close(Kernel& k, sock& sk);
// net/sctp/protocol.c
void sctp_net_init(net& net);
void sctp_addr_wq_timeout_handler(Kernel& k);
// What connect() does of its own: an association with all addresses of this machine.
void sctp_connect(Kernel& k, sock& sk);

// net/dccp/ipv4.c, net/dccp/ipv6.c, net/dccp/proto.c
int dccp_v4_init_sock(Kernel& k, sock& sk);
int dccp_v6_init_sock(Kernel& k, sock& sk);
void dccp_destroy_sock(Kernel& k, sock& sk);
void dccp_close(Kernel& k, sock& sk);

// net/l2tp/l2tp_ip.c, net/l2tp/l2tp_ip6.c
int l2tp_ip_open(Kernel& k, sock& sk);
void l2tp_ip_destroy_sock(Kernel& k, sock& sk);
int l2tp_ip_hash(Kernel& k, sock& sk);
void l2tp_ip_unhash(Kernel& k, sock& sk);
void l2tp_ip_close(Kernel& k, sock& sk);

// net/smc/smc_inet.c, net/smc/af_smc.c
int smc_inet_init_sock(Kernel& k, sock& sk);
void smc_inet_destroy_sock(Kernel& k, sock& sk);
int smc_hash_sk(Kernel& k, sock& sk);
void smc_unhash_sk(Kernel& k, sock& sk);
int smc_release(Kernel& k, socket& sock);

// net/packet/af_packet.c
int packet_create(Kernel& k, net& net, socket& sock, int32_t protocol, bool kern);
int packet_release(Kernel& k, socket& sock);

// sk_add_node_rcu and sk_del_node_init of the protocols that keep a table; true when it was hashed.
void sk_add_node(Kernel& k, sock& sk, std::string_view table);
bool sk_del_node_init(Kernel& k, sock& sk, std::string_view table);

}  // namespace sockoracle
