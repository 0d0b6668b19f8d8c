// SPDX-License-Identifier: GPL-2.0-only
// net/ipv4/tcp.c and tcp_ipv4.c, net/ipv6/tcp_ipv6.c; DCCP, whose sock is an inet_connection_sock
// too.
#include "model/protocols.h"
#include "model/slab.h"
#include "model/sock.h"

namespace sockoracle {
namespace {

constexpr uint32_t kTcpTimeoutInitMs = 1000;  // include/net/tcp.h:TCP_TIMEOUT_INIT
constexpr uint32_t kTcpInitCwnd = 10;         // TCP_INIT_CWND
constexpr uint32_t kTcpMssDefault = 536;      // TCP_MSS_DEFAULT
constexpr uint32_t kTcpReordering = 3;        // net.ipv4.tcp_reordering's default

// net/ipv4/tcp.c:tcp_init_sock; cannot fail.
void tcp_init_sock(Kernel& k, tcp_sock& tp) {
  tp.icsk_rto = kTcpTimeoutInitMs;
  tp.icsk_rto_min = 200;
  tp.icsk_delack_max = 200;
  tp.mdev_us = kTcpTimeoutInitMs * 1000;
  tp.rtt_min = UINT32_MAX;
  tp.snd_cwnd = kTcpInitCwnd;
  tp.snd_ssthresh = 0x7fffffff;
  tp.snd_cwnd_clamp = UINT32_MAX;
  tp.mss_cache = kTcpMssDefault;
  tp.reordering = kTcpReordering;
  tp.sk_write_space = &kSkStreamWriteSpace;
  tp.sk_sndbuf = static_cast<int32_t>(k.sysctl(Sysctl::tcp_wmem, 1));
  tp.sk_rcvbuf = static_cast<int32_t>(k.sysctl(Sysctl::tcp_rmem, 1));
  if (k.has(Behaviour::sock_support_zc)) tp.sk_socket->flags |= SOCK_SUPPORT_ZC;
  k.step(StepKind::init, "tcp_init_sock", 0, tp.object);
}

// Built with TCP_MD5SIG or TCP_AO, as distributions do; without them 6.18 keeps the family's.
const sock_callback kTcp4DestructSock{"tcp4_destruct_sock"};
const sock_callback kTcp6DestructSock{"tcp6_destruct_sock"};

const sock_callback kDccpSkDestruct{"dccp_sk_destruct"};
const sock_callback kDccpV6SkDestruct{"dccp_v6_sk_destruct"};
const sock_callback kDccpWriteSpace{"dccp_write_space"};

// net/dccp/feat.c:dccp_feat_init. The sequence window has its default value and takes nothing; each
// other feature takes its values and an entry, the congestion controls two lists before that.
int dccp_feat_init(Kernel& k) {
  struct Step {
    std::string_view what;
    int32_t error;
  };
  static constexpr Step kSteps[] = {{"dccp_feat short_seqnos values", kENOMEM},
                                    {"dccp_feat short_seqnos", kENOMEM},
                                    {"dccp_feat ecn_incapable values", kENOMEM},
                                    {"dccp_feat ecn_incapable", kENOMEM},
                                    {"dccp_feat tx ccids", kENOBUFS},
                                    {"dccp_feat rx ccids", kENOBUFS},
                                    {"dccp_feat tx ccid values", kENOMEM},
                                    {"dccp_feat tx ccid", kENOMEM},
                                    {"dccp_feat rx ccid values", kENOMEM},
                                    {"dccp_feat rx ccid", kENOMEM}};
  for (const Step& step : kSteps)
    if (!alloc_untracked(k, step.what)) return k.fail(Rule::dccp_memory, step.error);
  k.pass(Rule::dccp_memory);
  return 0;
}

// net/dccp/proto.c:dccp_init_sock
int dccp_init_sock(Kernel& k, tcp_sock& dp, std::string_view af_ops) {
  dp.icsk_rto = 1000;
  dp.sk_write_space = &kDccpWriteSpace;
  dp.sk_destruct = &kDccpSkDestruct;
  dp.mss_cache = 536;
  k.step(StepKind::init, "dccp_init_sock", 0, dp.object);
  if (const int error = dccp_feat_init(k); error != 0) return error;
  dp.icsk_af_ops = af_ops;
  return 0;
}

}  // namespace

int tcp_v4_init_sock(Kernel& k, sock& sk) {
  auto& tp = static_cast<tcp_sock&>(sk);
  tcp_init_sock(k, tp);
  tp.icsk_af_ops = "ipv4_specific";
  if (k.has(Behaviour::tcp_destructs_keys)) tp.sk_destruct = &kTcp4DestructSock;
  return 0;
}

int tcp_v6_init_sock(Kernel& k, sock& sk) {
  auto& tp = static_cast<tcp_sock&>(sk);
  tcp_init_sock(k, tp);
  tp.icsk_af_ops = "ipv6_specific";
  if (k.has(Behaviour::tcp_destructs_keys)) tp.sk_destruct = &kTcp6DestructSock;
  return 0;
}

void tcp_v4_destroy_sock(Kernel& k, sock& sk) {
  k.step(StepKind::release, "tcp_v4_destroy_sock", 0, sk.object);
}

void tcp_v6_destroy_sock(Kernel& k, sock& sk) {
  if (!k.has(Behaviour::inet6_destroy_in_destructor))
    k.step(StepKind::release, "tcp_v6_destroy_sock", 0, sk.object);
  tcp_v4_destroy_sock(k, sk);
}

// A sock that was never connected is orphaned, then goes through inet_csk_destroy_sock.
static void csk_close(Kernel& k, sock& sk, const char* close) {
  k.step(StepKind::release, close, 0, sk.object);
  sock_orphan(sk);
  sk.sk_prot->destroy(k, sk);
  sock_put(k, sk);
}

void tcp_close(Kernel& k, sock& sk) { csk_close(k, sk, "tcp_close"); }

void __tcp_close(Kernel& k, sock& sk) { csk_close(k, sk, "__tcp_close"); }

// Ports are hashed by bind and connect; a fresh sock has none.
int inet_hash(Kernel& k, sock& sk) {
  (void)k;
  (void)sk;
  return 0;
}

void inet_unhash(Kernel& k, sock& sk) {
  (void)k;
  (void)sk;
}

int dccp_v4_init_sock(Kernel& k, sock& sk) {
  return dccp_init_sock(k, static_cast<tcp_sock&>(sk), "dccp_ipv4_af_ops");
}

int dccp_v6_init_sock(Kernel& k, sock& sk) {
  const int error = dccp_init_sock(k, static_cast<tcp_sock&>(sk), "dccp_ipv6_af_ops");
  if (error == 0 && k.has(Behaviour::inet6_destructor_sctp_dccp))
    sk.sk_destruct = &kDccpV6SkDestruct;
  return error;
}

void dccp_destroy_sock(Kernel& k, sock& sk) {
  k.step(StepKind::release, "dccp_destroy_sock", 0, sk.object);
}

void dccp_close(Kernel& k, sock& sk) { csk_close(k, sk, "dccp_close"); }

}  // namespace sockoracle
