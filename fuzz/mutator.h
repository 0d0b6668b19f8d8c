// SPDX-License-Identifier: GPL-2.0-only
// Structured mutation: decode, change one thing that means something, encode. One implementation;
// mutator_libfuzzer.cpp and mutator_afl.cpp adapt it to the engines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "model/program.h"

namespace sockoracle::fuzz {

// What the bytes of a target are.
enum class Input : uint8_t { create_case, program, live };

class Random {
 public:
  explicit Random(uint32_t seed) : state_(seed * 0x9e3779b97f4a7c15u + 0x632be59bd9b4e019u) {}
  uint32_t next();
  uint32_t below(uint32_t bound) { return bound == 0 ? 0 : next() % bound; }
  bool one_in(uint32_t n) { return below(n) == 0; }

 private:
  uint64_t state_;
};

void mutate(Call& call, Random& random);
void mutate(World& world, Random& random);
void mutate(Program& program, Random& random);

// In place; returns the new size, at most `room`.
size_t mutate(Input kind, uint8_t* data, size_t size, size_t room, uint32_t seed);
// Parts of both into `out`.
size_t cross_over(Input kind, std::span<const uint8_t> first, std::span<const uint8_t> second,
                  std::span<uint8_t> out, uint32_t seed);

}  // namespace sockoracle::fuzz
