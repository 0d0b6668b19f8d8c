// SPDX-License-Identifier: GPL-2.0-only
// Lines of logs that are not strace's, turned into its notation: perf trace, gVisor's log, the
// kernel's audit records, AppArmor's and SELinux's refusals; and the dress of strace's own lines in
// journals and mails.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

// Somebody who refuses says so: what, and who it was.
struct Refusal {
  std::string call;    // a call in strace's notation, or words where the record has no arguments
  bool whole = false;  // `call` is a call
  int32_t error = 0;   // 0 = a signal instead
  std::string_view rule;
  std::string by;  // "AppArmor's profile \"curl\"; its rule `network inet6 dgram,` would allow it"
};

struct Translated {
  std::vector<std::string> lines;  // as strace would have written them
  std::optional<Refusal> refusal;
  std::string_view system;  // "gvisor" where the line can only be of another system's log
};
// Nothing where the line is in none of those notations.
std::optional<Translated> other_notation(std::string_view line);

// An strace line without the quoting of mails and what a journal puts before it.
std::string_view without_dress(std::string_view line, bool (*is_logged)(std::string_view));

}  // namespace sockoracle
