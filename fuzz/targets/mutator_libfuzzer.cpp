// SPDX-License-Identifier: GPL-2.0-only
// Compiled once per target with SOCKORACLE_INPUT as the kind of its bytes.
#include "fuzz/generators/mutator.h"
#include "fuzz/oracles/settings.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace {

constexpr auto kInput = sockoracle::fuzz::Input::SOCKORACLE_INPUT;

}  // namespace

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size,
                                          unsigned int seed) {
  // Sometimes the engine's own mutation: it knows the values that comparisons saw.
  if (seed % 8 == 0) return LLVMFuzzerMutate(data, size, max_size);
  static const auto releases = sockoracle::fuzz::hunt().on ? sockoracle::fuzz::Releases::one
                                                           : sockoracle::fuzz::Releases::all;
  return sockoracle::fuzz::mutate(kInput, data, size, max_size, seed, releases);
}

extern "C" size_t LLVMFuzzerCustomCrossOver(const uint8_t* first, size_t first_size,
                                            const uint8_t* second, size_t second_size, uint8_t* out,
                                            size_t max_out_size, unsigned int seed) {
  return sockoracle::fuzz::cross_over(kInput, {first, first_size}, {second, second_size},
                                      {out, max_out_size}, seed);
}
