// SPDX-License-Identifier: GPL-2.0-only
// net/ipv4/af_inet.c: the AF_INET family.
#pragma once

#include "model/kernel.h"

namespace sockoracle {

int inet_create(Kernel& k, net& net, socket& sock, int32_t protocol, bool kern);
int inet_release(Kernel& k, socket& sock);
// IPv4 ignores an illegal type or a clash with a permanent entry, apart from a log line.
void inet_register_protosw(Kernel& k, inet_protosw& entry);
void inet_unregister_protosw(Kernel& k, inet_protosw& entry);
// connect() and sendto() on a socket without a number. 0, or -EAGAIN when no port is free.
int inet_autobind(Kernel& k, socket& sock);
extern const sock_callback kInetSockDestruct;

// -- shared with af_inet6.cpp, which spells the same out once more in the kernel

enum class Registered : uint8_t { ok, permanent, illegal };
Registered register_protosw(Kernel& k, std::array<inet_protosw*, kSOCK_MAX>& heads,
                            inet_protosw& entry);
bool unregister_protosw(std::array<inet_protosw*, kSOCK_MAX>& heads, inet_protosw& entry);

// IPPROTO_MAX of the release.
int32_t ipproto_max(const Kernel& k);
bool out_of_range(const Kernel& k, const Protocol& protocol);
// RHEL 8's own number of MPTCP, which no caller may give.
inline constexpr uint16_t kMptcpAlias = 66;
bool is_mptcp_alias(const Kernel& k, const Protocol& protocol);
// Android, net/ipv4/af_inet.c: AID_INET or CAP_NET_RAW in the initial user namespace.
bool current_has_network(Kernel& k);
// The width of sk_protocol: 8 bits until 5.5.
uint8_t bits_of_sk_protocol(const Kernel& k);
// A number that sk_protocol or inet_num cannot hold, or a raw sock without one.
void note_number_hazards(Kernel& k, const struct socket& sock, const inet_sock& inet,
                         const Protocol& protocol);
// include/net/inet_connection_sock.h: the accept queue's spin locks.
void inet_init_csk_locks(Kernel& k, sock& sk);
// kernel/bpf/cgroup.c, by BPF_CGROUP_RUN_PROG_INET_SOCK: the cgroup's programs for a user's sock.
int __cgroup_bpf_run_filter_sk(Kernel& k, sock& sk);

}  // namespace sockoracle
