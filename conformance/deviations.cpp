// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/deviations.h"

#include <algorithm>

#include "conformance/cli_error.h"
#include "conformance/json_reader.h"
#include "conformance/subjects.h"

namespace sockoracle {
namespace {

using Kind = JsonTree::Kind;

[[noreturn]] void refuse(std::string_view name, const std::string& why) {
  throw UsageError(std::string(name) + ": " + why);
}

std::string member(const JsonTree& row, std::string_view key, const std::string& where) {
  const JsonTree* found = row.find(key);
  if (found == nullptr) refuse(where, "no \"" + std::string(key) + "\"");
  if (found->kind != Kind::text) refuse(where, "\"" + std::string(key) + "\" is a string");
  return found->text;
}

std::string optional_member(const JsonTree& row, std::string_view key, const std::string& where) {
  return row.find(key) != nullptr ? member(row, key, where) : "";
}

Deviation read_row(const JsonTree& row, const std::string& where) {
  constexpr std::string_view kKeys[] = {"rule", "observable", "expected", "got",    "reason",
                                        "link", "date",       "context",  "version"};
  if (row.kind != Kind::object) refuse(where, "a deviation is an object");
  for (const std::string& key : row.keys) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
      refuse(where, "\"" + key +
                        "\"; accepted: rule observable expected got reason link date context "
                        "version");
    }
  }
  Deviation deviation{.rule = member(row, "rule", where),
                      .observable = member(row, "observable", where),
                      .expected = member(row, "expected", where),
                      .got = member(row, "got", where),
                      .reason = member(row, "reason", where),
                      .link = optional_member(row, "link", where),
                      .where = where,
                      .date = optional_member(row, "date", where),
                      .context = optional_member(row, "context", where),
                      .version = optional_member(row, "version", where)};
  if (deviation.reason.empty()) refuse(where, "a deviation has a reason");
  return deviation;
}

// The rest of `text` is tried against the rest of `pattern`; recursion only at stars, of which
// there are few.
bool matches_glob(std::string_view pattern, std::string_view text) {
  while (!pattern.empty() && pattern.front() != '*') {
    if (text.empty() || text.front() != pattern.front()) return false;
    pattern.remove_prefix(1);
    text.remove_prefix(1);
  }
  if (pattern.empty()) return text.empty();
  pattern.remove_prefix(1);
  if (pattern.empty()) return true;
  for (size_t skip = 0; skip <= text.size(); ++skip) {
    if (matches_glob(pattern, text.substr(skip))) return true;
  }
  return false;
}

}  // namespace

bool matches_pattern(std::string_view patterns, std::string_view text) {
  while (true) {
    const size_t bar = std::min(patterns.find('|'), patterns.size());
    if (matches_glob(patterns.substr(0, bar), text)) return true;
    if (bar == patterns.size()) return false;
    patterns.remove_prefix(bar + 1);
  }
}

std::vector<Deviation> parse_deviations(std::string_view text, std::string_view name) {
  JsonTree json;
  std::string reason;
  if (!read_json(text, &json, &reason)) refuse(name, reason);
  if (json.kind != Kind::object) refuse(name, "an object is accepted");
  const JsonTree* rows = json.find("deviations");
  if (rows == nullptr || rows->kind != Kind::list) refuse(name, "\"deviations\" is a list");
  std::vector<Deviation> deviations;
  for (size_t i = 0; i < rows->items.size(); ++i) {
    deviations.push_back(
        read_row(rows->items[i], std::string(name) + ": deviation " + std::to_string(i + 1)));
  }
  return deviations;
}

std::vector<Deviation> deviations_of(std::string_view subject) {
  for (const SubjectFile& file : subject_files()) {
    const std::string name = "subjects/" + std::string(file.name) + ".json";
    for (const NamedSubject& known : parse_subject(file.text, name)) {
      if (known.name == subject) return parse_deviations(file.text, name);
    }
  }
  return {};
}

}  // namespace sockoracle
