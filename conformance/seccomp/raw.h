// SPDX-License-Identifier: GPL-2.0-only
// Filters as dumps have them: what PTRACE_SECCOMP_GET_FILTER copies, and the texts that tools
// print.
#pragma once

#include <string>
#include <string_view>

#include "conformance/seccomp/filter.h"

namespace sockoracle {

inline constexpr std::string_view kRawFilterForms =
    "struct sock_filter as bytes (little endian), the same in hexadecimal digits, or lines of "
    "code, "
    "jt, jf and k: \"32 0 0 4\", \"{ 0x20, 0, 0, 0x00000004 },\", \" 0000: 0x20 0x00 0x00 "
    "0x00000004 ...\", \"4,32 0 0 4,...\"";

// Throws UsageError with one line that names the file and the line in it. The filter is not
// checked.
FilterCode read_raw_filter(std::string_view bytes, const std::string& name);

}  // namespace sockoracle
