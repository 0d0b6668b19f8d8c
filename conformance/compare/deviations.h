// SPDX-License-Identifier: GPL-2.0-only
// Known deviations of a subject: causes, each with the findings it explains as rows of patterns. A
// row that no longer occurs is stale and fails.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

// What is different in the other system, once, however many findings show it.
struct KnownCause {
  std::string id;        // "getsockopt_by_level"; where a row stands alone, that row's place
  std::string sentence;  // what the other system does
  std::string where;     // in its source: "pkg/sentry/socket/netstack/provider.go:packetSocket"
  std::string owner;     // who can change it
  std::string link;
};

// Patterns of a finding: "*" stands for any text, "|" separates alternatives. Rows are tried in
// their order, and the first that matches a finding explains it.
struct Deviation {
  std::string rule, observable, expected, got;
  std::string reason;
  std::string link;
  std::string where;      // "subjects/gvisor.json: deviation 12", for messages
  std::string date{};     // when it was seen, "2026-11-22"
  std::string context{};  // only this one shows it: where that was not asked, it is not stale
  std::string version{};  // pattern of the subject's uname: what others are not expected to do
  KnownCause cause{};     // that the row belongs to
};

bool matches_pattern(std::string_view patterns, std::string_view text);

// Reads the "causes" of a subject's file, and its "deviations": rows that are each a cause of its
// own. Throws UsageError, "name: reason".
std::vector<Deviation> parse_deviations(std::string_view text, std::string_view name);

// Those of the file of subjects/ that has a subject of that name; none where there is no such file.
std::vector<Deviation> deviations_of(std::string_view subject);

// The files of subjects/ as linked into this program.
struct SubjectFile {
  std::string_view name;  // without .json
  std::string_view text;
};
std::vector<SubjectFile> subject_files();

}  // namespace sockoracle
