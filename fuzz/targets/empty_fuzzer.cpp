// SPDX-License-Identifier: GPL-2.0-only
// Does nothing: what an engine costs by itself, for ci/bench-fuzz.
#include "fuzz/targets/entry.h"

// Not static: the optimiser must not find out that nobody reads it.
size_t empty_fuzzer_bytes_seen;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  empty_fuzzer_bytes_seen += size + (size != 0 ? data[0] : 0u);
  return 0;
}
