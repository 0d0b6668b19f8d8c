// SPDX-License-Identifier: GPL-2.0-only
// This machine's kernel against the model, in every context that can be staged. The worker makes
// the calls while the model computes what the fresh sockets should read.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fuzz/oracles/finding.h"
#include "fuzz/targets/entry.h"
#include "fuzz/targets/live_plan.h"
#include "model/observables.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

struct Live {
  std::vector<size_t> rows = live_rows();
  LivePool pool = start_pool(live_options(rows));
  LivePlan plan{pool, rows};
  unsigned long long inputs = 0, cases = 0;
};

Live& live() {
  static Live* const all = new Live;  // lives until the process ends, as its workers do
  return *all;
}

void say_end() {
  uint64_t busy = 0;
  for (const LiveContext& context : live().pool.contexts) busy += context.slot->busy;
  std::fprintf(stderr, "live: %llu inputs, %llu cases, %.3f s in system calls\n", live().inputs,
               live().cases, static_cast<double>(busy) / 1e9);
}

[[noreturn]] void fail(const LiveContext& context, Finding finding, const Call& call) {
  finding.context = context.row->name;
  report(finding, Case{context.world, call});
}

[[noreturn]] void fail(const LiveContext& context, Oracle oracle, std::string_view what,
                       int64_t expected, int64_t got) {
  const LiveExpectation& first = live().plan.expectations().front();
  Finding finding;
  finding.oracle = oracle;
  finding.rule = first.verdict.rule;
  finding.what = what;
  finding.expected = expected;
  finding.got = got;
  fail(context, finding, first.call);
}

void check_descriptors(LiveContext& context) {
  const int32_t now = context.slot->first_free;
  if (context.first_free == -2) context.first_free = now;
  if (context.first_free != now)
    fail(context, Oracle::live_fds, "first free descriptor of the worker", context.first_free, now);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  (void)argc;
  (void)argv;
  std::fprintf(stderr, "live: %zu contexts staged\n", live().pool.contexts.size());
  for (const std::string& line : live().pool.skipped)
    std::fprintf(stderr, "live: skipped %s\n", line.c_str());
  std::atexit(say_end);
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const LiveInput input = decode_live({data, size});
  const size_t index = input.context % live().pool.contexts.size();
  LiveContext& context = live().pool.contexts[index];
  const int32_t answers = live().plan.prepare(context, index, input);
  if (answers == 0) return 0;
  start_batch(context);
  static std::vector<LiveAnswer> expected(live_answers_max);
  size_t at = 0;
  for (size_t r = 0; r < live().plan.expectations().size(); ++r) {
    const LiveExpectation& e = live().plan.expectations()[r];
    for (int32_t n = 0; n < context.slot->runs[r].count; ++n, ++at) {
      if (e.verdict.error != 0) continue;
      Call call = e.call;
      call.protocol += n;
      live().plan.expect_values(index, call, &expected[at]);
    }
  }
  if (!finish_batch(context)) fail(context, Oracle::live, "the worker lives", 1, 0);
  ++live().inputs;
  live().cases += static_cast<unsigned long long>(answers);
  const auto difference =
      compare_batch(*context.slot, live().plan.expectations(), expected, live().rows);
  if (difference) fail(context, difference->finding, difference->call);
  check_descriptors(context);
  return 0;
}
