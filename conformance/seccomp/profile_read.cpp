// SPDX-License-Identifier: GPL-2.0-only
// A profile's JSON. Keys that nothing here knows are passed over, as engines do.
#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/seccomp/profile.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr std::pair<std::string_view, ArgumentOperator> kOperators[] = {
    {"SCMP_CMP_NE", ArgumentOperator::ne},
    {"SCMP_CMP_LT", ArgumentOperator::lt},
    {"SCMP_CMP_LE", ArgumentOperator::le},
    {"SCMP_CMP_EQ", ArgumentOperator::eq},
    {"SCMP_CMP_GE", ArgumentOperator::ge},
    {"SCMP_CMP_GT", ArgumentOperator::gt},
    {"SCMP_CMP_MASKED_EQ", ArgumentOperator::masked_eq}};

constexpr size_t kRulesMax = 4096, kNamesMax = 4096;

class ProfileReader {
 public:
  ProfileReader(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  SeccompProfile read(const JsonTree& json) {
    SeccompProfile profile;
    profile.name = name_;
    expect(json, JsonTree::Kind::object, "the profile");
    const JsonTree* action = json.find("defaultAction");
    if (action == nullptr) refuse(json, "no defaultAction: accepted is a seccomp profile");
    profile.default_line = line_of(*action);
    profile.default_action = action_of(json, *action, "default");
    each_text(json, "architectures", &profile.architectures);
    read_arch_map(json, &profile);
    if (!profile.architectures.empty() && !profile.arch_map.empty())
      refuse(json, "architectures and archMap: accepted is one of them");
    if (const JsonTree* rules = json.find("syscalls"); !is_null(rules)) {
      expect(*rules, JsonTree::Kind::list, "syscalls");
      if (rules->items.size() > kRulesMax) refuse(*rules, "syscalls: accepted are at most 4096");
      for (const JsonTree& rule : rules->items) {
        where_ = "syscalls[" + std::to_string(profile.rules.size()) + "]";
        profile.rules.push_back(read_rule(rule));
      }
    }
    return profile;
  }

 private:
  [[noreturn]] void refuse(const JsonTree& at, const std::string& what) const {
    throw UsageError(name_ + ":" + std::to_string(line_of(at)) + ": " +
                     (where_.empty() ? "" : where_ + ": ") + what);
  }
  size_t line_of(const JsonTree& json) const { return line_of_byte(text_, json.at); }
  static bool is_null(const JsonTree* json) {
    return json == nullptr || json->kind == JsonTree::Kind::null;
  }
  void expect(const JsonTree& json, JsonTree::Kind kind, const std::string& what) const {
    if (json.kind != kind)
      refuse(json, what + ": accepted is " + std::string(json_kind_name(kind)));
  }

  void each_text(const JsonTree& json, const std::string& key,
                 std::vector<std::string>* list) const {
    const JsonTree* found = json.find(key);
    if (is_null(found)) return;
    expect(*found, JsonTree::Kind::list, key);
    if (found->items.size() > kNamesMax) refuse(*found, key + ": accepted are at most 4096");
    for (const JsonTree& entry : found->items) {
      expect(entry, JsonTree::Kind::text, key);
      list->push_back(entry.text);
    }
  }

  uint64_t number(const JsonTree& json, const std::string& key, uint64_t usual,
                  uint64_t max) const {
    const JsonTree* found = json.find(key);
    if (is_null(found)) return usual;
    const bool good = found->kind == JsonTree::Kind::number && (found->wide || found->number >= 0);
    if (!good || static_cast<uint64_t>(found->number) > max)
      refuse(*found, key + ": accepted is a number from 0 to " + std::to_string(max));
    return static_cast<uint64_t>(found->number);
  }

  // Podman names the errno as well, and the name counts ("errno", "defaultErrno").
  uint32_t data_of(const JsonTree& json, const std::string& prefix, FilterAction action) const {
    constexpr uint64_t kErrnoMax = 4094;  // libseccomp takes what is less than MAX_ERRNO
    const std::string key = prefix.empty() ? "errno" : prefix + "Errno";
    const JsonTree* named = json.find(key);
    const uint64_t max = action == FilterAction::error ? kErrnoMax : SECCOMP_RET_DATA;
    const uint64_t plain = number(json, key + "Ret", kEPERM, max);
    if (is_null(named) || (named->kind == JsonTree::Kind::text && named->text.empty()))
      return static_cast<uint32_t>(plain);
    expect(*named, JsonTree::Kind::text, key);
    if (const ErrnoSymbol* symbol = find_errno(named->text); symbol != nullptr)
      return static_cast<uint32_t>(symbol->number);
    const std::optional<uint16_t> value = whole_number<uint16_t>(named->text);
    if (!value || *value > max) refuse(*named, key + ": accepted is the name of an errno");
    return *value;
  }

  uint32_t action_of(const JsonTree& json, const JsonTree& action,
                     const std::string& prefix) const {
    const std::string key = prefix.empty() ? "action" : prefix + "Action";
    expect(action, JsonTree::Kind::text, key);
    const ActionRow* row = find_action(action.text);
    if (row == nullptr) {
      std::vector<std::string_view> names;
      for (const ActionRow& known : filter_actions())
        names.push_back(known.names.substr(known.names.rfind(' ') + 1));
      refuse(action, key + " \"" + action.text + "\": accepted is " + choices(names));
    }
    const bool has_data = row->id == FilterAction::error || row->id == FilterAction::trace;
    return row->value | (has_data ? data_of(json, prefix, row->id) : 0);
  }

  void read_arch_map(const JsonTree& json, SeccompProfile* profile) const {
    const JsonTree* map = json.find("archMap");
    if (is_null(map)) return;
    expect(*map, JsonTree::Kind::list, "archMap");
    for (const JsonTree& entry : map->items) {
      expect(entry, JsonTree::Kind::object, "archMap");
      const JsonTree* architecture = entry.find("architecture");
      if (is_null(architecture)) refuse(entry, "archMap: accepted is one with architecture");
      expect(*architecture, JsonTree::Kind::text, "architecture");
      ArchMap& row = profile->arch_map.emplace_back();
      row.architecture = architecture->text;
      each_text(entry, "subArchitectures", &row.sub_architectures);
    }
  }

  ArgumentTest read_test(const JsonTree& json) const {
    expect(json, JsonTree::Kind::object, "args");
    ArgumentTest test{};
    test.index = static_cast<uint32_t>(number(json, "index", 0, 5));
    test.value = number(json, "value", 0, UINT64_MAX);
    test.value_two = number(json, "valueTwo", 0, UINT64_MAX);
    const JsonTree* op = json.find("op");
    if (is_null(op)) refuse(json, "args: accepted is one with op");
    std::vector<std::string_view> names;
    for (const auto& [name, comparison] : kOperators) {
      names.push_back(name);
      if (op->kind != JsonTree::Kind::text || op->text != name) continue;
      test.op = comparison;
      return test;
    }
    refuse(*op, "op: accepted is " + choices(names));
  }

  ProfileCondition read_condition(const JsonTree& rule, const std::string& key) const {
    ProfileCondition condition;
    const JsonTree* json = rule.find(key);
    if (is_null(json)) return condition;
    expect(*json, JsonTree::Kind::object, key);
    each_text(*json, "caps", &condition.caps);
    each_text(*json, "arches", &condition.arches);
    const JsonTree* kernel = json->find("minKernel");
    if (is_null(kernel)) return condition;
    expect(*kernel, JsonTree::Kind::text, "minKernel");
    std::string_view text = kernel->text;
    if (!text.empty() && !take_release(text)) refuse(*kernel, "minKernel: accepted is like 4.8");
    condition.min_kernel = kernel->text;
    return condition;
  }

  ProfileRule read_rule(const JsonTree& json) const {
    expect(json, JsonTree::Kind::object, "a rule");
    ProfileRule rule;
    rule.line = line_of(json);
    each_text(json, "names", &rule.names);
    if (const JsonTree* name = json.find("name"); !is_null(name)) {
      expect(*name, JsonTree::Kind::text, "name");
      if (!rule.names.empty() && !name->text.empty())
        refuse(*name, "name and names: accepted is one of them");
      if (!name->text.empty()) rule.names.push_back(name->text);
    }
    if (rule.names.empty()) refuse(json, "accepted is a rule with names");
    const JsonTree* action = json.find("action");
    if (is_null(action)) refuse(json, "accepted is a rule with an action");
    rule.action = action_of(json, *action, {});
    rule.line = line_of(*action);
    if (const JsonTree* args = json.find("args"); !is_null(args)) {
      expect(*args, JsonTree::Kind::list, "args");
      if (args->items.size() > kNamesMax) refuse(*args, "args: accepted are at most 4096");
      for (const JsonTree& test : args->items) rule.args.push_back(read_test(test));
    }
    rule.includes = read_condition(json, "includes");
    rule.excludes = read_condition(json, "excludes");
    return rule;
  }

  std::string_view text_;
  std::string name_, where_;
};

}  // namespace

SeccompProfile profile_of(const JsonTree& json, std::string_view text, const std::string& name) {
  return ProfileReader(text, name).read(json);
}

SeccompProfile read_profile(std::string_view text, const std::string& name) {
  JsonTree json;
  std::string reason;
  if (!read_json(text, &json, &reason, {.wide_numbers = true, .foreign_text = true}))
    throw UsageError(name + ": " + reason + "; accepted is a seccomp profile in JSON");
  // A config.json of an OCI runtime has it inside.
  const JsonTree* linux_part = json.find("linux");
  const JsonTree* inside = linux_part == nullptr ? nullptr : linux_part->find("seccomp");
  return profile_of(inside == nullptr ? json : *inside, text, name);
}

}  // namespace sockoracle
