// SPDX-License-Identifier: GPL-2.0-only
// A call as people have it in hand: a line of an strace log, of a C program, of a chat. Lies above
// the strict notation of model/strace.h, which reads the call itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "model/case.h"

namespace sockoracle {

struct PastedCall {
  Call call;
  std::optional<int32_t> error;  // what the text says was answered: 0 = a descriptor
};

// Passed over before the call: processes, time stamps, declarations, assignments, conditions,
// quotes; behind it: semicolons, brackets, comparisons, comments. Throws UsageError that shows
// where the text stops being a call.
PastedCall pasted_call(const std::string& text);

// AF_INET6, PF_INET6, inet6, INET6, or a number. Throws UsageError that names --family and `text`.
int32_t family_argument(const std::string& text);

}  // namespace sockoracle
