// SPDX-License-Identifier: GPL-2.0-only
// What every target has: the entry point that libFuzzer, AFL++ and replay_main.cpp call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace sockoracle::fuzz {

// One input in 32 is asked everything. Which one depends on its bytes alone, so that it replays.
inline bool is_sampled(std::span<const uint8_t> bytes) {
  uint32_t h = 2166136261u;
  for (const uint8_t byte : bytes) h = (h ^ byte) * 16777619u;
  return (h >> 16 & 31) == 0;
}

}  // namespace sockoracle::fuzz
