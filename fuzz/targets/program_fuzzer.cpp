// SPDX-License-Identifier: GPL-2.0-only
// Bytes -> program, with a tracer that looks at sock->sk. Every release takes part, each with its
// known bugs cured, so that whatever is found is new; SOCKORACLE_HUNT leaves one release as it was.
#include "fuzz/oracles/bugs.h"
#include "fuzz/oracles/oracles.h"
#include "fuzz/oracles/settings.h"
#include "fuzz/targets/entry.h"
#include "model/codec.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes(data, size);
  Program program = decode_program(bytes);
  if (one_in(32, bytes))
    if (const MaybeFinding f = check_program_codec(bytes)) report(*f, program);
  settle(program.world);
  make_possible(program);
  if (!hunt().on) repair(program.world);
  const ProgramOptions options{true, hunt().on, hunt().hazard};
  if (const MaybeFinding f = check_program(program, options)) report(*f, program);
  if (one_in(1024, bytes))
    if (const MaybeFinding f = check_text(program)) report(*f, program);
  return 0;
}
