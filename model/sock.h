// SPDX-License-Identifier: GPL-2.0-only
// net/core/sock.c: allocation, initialisation and release of struct sock.
#pragma once

#include "model/kernel.h"

namespace sockoracle {

// Null when anything on the way refuses: Kernel::refused() says what, and the caller with which
// errno.
sock* sk_alloc(Kernel& k, net& net, int32_t family, gfp_t priority, const proto& prot, bool kern);
sock* sk_prot_alloc(Kernel& k, const proto& prot, gfp_t priority, int32_t family);
void sock_init_data(Kernel& k, struct socket* sock, struct sock& sk);
// A listener's child: a copy of it from the slab of its present proto. Null as sk_prot_alloc.
sock* sk_clone_lock(Kernel& k, const sock& sk);
// Undo of a sock that got as far as sock_init_data; also most protos' close.
void sk_common_release(Kernel& k, sock& sk);
// Drops sk_wmem_alloc's first reference: the way out for a sock without sock_init_data.
void sk_free(Kernel& k, sock& sk);
void sock_put(Kernel& k, sock& sk);
void sock_orphan(sock& sk);

extern const sock_callback kSockDefWakeup, kSockDefReadable, kSockDefWriteSpace,
    kSockDefErrorReport, kSockDefDestruct, kSkStreamWriteSpace;

}  // namespace sockoracle
