// SPDX-License-Identifier: GPL-2.0-only
// Bytes -> case -> every oracle that speaks of one call.
#include "fuzz/oracles.h"
#include "fuzz/settings.h"
#include "fuzz/targets/entry.h"
#include "model/codec.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::span bytes(data, size);
  Case c = decode_case(bytes);
  if (one_in(8, bytes))
    if (const MaybeFinding f = check_case_codec(bytes)) report(*f, c);
  settle(c.world);
  if (const MaybeFinding f = check_case(c, one_in(64, bytes))) report(*f, c);
  return 0;
}
