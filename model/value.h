// SPDX-License-Identifier: GPL-2.0-only
// The canonical text of a Value. The probe prints the same text, and comparison is by text.
#pragma once

#include <cstddef>
#include <span>

#include "model/verdict.h"

namespace sockoracle {

// Room for every number, list and errno name; only a `text` value can be longer.
inline constexpr size_t kValueTextMax = 256;

// number "131072"; list "0,131072,0", an empty one "len0"; text as it is; errno "!ENOPROTOOPT";
// none "-". Writes what fits and returns the full length, so a result above out.size() tells how
// much room it takes. No terminating zero.
size_t value_text(const Value& value, std::span<char> out);

}  // namespace sockoracle
