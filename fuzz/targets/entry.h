// SPDX-License-Identifier: GPL-2.0-only
// What every target has: the entry point that libFuzzer, AFL++ and replay_main.cpp call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace sockoracle::fuzz {

// One input in `n`, a power of two: for questions that take longer than the call. Which one depends
// on its bytes alone, so that it replays.
inline bool one_in(uint32_t n, std::span<const uint8_t> bytes) {
  uint32_t h = 2166136261u;
  for (const uint8_t byte : bytes) h = (h ^ byte) * 16777619u;
  return (h >> 16 & (n - 1)) == 0;
}

}  // namespace sockoracle::fuzz
