// SPDX-License-Identifier: GPL-2.0-only
// What the live target and its workers share: one slot of memory per worker. C, because the
// workers' side is C: no run-time library, no instrumentation, and the probe's own staging.
#ifndef SOCKORACLE_FUZZ_LIVE_WORKER_H
#define SOCKORACLE_FUZZ_LIVE_WORKER_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { live_runs_max = 256, live_answers_max = 1024, live_options_max = 8 };

// Protocols low to low + count - 1 of one family and type word.
struct LiveRun {
  int32_t pair, family, type, low, count;
};

struct LiveOption {
  int32_t level, option;
};

struct LiveAnswer {
  int32_t error;                     // errno, 0: a socket was created
  int32_t values[live_options_max];  // what getsockopt read, or minus its errno
};

struct LiveSlot {
  uint32_t turn;     // futex; odd: the worker's, even: the fuzzer's
  uint32_t staged;   // 1: the context stands; 2: it could not be staged
  char refused[96];  // why not
  int32_t option_count;
  struct LiveOption options[live_options_max];
  int32_t run_count;
  struct LiveRun runs[live_runs_max];
  int32_t first_free;  // the descriptor that dup() gives after the batch
  uint64_t busy;       // nanoseconds spent in live_answer, for ci/bench-fuzz
  struct LiveAnswer answers[live_answers_max];
};

// Makes the calls of the slot; in whatever context the process is.
void live_answer(struct LiveSlot* slot);

// The whole life of a worker: stages, says so in the slot, answers until its parent is gone.
void live_serve(struct LiveSlot* slot, const char* operations) __attribute__((noreturn));

// Hands the turn over, and waits until it is back. live_wait gives up after a second: then 0.
void live_pass(struct LiveSlot* slot);
int live_wait(struct LiveSlot* slot, uint32_t until);

#ifdef __cplusplus
}
#endif

#endif
