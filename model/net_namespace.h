// SPDX-License-Identifier: GPL-2.0-only
// net/core/net_namespace.c: references to the one network namespace of the caller.
#pragma once

#include "model/kernel.h"

namespace sockoracle {

inline void get_net(Kernel& k, net& net) {
  ++net.count;
  k.step(StepKind::get_net, "net");
}

inline void put_net(Kernel& k, net& net) {
  --net.count;
  k.step(StepKind::put_net, "net");
}

}  // namespace sockoracle
