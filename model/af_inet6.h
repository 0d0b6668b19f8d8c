// SPDX-License-Identifier: GPL-2.0-only
// net/ipv6/af_inet6.c: the AF_INET6 family, with its own order of initialisation.
#pragma once

#include "model/kernel.h"

namespace sockoracle {

// setsockopt(IPV6_ADDRFORM) on a TCP socket that is connected to a mapped IPv4 address.
void ipv6_addrform(Kernel& k, socket& sock);
int inet6_create(Kernel& k, net& net, socket& sock, int32_t protocol, bool kern);
// 0, -EINVAL for an illegal type, -EPERM for a clash with a permanent entry.
int inet6_register_protosw(Kernel& k, inet_protosw& entry);
void inet6_unregister_protosw(Kernel& k, inet_protosw& entry);

}  // namespace sockoracle
