// SPDX-License-Identifier: GPL-2.0-only
// The directives. How each is read: systemd v252, src/core/load-fragment.c.
#include "conformance/situation/unit.h"

#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/situation/syscall_groups.h"
#include "conformance/world/world_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// Sections whose units run processes.
constexpr std::string_view kExecSections[] = {"Service", "Socket", "Mount", "Swap"};

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  while (!(text = trimmed(text)).empty()) {
    const size_t end = std::min(text.find_first_of(" \t"), text.size());
    std::string word(text.substr(0, end));
    word.erase(std::remove(word.begin(), word.end(), '"'), word.end());
    if (!word.empty()) words.push_back(word);
    text.remove_prefix(end);
  }
  return words;
}

class UnitParser {
 public:
  explicit UnitParser(UnitSettings* unit) : unit_(*unit) {}

  void take(const UnitLine& line) {
    ++unit_.assignments;
    const bool exec = std::find(std::begin(kExecSections), std::end(kExecSections), line.section) !=
                      std::end(kExecSections);
    if (!exec || !directive(line)) ++unit_.ignored;
  }

 private:
  [[noreturn]] static void refuse(const UnitLine& line, const std::string& accepted) {
    throw UsageError(line.text() + ": accepted is " + accepted);
  }

  // systemd says so in its log and goes on.
  void pass_over(const UnitLine& line, const std::string& word) {
    unit_.notes.push_back(line.place + ": " + word + " is not known and passed over");
  }

  // False: nothing that socket(2) depends on.
  bool directive(const UnitLine& line) {
    using Single = std::optional<UnitLine> UnitSettings::*;
    constexpr std::pair<std::string_view, Single> kSingles[] = {
        {"User", &UnitSettings::user},
        {"Group", &UnitSettings::group},
        {"SupplementaryGroups", &UnitSettings::supplementary},
        {"DynamicUser", &UnitSettings::dynamic_user},
        {"PrivateNetwork", &UnitSettings::private_network},
        {"PrivateUsers", &UnitSettings::private_users},
        {"NetworkNamespacePath", &UnitSettings::network_path},
        {"LimitNOFILE", &UnitSettings::nofile}};
    for (const auto& [key, member] : kSingles) {
      if (line.key != key) continue;
      if (line.value.empty()) (unit_.*member).reset();
      else unit_.*member = line;
      return true;
    }
    if (line.key == "RestrictAddressFamilies") families(line);
    else if (line.key == "SystemCallFilter") calls(line);
    else if (line.key == "SystemCallErrorNumber") error_number(line);
    else if (line.key == "SystemCallArchitectures") architectures(line);
    else if (line.key == "CapabilityBoundingSet") capabilities(line, &unit_.bounding, ~uint64_t{0});
    else if (line.key == "AmbientCapabilities") capabilities(line, &unit_.ambient, 0);
    else return false;
    return true;
  }

  // config_parse_address_families: the first line says whether the list allows or denies.
  void families(const UnitLine& line) {
    UnitList<int32_t>& list = unit_.families;
    if (line.value.empty()) {
      list = {};
      return;
    }
    const bool invert = line.value.front() == '~';
    if (line.value == "none") {  // since v249
      list = {};
      list.set = list.allow = true;
      list.lines = {line};
      return;
    }
    if (!list.set) list.allow = !invert;
    list.set = true;
    list.lines.push_back(line);
    for (const std::string& word : words_of(line.value.substr(invert ? 1 : 0))) {
      const Symbol* family = find_symbol(family_symbols(), word);
      if (family == nullptr) {
        pass_over(line, word);
        continue;
      }
      if (invert != list.allow) list.entries[family->number] = -1;
      else list.entries.erase(family->number);
    }
  }

  int32_t errno_of(const UnitLine& line, const std::string& text) const {
    if (const ErrnoSymbol* symbol = find_errno(text); symbol != nullptr) return symbol->number;
    const std::optional<int32_t> number = whole_number<int32_t>(text);
    if (!number || *number < 0 || *number > 4095) refuse(line, "an errno, or kill");
    return *number;
  }

  void add_call(const std::string& name, int32_t error, bool put) {
    UnitList<std::string>& list = unit_.calls;
    if (const SyscallGroup* group = find_syscall_group(name); group != nullptr) {
      for (const std::string& one : words_of(group->calls)) add_call(one, error, put);
    } else if (put) {
      list.entries[name] = error;
    } else {
      list.entries.erase(name);
    }
  }

  // config_parse_syscall_filter: an allow list begins with @default.
  void calls(const UnitLine& line) {
    UnitList<std::string>& list = unit_.calls;
    if (line.value.empty()) {
      list = {};
      return;
    }
    const bool invert = line.value.front() == '~';
    if (!list.set) {
      list.allow = !invert;
      if (list.allow) add_call("@default", -1, true);
    }
    list.set = true;
    list.lines.push_back(line);
    for (const std::string& word : words_of(line.value.substr(invert ? 1 : 0))) {
      const size_t colon = word.find(':');
      const std::string name = word.substr(0, colon);
      int32_t error = -1;
      if (colon != std::string::npos) {
        const std::string after = word.substr(colon + 1);
        error = after == "kill" ? kCallKills : errno_of(line, after);
        if (!invert) continue;  // systemd: allow-listed calls cannot take an error number
      }
      if (name.empty() || (name.front() == '@' && find_syscall_group(name) == nullptr)) {
        pass_over(line, word);
        continue;
      }
      add_call(name, error, invert != list.allow);
    }
  }

  void error_number(const UnitLine& line) {
    unit_.call_errno.reset();
    unit_.call_errno_line.reset();
    if (line.value.empty() || line.value == "kill") return;
    unit_.call_errno = errno_of(line, line.value);
    unit_.call_errno_line = line;
  }

  void architectures(const UnitLine& line) {
    if (line.value.empty()) {
      unit_.architectures.clear();
      unit_.architecture_lines.clear();
      return;
    }
    unit_.architecture_lines.push_back(line);
    for (const std::string& word : words_of(line.value)) {
      if (word == "native") continue;
      for (const AbiRow& row : abis())
        if (row.systemd == word) unit_.architectures.insert(std::string(row.profile));
    }
  }

  // config_parse_capability_set
  void capabilities(const UnitLine& line, uint64_t* set, uint64_t initial) {
    const bool invert = !line.value.empty() && line.value.front() == '~';
    uint64_t sum = 0;
    for (const std::string& word : words_of(line.value.substr(invert ? 1 : 0))) {
      int32_t number = 0;
      if (!parse_capability(word, &number)) {
        pass_over(line, word);
        continue;
      }
      sum |= uint64_t{1} << number;
    }
    unit_.capability_lines.push_back(line);
    if (sum == 0 || *set == initial) *set = invert ? ~sum : sum;
    else if (invert) *set &= ~sum;
    else *set |= sum;
  }

  UnitSettings& unit_;
};

}  // namespace

UnitSettings unit_settings(const std::vector<UnitLine>& lines, const std::string& name) {
  UnitSettings unit;
  unit.name = name;
  UnitParser parser(&unit);
  for (const UnitLine& line : lines) parser.take(line);
  return unit;
}

}  // namespace sockoracle
