// SPDX-License-Identifier: GPL-2.0-only
// Pre-forked workers, one per caller context that this machine can stage. A batch of calls costs
// two futex wakes, no fork and no pipe.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "fuzz/targets/live_worker.h"
#include "model/case.h"

namespace sockoracle::fuzz {

struct LiveContext {
  const ContextRow* row = nullptr;
  World world;
  pid_t worker = -1;
  LiveSlot* slot = nullptr;
  uint32_t turn = 0;
  int32_t first_free = -2;  // after the first batch
};

struct LivePool {
  std::vector<LiveContext> contexts;
  std::vector<std::string> skipped;  // "cgroup-deny: why"
  bool can_autoload = false;
};

// Forks the workers. `options` are read of every fresh socket.
LivePool start_pool(const std::vector<LiveOption>& options);

void start_batch(LiveContext& context);
// False: the worker is gone.
bool finish_batch(LiveContext& context);

}  // namespace sockoracle::fuzz
