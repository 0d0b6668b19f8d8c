// SPDX-License-Identifier: GPL-2.0-only
// Bytes -> case -> every oracle that speaks of one call.
#include "fuzz/oracles/oracles.h"
#include "fuzz/oracles/settings.h"
#include "fuzz/targets/entry.h"
#include "model/codec.h"
#include "model/program_text.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes(data, size);
  Case c = decode_case(bytes);
  if (one_in(32, bytes))
    if (const MaybeFinding f = check_case_codec(bytes)) report(*f, c);
  settle(c.world);
  if (const MaybeFinding f = check_case(c, one_in(128, bytes))) report(*f, c);
  if (one_in(1024, bytes))
    if (const MaybeFinding f = check_text(program_of(c))) report(*f, c);
  return 0;
}
