// SPDX-License-Identifier: GPL-2.0-only
// security/commoncap.c and kernel/capability.c: may the caller, in that user namespace?
#pragma once

#include "model/kernel.h"

namespace sockoracle {

// 0 or -EPERM. Walks from the namespace in question up to the caller's own.
int cap_capable(Kernel& k, const user_namespace& targ_ns, int32_t cap);
bool ns_capable(Kernel& k, const user_namespace& ns, int32_t cap);
// In the initial user namespace.
bool capable(Kernel& k, int32_t cap);

}  // namespace sockoracle
