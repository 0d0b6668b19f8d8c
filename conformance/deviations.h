// SPDX-License-Identifier: GPL-2.0-only
// Known deviations of a subject: findings with a reason. One that no longer occurs is stale and
// fails.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

// A "*" in one of the first four matches anything.
struct Deviation {
  std::string rule, observable, expected, got;
  std::string reason;
  std::string link;
  std::string where;  // "subjects/gvisor.json:12", for messages
};

// Reads the "deviations" of a subject's file. Throws UsageError, "name: reason".
std::vector<Deviation> parse_deviations(std::string_view text, std::string_view name);

// Those of the file subjects/<subject>.json that this program carries; none where there is no such
// file.
std::vector<Deviation> deviations_of(std::string_view subject);

// The files of subjects/ as linked into this program.
struct SubjectFile {
  std::string_view name;  // without .json
  std::string_view text;
};
std::vector<SubjectFile> subject_files();

}  // namespace sockoracle
