// SPDX-License-Identifier: GPL-2.0-only
// net/mptcp/protocol.c, net/smc/smc_inet.c: protocols whose init makes more than fields: a TCP
// socket of the kernel's own.
#include "model/module.h"
#include "model/protocols.h"
#include "model/slab.h"
#include "model/sock.h"
#include "model/socket.h"

namespace sockoracle {
namespace {

const sock_callback kSmcDestruct{"smc_destruct"};
constexpr uint8_t kSMC_INIT = 2;               // net/smc/smc.h:enum smc_state
constexpr int32_t kSmcBuffer = 2 * 64 * 1024;  // twice net.smc.wmem's and net.smc.rmem's default

// mptcp_subflow_create_socket and smc_create_clcsk: a kernel socket of the same family. It takes
// the netns reference that kernel sockets do not have by themselves: TCP's timers need it.
int create_inner_tcp(Kernel& k, carrier_sock& carrier, bool holds_netns) {
  struct socket* inner = nullptr;
  const int error = sock_create_kern(k, carrier.sk_family, kSOCK_STREAM, kIPPROTO_TCP, &inner);
  if (error != 0) return error;
  struct sock& sk = *inner->sk;
  if (holds_netns && !sk.sk_net_refcnt) {
    sk.sk_net_refcnt = true;
    ++sk.sk_net->count;
    if (k.has(Behaviour::sock_inuse_per_netns)) ++sk.sk_net->sock_inuse;
    if (k.has(Behaviour::kernel_sock_passive_netns)) --sk.sk_net->passive;
    k.step(StepKind::get_net, "net");
  }
  carrier.first = inner;
  return 0;
}

void release_inner_tcp(Kernel& k, carrier_sock& carrier) {
  if (carrier.first == nullptr) return;
  sock_release(k, carrier.first);
  carrier.first = nullptr;
}

// The subflow's end drops its reference to the msk (net/mptcp/subflow.c:subflow_ulp_release).
// Since 5.11 its socket is never released as one: the inode is given back and the sock closed
// (net/mptcp/protocol.c:mptcp_dispose_initial_subflow, __mptcp_close_ssk).
void release_subflow(Kernel& k, carrier_sock& msk) {
  if (msk.first != nullptr && k.has(Behaviour::mptcp_destroy_sock)) {
    sock& ssk = *msk.first->sk;
    kmem_cache_free(k, k.objects().inode_cache, msk.first);
    msk.first = nullptr;
    __tcp_close(k, ssk);
  }
  release_inner_tcp(k, msk);
  if (!msk.subflow_conn) return;
  msk.subflow_conn = false;
  sock_put(k, msk);  // never the last one
}

// The sndbuf and rcvbuf of an MPTCP sock changed their source three times.
void mptcp_buffers(Kernel& k, sock& sk) {
  if (k.has(Behaviour::mptcp_tcp_sndbuf))
    sk.sk_sndbuf = static_cast<int32_t>(k.sysctl(Sysctl::tcp_wmem, 2));
  if (k.has(Behaviour::mptcp_tcp_sndbuf_default))
    sk.sk_sndbuf = static_cast<int32_t>(k.sysctl(Sysctl::tcp_wmem, 1));
  if (k.has(Behaviour::mptcp_tcp_rcvbuf))
    sk.sk_rcvbuf = static_cast<int32_t>(k.sysctl(Sysctl::tcp_rmem, 1));
}

}  // namespace

int mptcp_init_sock(Kernel& k, sock& sk) {
  auto& msk = static_cast<carrier_sock&>(sk);
  k.step(StepKind::init, "mptcp_init_sock", 0, sk.object);
  if (k.sysctl(Sysctl::mptcp_enabled) == 0) return k.fail(Rule::mptcp_enabled, kENOPROTOOPT);
  k.pass(Rule::mptcp_enabled);
  if (k.has(Behaviour::mptcp_mib_alloc) && !sk.sk_net->mptcp_statistics) {
    if (!alloc_untracked(k, "mptcp_mib_alloc")) return k.fail(Rule::mptcp_mib, kENOMEM);
    sk.sk_net->mptcp_statistics = true;
    k.pass(Rule::mptcp_mib);
  }
  if (k.has(Behaviour::mptcp_sched_init)) {
    // bpf_try_module_get of the default scheduler, which is built in, cannot fail by itself.
    if (k.should_fail()) return k.fail(Rule::mptcp_scheduler, kEBUSY);
    msk.scheduler_ref = true;
    k.pass(Rule::mptcp_scheduler);
  }
  if (k.has(Behaviour::mptcp_subflow_in_init)) {
    int error = create_inner_tcp(k, msk, true);
    // tcp_set_ulp("mptcp") hangs a subflow context on it (net/mptcp/subflow.c:subflow_create_ctx).
    if (error == 0 && !alloc_untracked(k, "mptcp_subflow_context")) {
      release_inner_tcp(k, msk);
      error = -kENOMEM;
    }
    if (error != 0) return k.fail(Rule::mptcp_subflow, -error);
    ++msk.sk_refcnt;  // the subflow's `conn`: net/mptcp/subflow.c:mptcp_subflow_create_socket
    msk.subflow_conn = true;
    k.pass(Rule::mptcp_subflow);
  }
  if (k.has(Behaviour::sock_custom_sockopt)) sk.sk_socket->flags |= SOCK_CUSTOM_SOCKOPT;
  mptcp_buffers(k, sk);
  if (k.has(Behaviour::mptcp_stream_write_space)) sk.sk_write_space = &kSkStreamWriteSpace;
  return 0;
}

void mptcp_destroy(Kernel& k, sock& sk) {
  k.step(StepKind::release, "mptcp_destroy", 0, sk.object);
  auto& msk = static_cast<carrier_sock&>(sk);
  msk.scheduler_ref = false;
  // Without that the subflow keeps the msk as well.
  if (k.has(Behaviour::mptcp_destroy_closes_subflow)) release_subflow(k, msk);
  else if (msk.first != nullptr) k.hazard(Hazard::leaked_sock);
}

int mptcp_hash(Kernel& k, sock& sk) {
  (void)k;
  (void)sk;
  return 0;  // the kernel warns here: MPTCP socks are not hashed themselves
}

void mptcp_unhash(Kernel& k, sock& sk) {
  (void)k;
  (void)sk;
}

// Closing, unlike a failed creation, has always closed the first subflow. It goes its own way to
// the last reference (net/mptcp/protocol.c:__mptcp_destroy_sock): an msk is not hashed.
void mptcp_close(Kernel& k, sock& sk) {
  k.step(StepKind::release, "mptcp_close", 0, sk.object);
  auto& msk = static_cast<carrier_sock&>(sk);
  if (!k.has(Behaviour::mptcp_destroy_sock)) {
    release_subflow(k, msk);
    sk_common_release(k, sk);
    return;
  }
  if (!k.has(Behaviour::mptcp_destroy_closes_subflow)) release_subflow(k, msk);
  sock_orphan(sk);
  mptcp_destroy(k, sk);
  sock_put(k, sk);
}

// net/smc/af_smc.c:smc_sk_init, then smc_create_clcsk
int smc_inet_init_sock(Kernel& k, sock& sk) {
  sk.sk_state = kSMC_INIT;
  sk.sk_destruct = &kSmcDestruct;
  sk.sk_sndbuf = sk.sk_rcvbuf = kSmcBuffer;
  k.step(StepKind::init, "smc_sk_init", 0, sk.object);
  smc_hash_sk(k, sk);
  const int error = create_inner_tcp(k, static_cast<carrier_sock&>(sk), true);
  if (error != 0) return k.fail(Rule::smc_clcsock, -error);
  k.pass(Rule::smc_clcsock);
  return 0;
}

void smc_inet_destroy_sock(Kernel& k, sock& sk) {
  auto& smc = static_cast<carrier_sock&>(sk);
  if (!k.has(Behaviour::smc_destroy_hook)) {
    if (smc.first != nullptr) k.hazard(Hazard::leaked_sock);
    return;
  }
  k.step(StepKind::release, "smc_inet_destroy_sock", 0, sk.object);
  smc_unhash_sk(k, sk);
  release_inner_tcp(k, smc);
}

int smc_hash_sk(Kernel& k, sock& sk) {
  sk_add_node(k, sk, "smc_v4_hashinfo");
  return 0;
}

void smc_unhash_sk(Kernel& k, sock& sk) { sk_del_node_init(k, sk, "smc_v4_hashinfo"); }

// SMC's ops have a release of their own (net/smc/af_smc.c): no BPF hook, no prot->close or destroy.
int smc_release(Kernel& k, socket& sock) {
  if (sock.sk == nullptr) return 0;
  struct sock& sk = *sock.sk;
  k.step(StepKind::release, "smc_release", 0, sk.object);
  sk.sk_state = kTCP_CLOSE;  // SMC_CLOSED
  smc_unhash_sk(k, sk);
  release_inner_tcp(k, static_cast<carrier_sock&>(sk));
  sock_orphan(sk);
  sock.sk = nullptr;
  sock_put(k, sk);
  return 0;
}

}  // namespace sockoracle
