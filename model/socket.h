// SPDX-License-Identifier: GPL-2.0-only
// net/socket.c: the system calls, __sock_create around the families, descriptors.
#pragma once

#include "model/kernel.h"

namespace sockoracle {

// Each answers a descriptor or -errno.
int __sys_socket(Kernel& k, int32_t family, int32_t type, int32_t protocol);
int __sys_socketpair(Kernel& k, int32_t family, int32_t type, int32_t protocol);
int io_socket(Kernel& k, int32_t family, int32_t type, int32_t protocol);
// `listener` is a TCP socket for which a connection waits.
int __sys_accept(Kernel& k, struct socket& listener);

// 0 and *res set, or -errno with everything undone.
int __sock_create(Kernel& k, net& net, int32_t family, int32_t type, int32_t protocol,
                  struct socket** res, bool kern);
// A socket of the kernel's own: no capability is asked, no policy runs.
int sock_create_kern(Kernel& k, int32_t family, int32_t type, int32_t protocol,
                     struct socket** res);
struct socket* sock_alloc(Kernel& k);
void sock_release(Kernel& k, struct socket* sock);
void close_fd(Kernel& k, int32_t fd);

int sock_register(Kernel& k, const net_proto_family& ops);
void sock_unregister(Kernel& k, int32_t family);
// NPROTO, alias AF_MAX, of the release.
int32_t nproto(const Kernel& k);

}  // namespace sockoracle
