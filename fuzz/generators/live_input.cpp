// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/generators/live_input.h"

#include <algorithm>

namespace sockoracle::fuzz {
namespace {

int32_t word_at(std::span<const uint8_t> bytes, size_t at) {
  uint32_t word = 0;
  for (size_t i = 0; i < 4; ++i) word |= uint32_t{bytes[at + i]} << (8 * i);
  return static_cast<int32_t>(word);
}

void put_word(std::vector<uint8_t>& bytes, int32_t word) {
  const auto bits = static_cast<uint32_t>(word);
  for (size_t i = 0; i < 4; ++i) bytes.push_back(static_cast<uint8_t>(bits >> (8 * i) & 0xff));
}

}  // namespace

LiveInput decode_live(std::span<const uint8_t> bytes) {
  LiveInput input;
  if (bytes.empty()) return input;
  input.context = bytes[0];
  for (size_t at = 1; at + kLiveCallBytes <= bytes.size() && input.calls.size() < kLiveCallsMax;
       at += kLiveCallBytes) {
    LiveCall call;
    call.pair = (bytes[at] & 7) == 7;
    call.family = word_at(bytes, at + 1);
    call.type = word_at(bytes, at + 5);
    call.protocol = word_at(bytes, at + 9);
    call.more = bytes[at + 13];
    input.calls.push_back(call);
  }
  return input;
}

std::vector<uint8_t> encode_live(const LiveInput& input) {
  std::vector<uint8_t> bytes{input.context};
  for (const LiveCall& call : input.calls) {
    bytes.push_back(call.pair ? 7 : 0);
    put_word(bytes, call.family);
    put_word(bytes, call.type);
    put_word(bytes, call.protocol);
    bytes.push_back(call.more);
  }
  return bytes;
}

}  // namespace sockoracle::fuzz
