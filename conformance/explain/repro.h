// SPDX-License-Identifier: GPL-2.0-only
// The command repro: a C program that stages a world, makes one call and says whether the answer is
// the model's. It ends with 0 (as expected), 1 (not) or 4 (the world cannot be staged there).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/world/world_text.h"

namespace sockoracle {

enum class ReproStyle : uint8_t {
  plain,      // prints expected and got
  kselftest,  // prints TAP, as tools/testing/selftests do
  ltp,        // for LTP's tst_test.h; there TCONF is 32 instead of 4
};

struct ReproOptions {
  ReproStyle style = ReproStyle::plain;
  bool state = false;  // compare every plain socket option of the fresh socket, not only three
};

inline constexpr std::string_view kReproStyles[] = {"plain", "kselftest", "ltp"};

// The program's text.
std::string repro_text(const Setting& setting, const Call& call, const ReproOptions& options);

// A call in strace's notation, or the name of a case in cases.def, which adds its context to the
// items unless they name one. Throws UsageError.
Call repro_case(const std::string& text, std::vector<Item>* items);

}  // namespace sockoracle
