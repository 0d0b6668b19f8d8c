// SPDX-License-Identifier: GPL-2.0-only
// AFL++'s custom mutator interface, as a shared object per kind of input (SOCKORACLE_INPUT).
#include <cstdlib>
#include <cstring>
#include <vector>

#include "fuzz/generators/mutator.h"

namespace {

constexpr auto kInput = sockoracle::fuzz::Input::SOCKORACLE_INPUT;

struct State {
  sockoracle::fuzz::Random random;
  sockoracle::fuzz::Releases releases;  // settings.h says what the variable is
  std::vector<uint8_t> buffer;
};

}  // namespace

extern "C" void* afl_custom_init(void* afl, unsigned int seed) {
  (void)afl;
  const bool hunts = std::getenv("SOCKORACLE_HUNT") != nullptr;
  return new State{sockoracle::fuzz::Random(seed),
                   hunts ? sockoracle::fuzz::Releases::one : sockoracle::fuzz::Releases::all,
                   {}};
}

extern "C" void afl_custom_deinit(void* data) { delete static_cast<State*>(data); }

extern "C" size_t afl_custom_fuzz(void* data, uint8_t* bytes, size_t size, uint8_t** out,
                                  uint8_t* other, size_t other_size, size_t max_size) {
  State& state = *static_cast<State*>(data);
  state.buffer.resize(max_size);
  *out = state.buffer.data();
  const uint32_t seed = state.random.next();
  if (other != nullptr && other_size != 0 && state.random.one_in(6))
    return sockoracle::fuzz::cross_over(kInput, {bytes, size}, {other, other_size}, state.buffer,
                                        seed);
  size = size < max_size ? size : max_size;
  std::memcpy(state.buffer.data(), bytes, size);
  return sockoracle::fuzz::mutate(kInput, state.buffer.data(), size, max_size, seed,
                                  state.releases);
}

// AFL++ names queue entries after it.
extern "C" const char* afl_custom_describe(void* data, size_t length) {
  (void)data;
  (void)length;
  return "sockoracle";
}
