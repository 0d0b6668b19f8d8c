// SPDX-License-Identifier: GPL-2.0-only
// This machine's kernel against the model, in every context that can be staged. The worker makes the
// calls while the model computes what the fresh sockets should read.
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "fuzz/finding.h"
#include "fuzz/live_plan.h"
#include "fuzz/targets/entry.h"
#include "model/observables.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

struct Live {
  std::vector<size_t> rows = live_rows();
  LivePool pool = start_pool(live_options(rows));
  LivePlan plan{pool, rows};
  unsigned long long inputs = 0, cases = 0;
  int descriptors = open_descriptors();
};

Live& live() {
  static Live* const all = new Live;  // lives until the process ends, as its workers do
  return *all;
}

void say_end() {
  std::fprintf(stderr, "live: %llu inputs, %llu cases, descriptors %d before and %d after\n",
               live().inputs, live().cases, live().descriptors, open_descriptors());
}

struct Difference {
  Oracle oracle;
  std::string_view what;
  int64_t expected, got;
};

[[noreturn]] void differ(const LiveContext& context, const LiveExpectation& e, int64_t protocol,
                         const Difference& difference) {
  Finding finding;
  finding.oracle = difference.oracle;
  finding.rule = e.verdict.rule;
  finding.what = difference.what;
  finding.expected = difference.expected;
  finding.got = difference.got;
  std::fprintf(stderr, "== context %.*s\n", static_cast<int>(context.row->name.size()),
               context.row->name.data());
  Case c{context.world, e.call};
  c.call.protocol = static_cast<int32_t>(protocol);
  report(finding, c);
}

void compare(const LiveContext& context, const std::vector<LiveAnswer>& expected) {
  const LiveSlot& slot = *context.slot;
  size_t at = 0;
  for (size_t r = 0; r < live().plan.expectations().size(); ++r) {
    const LiveExpectation& e = live().plan.expectations()[r];
    for (int64_t n = 0; n < slot.runs[r].count; ++n, ++at) {
      const int64_t protocol = e.call.protocol + n;
      if (slot.answers[at].error != e.verdict.error)
        differ(context, e, protocol,
               {Oracle::live, "errno", e.verdict.error, slot.answers[at].error});
      for (size_t i = 0; e.verdict.error == 0 && i < live().rows.size(); ++i)
        if (slot.answers[at].values[i] != expected[at].values[i])
          differ(context, e, protocol,
                 {Oracle::live_state, observables()[live().rows[i]].name, expected[at].values[i],
                  slot.answers[at].values[i]});
    }
  }
}

void check_descriptors(LiveContext& context) {
  if (context.first_free == -2) context.first_free = context.slot->first_free;
  if (context.first_free == context.slot->first_free) return;
  differ(context, live().plan.expectations().back(), 0,
         {Oracle::live_fds, "first free descriptor", context.first_free,
          context.slot->first_free});
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
      live().plan.expect_values(index, call, expected[at].values);
    }
  }
  if (!finish_batch(context))
    differ(context, live().plan.expectations().front(), 0,
           {Oracle::live, "the worker lives", 1, 0});
  ++live().inputs;
  live().cases += static_cast<unsigned long long>(answers);
  compare(context, expected);
  check_descriptors(context);
  return 0;
}
