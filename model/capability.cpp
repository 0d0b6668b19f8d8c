// SPDX-License-Identifier: GPL-2.0-only
#include "model/capability.h"

namespace sockoracle {

// security/commoncap.c:cap_capable, 3.12 to 7.3. The level test is younger (4.14 or so) and only an
// early exit: without it the walk ends at the initial namespace with the same answer.
int cap_capable(Kernel& k, const user_namespace& targ_ns, int32_t cap) {
  const Caller& cred = k.world().caller;
  const user_namespace& own = k.objects().user_ns[cred.user_ns];
  for (const user_namespace* ns = &targ_ns;; ns = ns->parent) {
    if (ns == &own) return (cred.caps >> cap & 1) != 0 ? 0 : -kEPERM;
    if (ns->level <= own.level) return -kEPERM;
    // The owner of a user namespace has every capability in it, from the parent namespace.
    if (ns->parent == &own && ns->owner == cred.euid) return 0;
  }
}

bool ns_capable(Kernel& k, const user_namespace& ns, int32_t cap) {
  const int result = cap_capable(k, ns, cap);
  k.step(StepKind::capable, "ns_capable", result, 0, cap, ns.number);
  return result == 0;
}

bool capable(Kernel& k, int32_t cap) { return ns_capable(k, k.objects().user_ns[0], cap); }

}  // namespace sockoracle
