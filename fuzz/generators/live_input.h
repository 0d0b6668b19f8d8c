// SPDX-License-Identifier: GPL-2.0-only
// The input of the live target: many calls in one context, so that handing them over costs little.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "model/case.h"

namespace sockoracle::fuzz {

struct LiveCall {
  bool pair = false;  // socketpair, else socket
  int32_t family = 2, type = 1, protocol = 0;
  uint8_t more = 0;  // the protocols that follow are asked as well
  friend bool operator==(const LiveCall&, const LiveCall&) = default;
};

struct LiveInput {
  uint8_t context = 0;  // of those that could be staged, modulo their number
  std::vector<LiveCall> calls;
  friend bool operator==(const LiveInput&, const LiveInput&) = default;
};

inline constexpr size_t kLiveCallBytes = 14;
inline constexpr size_t kLiveCallsMax = 32;
inline constexpr size_t kLiveBytesMax = 1 + kLiveCallBytes * kLiveCallsMax;

LiveInput decode_live(std::span<const uint8_t> bytes);
std::vector<uint8_t> encode_live(const LiveInput& input);

}  // namespace sockoracle::fuzz
