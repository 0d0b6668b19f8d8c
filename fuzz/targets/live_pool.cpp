// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/targets/live_pool.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "conformance/plan/plan.h"
#include "conformance/world/host_world.h"

namespace sockoracle::fuzz {
namespace {

LiveSlot* make_slot(const std::vector<LiveOption>& options) {
  void* memory =
      mmap(nullptr, sizeof(LiveSlot), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) {
    std::fprintf(stderr, "live: no shared memory\n");
    std::exit(69);
  }
  auto* slot = new (memory) LiveSlot{};
  slot->option_count = static_cast<int32_t>(std::min<size_t>(options.size(), live_options_max));
  std::copy_n(options.begin(), slot->option_count, slot->options);
  return slot;
}

bool is_gone(pid_t worker) { return waitpid(worker, nullptr, WNOHANG) != 0; }

void start(LivePool& pool, const ContextRow& row, const World& world,
           const std::vector<LiveOption>& options) {
  LiveContext context{&row, world, -1, make_slot(options), 1, -2};
  const std::string operations(row.operations);
  context.slot->turn = 1;
  context.worker = fork();
  if (context.worker == 0) live_serve(context.slot, operations.c_str());
  bool answered = context.worker > 0;
  context.turn = 2;
  while (answered && live_wait(context.slot, context.turn) == 0)
    answered = !is_gone(context.worker);
  if (answered && context.slot->staged == 1) {
    pool.contexts.push_back(context);
    return;
  }
  const char* why = answered ? context.slot->refused : "the worker did not start";
  pool.skipped.push_back(std::string(row.name) + ": " + why);
  if (context.worker > 0) waitpid(context.worker, nullptr, 0);
}

}  // namespace

LivePool start_pool(const std::vector<LiveOption>& options) {
  LivePool pool;
  const HostFacts facts = host_facts();
  if (!facts.in_table) {
    std::fprintf(stderr, "live: Linux %s is not in the release table: skipped\n",
                 facts.uname_release.c_str());
    std::exit(4);
  }
  pool.can_autoload = facts.world.modules_enabled;
  for (const ContextRow& row : contexts())
    start(pool, row, context_world(facts.world, row), options);
  if (pool.contexts.empty()) {
    std::fprintf(stderr, "live: no context could be staged: skipped\n");
    std::exit(4);
  }
  return pool;
}

void start_batch(LiveContext& context) {
  ++context.turn;
  live_pass(context.slot);
}

bool finish_batch(LiveContext& context) {
  ++context.turn;
  while (live_wait(context.slot, context.turn) == 0)
    if (is_gone(context.worker)) return false;
  return true;
}

}  // namespace sockoracle::fuzz
