// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/deviations.h"

#include <algorithm>

#include "conformance/cli_error.h"
#include "conformance/json_reader.h"

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

Deviation read_row(const JsonTree& row, const std::string& where) {
  constexpr std::string_view kKeys[] = {"rule", "observable", "expected", "got", "reason", "link"};
  if (row.kind != Kind::object) refuse(where, "a deviation is an object");
  for (const std::string& key : row.keys) {
    if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
      refuse(where, "\"" + key + "\"; accepted: rule observable expected got reason link");
    }
  }
  Deviation deviation{.rule = member(row, "rule", where),
                      .observable = member(row, "observable", where),
                      .expected = member(row, "expected", where),
                      .got = member(row, "got", where),
                      .reason = member(row, "reason", where),
                      .link = row.find("link") != nullptr ? member(row, "link", where) : "",
                      .where = where};
  if (deviation.reason.empty()) refuse(where, "a deviation has a reason");
  return deviation;
}

}  // namespace

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
    if (file.name == subject) {
      return parse_deviations(file.text, "subjects/" + std::string(file.name) + ".json");
    }
  }
  return {};
}

}  // namespace sockoracle
