// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare/deviations.h"

#include <algorithm>
#include <set>
#include <span>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/compare/subjects.h"

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

// A pattern, or a list of them: the same as one with "|" between them.
std::string patterns(const JsonTree& row, std::string_view key, const std::string& where) {
  const JsonTree* found = row.find(key);
  if (found == nullptr || found->kind != Kind::list) return member(row, key, where);
  std::string text;
  for (const JsonTree& item : found->items) {
    if (item.kind != Kind::text) refuse(where, "\"" + std::string(key) + "\" is a list of strings");
    text += (text.empty() ? "" : "|") + item.text;
  }
  if (text.empty()) refuse(where, "\"" + std::string(key) + "\" is empty");
  return text;
}

std::string optional_member(const JsonTree& row, std::string_view key, const std::string& where) {
  return row.find(key) != nullptr ? member(row, key, where) : "";
}

// What is not among the accepted keys is a typing error, and would be silently ignored.
void check_keys(const JsonTree& object, std::span<const std::string_view> accepted,
                const std::string& where) {
  for (const std::string& key : object.keys) {
    if (std::find(accepted.begin(), accepted.end(), key) != accepted.end()) continue;
    std::string all;
    for (const std::string_view name : accepted) all += " " + std::string(name);
    refuse(where, "\"" + key + "\"; accepted:" + all);
  }
}

Deviation read_row(const JsonTree& row, const std::string& where) {
  constexpr std::string_view kKeys[] = {"rule", "observable", "expected", "got",    "reason",
                                        "link", "date",       "context",  "version"};
  if (row.kind != Kind::object) refuse(where, "a deviation is an object");
  check_keys(row, kKeys, where);
  return {.rule = member(row, "rule", where),
          .observable = patterns(row, "observable", where),
          .expected = member(row, "expected", where),
          .got = member(row, "got", where),
          .reason = optional_member(row, "reason", where),
          .link = optional_member(row, "link", where),
          .where = where,
          .date = optional_member(row, "date", where),
          .context = optional_member(row, "context", where),
          .version = optional_member(row, "version", where)};
}

// A row outside of every cause is a cause of its own.
Deviation read_alone(const JsonTree& row, const std::string& where) {
  Deviation deviation = read_row(row, where);
  if (deviation.reason.empty()) refuse(where, "a deviation has a reason");
  deviation.cause = {
      .id = where, .sentence = deviation.reason, .where = {}, .owner = {}, .link = deviation.link};
  return deviation;
}

bool is_id(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

KnownCause read_cause(const JsonTree& json, const std::string& where) {
  constexpr std::string_view kKeys[] = {"id", "sentence", "where", "owner", "link", "rows"};
  if (json.kind != Kind::object) refuse(where, "a cause is an object");
  check_keys(json, kKeys, where);
  KnownCause cause{.id = member(json, "id", where),
                   .sentence = member(json, "sentence", where),
                   .where = member(json, "where", where),
                   .owner = member(json, "owner", where),
                   .link = optional_member(json, "link", where)};
  if (!is_id(cause.id)) refuse(where, "\"id\" is made of a-z, 0-9 and _");
  if (cause.sentence.empty() || cause.where.empty() || cause.owner.empty()) {
    refuse(where, "a cause has a sentence, a where and an owner");
  }
  return cause;
}

void read_rows(const JsonTree& json, const KnownCause& cause, const std::string& name,
               std::vector<Deviation>* deviations) {
  const std::string where = name + ": cause " + cause.id;
  const JsonTree* rows = json.find("rows");
  if (rows == nullptr || rows->kind != Kind::list || rows->items.empty()) {
    refuse(where, "\"rows\" is a list of at least one");
  }
  for (size_t i = 0; i < rows->items.size(); ++i) {
    Deviation row = read_row(rows->items[i], where + ", row " + std::to_string(i + 1));
    row.cause = cause;
    if (row.reason.empty()) row.reason = cause.sentence;
    if (row.link.empty()) row.link = cause.link;
    deviations->push_back(std::move(row));
  }
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
  const JsonTree* causes = json.find("causes");
  const JsonTree* alone = json.find("deviations");
  if (causes == nullptr && alone == nullptr) refuse(name, "\"causes\" is a list");
  if (causes != nullptr && causes->kind != Kind::list) refuse(name, "\"causes\" is a list");
  if (alone != nullptr && alone->kind != Kind::list) refuse(name, "\"deviations\" is a list");
  std::vector<Deviation> deviations;
  std::set<std::string> ids;
  for (size_t i = 0; causes != nullptr && i < causes->items.size(); ++i) {
    const std::string where = std::string(name) + ": cause " + std::to_string(i + 1);
    const KnownCause cause = read_cause(causes->items[i], where);
    if (!ids.insert(cause.id).second) refuse(where, "\"" + cause.id + "\" is there twice");
    read_rows(causes->items[i], cause, std::string(name), &deviations);
  }
  for (size_t i = 0; alone != nullptr && i < alone->items.size(); ++i) {
    deviations.push_back(
        read_alone(alone->items[i], std::string(name) + ": deviation " + std::to_string(i + 1)));
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
