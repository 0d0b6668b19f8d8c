// SPDX-License-Identifier: GPL-2.0-only
// Report formats: each a pure function from comparisons to text, in a file of its own. A new one is
// a row in formats.def and its file.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "conformance/base/plural.h"
#include "conformance/compare/findings.h"
#include "conformance/words/step_text.h"

namespace sockoracle {

using WriteReport = std::string (*)(std::span<const Comparison>);

struct ReportFormat {
  std::string_view name;
  WriteReport write;
  std::string_view sentence;
};
std::span<const ReportFormat> all_report_formats();
const ReportFormat* find_report_format(std::string_view name);

#define FORMAT(name, sentence) std::string write_##name##_report(std::span<const Comparison>);
#include "conformance/report/formats.def"

// ---- what several formats say the same way ----

// The first 200 findings at most are shown; a kernel that differs everywhere is seen in the first.
inline constexpr size_t kFindingsShown = 200;
// "host, Linux 6.18.44, against Linux 6.18"
std::string title_of(const Comparison& comparison);
// "AF_INET SOCK_RAW 1 to 254", with ", deep" where slow observables were read as well.
std::string group_name(const Group& group);
// "SO_MARK, SO_PRIORITY ... and 81 more": the first of the names, each once.
std::string first_names(const std::vector<std::string>& names);
// "in root and 3 other contexts".
std::string where_text(const Finding& finding);

}  // namespace sockoracle
