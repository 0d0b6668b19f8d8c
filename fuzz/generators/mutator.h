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

// A hunt puts every world to one release: then a change of the release or of a behaviour is none.
enum class Releases : bool { all, one };

// What can be done to a world. Those of the release come last.
enum class WorldChange : uint8_t {
  context,
  presence,
  sysctl,
  caller,
  user_ns,
  limits,
  policy,
  faults,
  flags,
  reset,
  toggle,
  release
};
inline constexpr size_t kWorldChangeCount = 12;

// What can be done to a program; erase and those after it need an operation that is there, insert
// and repeat room for one more.
enum class ProgramChange : uint8_t { world, scene, insert, erase, swap, repeat, operation };
inline constexpr size_t kProgramChangeCount = 7;

// One change each. It really changes something, but for a world or an operation that has no other
// value to take.
void change(World& world, WorldChange how, Random& random);
void change(Program& program, ProgramChange how, Random& random, Releases releases = Releases::all);
// Another of its kind, or where the kind has but one, another kind. `world` is the program's: what
// an operation sets is not what the world has already.
void change(Operation& operation, const World& world, Random& random);
void fill(Operation& operation, const World& world, Random& random);

void mutate(Call& call, Random& random);
void mutate(World& world, Random& random, Releases releases = Releases::all);
void mutate(Program& program, Random& random, Releases releases = Releases::all);

// In place; returns the new size, at most `room`.
size_t mutate(Input kind, uint8_t* data, size_t size, size_t room, uint32_t seed,
              Releases releases = Releases::all);
// Parts of both into `out`.
size_t cross_over(Input kind, std::span<const uint8_t> first, std::span<const uint8_t> second,
                  std::span<uint8_t> out, uint32_t seed);

}  // namespace sockoracle::fuzz
