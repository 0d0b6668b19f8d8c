// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare/subjects.h"

#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/compare/deviations.h"

namespace sockoracle {
namespace {

using Kind = JsonTree::Kind;

constexpr std::string_view kKeys[] = {"subject", "sentence", "launch", "package",    "version",
                                      "stages",  "world",    "causes", "deviations", "notes"};

class SubjectReader {
 public:
  SubjectReader(const JsonTree& json, const std::string& file) : json_(json), file_(file) {}

  std::vector<NamedSubject> read() {
    if (json_.kind != Kind::object) refuse("an object is accepted");
    for (const std::string& key : json_.keys) {
      if (std::find(std::begin(kKeys), std::end(kKeys), key) == std::end(kKeys)) {
        std::string known;
        for (const std::string_view name : kKeys) known += " " + std::string(name);
        refuse("\"" + key + "\"; accepted:" + known);
      }
    }
    NamedSubject shared;
    shared.name = text("subject");
    shared.sentence = text("sentence");
    shared.package = json_.find("package") != nullptr ? text("package") : "";
    shared.version = words(json_.find("version"), "version");
    shared.stages = words(json_.find("stages"), "stages");
    if (const JsonTree* world = json_.find("world")) {
      items_of_json(*world, file_ + ": ", &shared.world);
    }
    const JsonTree* launch = json_.find("launch");
    // A list describes what this program does by itself.
    if (launch == nullptr || launch->kind == Kind::list) return {shared};
    if (launch->kind != Kind::object) refuse("\"launch\" is an object of commands");
    std::vector<NamedSubject> subjects;
    for (size_t i = 0; i < launch->items.size(); ++i) {
      subjects.push_back(shared);
      subjects.back().name = launch->keys[i];
      subjects.back().launch = words(&launch->items[i], "launch");
      if (subjects.back().launch.empty()) refuse("\"launch\": a command has words");
    }
    return subjects;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw UsageError(file_ + ": " + why); }

  std::string text(std::string_view key) const {
    const JsonTree* found = json_.find(key);
    if (found == nullptr || found->kind != Kind::text || found->text.empty()) {
      refuse("\"" + std::string(key) + "\" is a string");
    }
    return found->text;
  }

  std::vector<std::string> words(const JsonTree* list, const std::string& key) const {
    std::vector<std::string> all;
    if (list == nullptr) return all;
    const auto is_text = [](const JsonTree& item) { return item.kind == Kind::text; };
    if (list->kind != Kind::list || !std::all_of(list->items.begin(), list->items.end(), is_text)) {
      refuse("\"" + key + "\": a list of strings is accepted");
    }
    for (const JsonTree& item : list->items) all.push_back(item.text);
    return all;
  }

  const JsonTree& json_;
  const std::string& file_;
};

}  // namespace

std::vector<NamedSubject> parse_subject(std::string_view text, const std::string& file) {
  JsonTree json;
  std::string reason;
  if (!read_json(text, &json, &reason)) throw UsageError(file + ": " + reason);
  return SubjectReader(json, file).read();
}

std::vector<NamedSubject> named_subjects() {
  std::vector<NamedSubject> all;
  for (const SubjectFile& file : subject_files()) {
    for (NamedSubject& subject :
         parse_subject(file.text, "subjects/" + std::string(file.name) + ".json")) {
      all.push_back(std::move(subject));
    }
  }
  return all;
}

bool find_subject(std::string_view name, NamedSubject* subject) {
  for (NamedSubject& known : named_subjects()) {
    if (known.name != name) continue;
    *subject = std::move(known);
    return true;
  }
  return false;
}

}  // namespace sockoracle
