// SPDX-License-Identifier: GPL-2.0-only
// Fails on purpose: whoever runs fuzzers and never sees this one's finding has a broken chain.
#include "fuzz/oracles/finding.h"
#include "fuzz/targets/entry.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr uint8_t kSong[] = {'t', 'w', 'e', 'e', 't'};
  if (size < sizeof kSong) return 0;
  for (size_t i = 0; i < sizeof kSong; ++i)
    if (data[i] != kSong[i]) return 0;
  Finding finding;
  finding.oracle = Oracle::canary;
  finding.what = "the input begins with tweet";
  finding.got = 1;
  Case c;
  c.world = default_world(newest_release());
  report(finding, c);
}
