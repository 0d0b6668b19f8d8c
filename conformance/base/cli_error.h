// SPDX-License-Identifier: GPL-2.0-only
// How a command ends: exit statuses, and the two ways to give up with one line on stderr.
#pragma once

#include <stdexcept>
#include <string>

namespace sockoracle {

enum ExitStatus : int {
  kExitOk = 0,            // conforming, or answered
  kExitDifference = 1,    // an unexpected difference, or a stale deviation
  kExitSkipped = 4,       // everything was skipped
  kExitUsage = 64,        // usage, or malformed input
  kExitUnavailable = 69,  // the subject could not be run
  kExitInternal = 70,
};

// What the user gave cannot be used; the text says where it stands and what is accepted.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Something outside of the program is missing or refuses; the text says what and why.
struct UnavailableError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

}  // namespace sockoracle
