// SPDX-License-Identifier: GPL-2.0-only
// A unit's filters, as systemd v252 has libseccomp make them: src/shared/seccomp-util.c; their
// order is that of src/core/execute.c:exec_child. One for each ABI of the machine, which lets the
// calls of the others through.
#include <algorithm>
#include <memory>

#include "conformance/seccomp/compile.h"
#include "conformance/situation/syscall_groups.h"
#include "conformance/situation/unit.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

enum class Part : uint8_t { families, architectures, calls };

// Those that have no socketcall; on the others systemd restricts no families.
bool has_plain_socket(const AbiRow& abi) { return abi.socketcall < 0; }

FilterCode families_code(const UnitSettings& unit, const AbiRow& abi) {
  FilterBuilder builder(abi, SECCOMP_RET_ALLOW);
  builder.set_bad_architecture_action(SECCOMP_RET_ALLOW);
  const uint32_t refused = SECCOMP_RET_ERRNO | static_cast<uint32_t>(kEAFNOSUPPORT);
  const auto refuse = [&](ArgumentOperator op, int32_t family) {
    const ArgumentTest test{0, op, static_cast<uint64_t>(family), 0};
    builder.add_rule("socket", refused, {&test, 1});
  };
  const auto& listed = unit.families.entries;
  if (!unit.families.allow) {
    for (const auto& [family, error] : listed) refuse(ArgumentOperator::eq, family);
    return builder.code();
  }
  const auto first = listed.upper_bound(0);
  if (first == listed.end()) {
    builder.add_rule("socket", refused, {});
    return builder.code();
  }
  refuse(ArgumentOperator::lt, first->first);
  refuse(ArgumentOperator::gt, listed.rbegin()->first);
  for (int32_t family = first->first; family < listed.rbegin()->first; ++family)
    if (!listed.contains(family)) refuse(ArgumentOperator::eq, family);
  return builder.code();
}

FilterCode architectures_code(const UnitSettings& unit, const AbiRow& machine) {
  FilterBuilder builder(machine, SECCOMP_RET_ALLOW);
  for (const std::string& name : unit.architectures) builder.add_architecture(name);
  // The vDSO of x32 assumes that x86-64 system calls are available.
  if (unit.architectures.contains("SCMP_ARCH_X32")) builder.add_architecture("SCMP_ARCH_X86_64");
  return builder.code();
}

uint32_t negative_action(const UnitSettings& unit, int32_t error) {
  if (error < 0) error = unit.call_errno.value_or(kCallKills);
  if (error == kCallKills) return SECCOMP_RET_KILL_PROCESS;
  return SECCOMP_RET_ERRNO | static_cast<uint32_t>(error);
}

FilterCode calls_code(const UnitSettings& unit, const AbiRow& abi) {
  const bool allow = unit.calls.allow;
  const uint32_t usual = allow ? negative_action(unit, -1) : SECCOMP_RET_ALLOW;
  FilterBuilder builder(abi, usual);
  builder.set_bad_architecture_action(SECCOMP_RET_ALLOW);
  for (const auto& [name, error] : unit.calls.entries)
    builder.add_rule(name, allow ? SECCOMP_RET_ALLOW : negative_action(unit, error), {});
  return builder.code();
}

FilterCode code_of(const UnitSettings& unit, Part part, const AbiRow& abi) {
  switch (part) {
    case Part::families: return families_code(unit, abi);
    case Part::architectures: return architectures_code(unit, abi);
    case Part::calls: break;
  }
  return calls_code(unit, abi);
}

std::string family_text(const FilteredCall& call) {
  const auto family = static_cast<int32_t>(call.input.argument(0));
  const std::string_view name = family_name(family);
  return name.empty() ? std::to_string(family) : std::string(name);
}

// The group of that line in which the call is, or the call.
std::string named_in(const UnitLine& line, std::string_view call) {
  for (const SyscallGroup& group : kSyscallGroups) {
    const std::string padded = " " + std::string(group.calls) + " ";
    const bool has = padded.find(" " + std::string(call) + " ") != std::string::npos;
    if (has && line.value.find(group.name) != std::string::npos) return std::string(group.name);
  }
  return std::string(call);
}

bool names_call(const UnitLine& line, std::string_view call) {
  return line.value.find(call) != std::string::npos || named_in(line, call) != call;
}

class UnitOrigin : public FilterOrigin {
 public:
  UnitOrigin(std::shared_ptr<const UnitSettings> unit, Part part, const AbiRow& abi)
      : unit_(std::move(unit)), part_(part), abi_(abi) {}

  std::vector<std::string> reasons(const FilteredCall& call, Release release) const override {
    const std::string answer = ": " + return_text(call.answer.value, release);
    switch (part_) {
      case Part::families: return {family_reason(call) + answer};
      case Part::architectures:
        return {unit_->architecture_lines.back().text() + ", and this is a call of " +
                std::string(call.number.abi->name) + answer};
      case Part::calls: break;
    }
    std::vector<std::string> lines{call_reason(call) + answer};
    if (unit_->call_errno_line && action_of(call.answer.value, release).id == FilterAction::error)
      lines.push_back(unit_->call_errno_line->text());
    return lines;
  }

  std::vector<std::string> changes(const FilteredCall& call, Release release) const override {
    std::vector<std::string> out;
    UnitSettings changed = *unit_;
    std::string line;
    if (part_ == Part::families) {
      const auto family = static_cast<int32_t>(call.input.argument(0));
      if (changed.families.allow) changed.families.entries[family] = -1;
      else changed.families.entries.erase(family);
      line = "RestrictAddressFamilies=" + family_text(call);
    } else if (part_ == Part::calls) {
      const std::string name(call.number.name);
      if (changed.calls.allow) changed.calls.entries[name] = -1;
      else changed.calls.entries.erase(name);
      line = "SystemCallFilter=" + name;
    } else {
      changed.architectures.insert(std::string(call.number.abi->profile));
      line = "SystemCallArchitectures=" + std::string(call.number.abi->systemd);
    }
    const Filter filter(code_of(changed, part_, abi_));
    if (outcome_of(filter.run(call.input).value, release) == kFilterAllows)
      out.push_back("with one more line in " + unit_->name + ": " + line);
    return out;
  }

 private:
  std::string family_reason(const FilteredCall& call) const {
    const UnitList<int32_t>& list = unit_->families;
    const UnitLine* named = &list.lines.back();
    for (const UnitLine& line : list.lines)
      if (line.value.find(family_text(call)) != std::string::npos) named = &line;
    return named->text() +
           (list.allow ? ", and " + family_text(call) + " is not among them" : std::string());
  }

  std::string call_reason(const FilteredCall& call) const {
    const UnitList<std::string>& list = unit_->calls;
    const UnitLine* named = nullptr;
    for (const UnitLine& line : list.lines)
      if (names_call(line, call.number.name)) named = &line;
    const std::string name(call.number.name);
    if (named == nullptr) return list.lines.front().text() + ", and " + name + " is not among them";
    const std::string group = named_in(*named, name);
    return named->text() + (group == name ? "" : ", of which " + name + " is " + group);
  }

  std::shared_ptr<const UnitSettings> unit_;
  Part part_;
  const AbiRow& abi_;
};

}  // namespace

std::vector<FilterLayer> layers_of_unit(const UnitSettings& settings, const AbiRow& abi) {
  const auto unit = std::make_shared<const UnitSettings>(settings);
  std::vector<FilterLayer> layers;
  const auto add = [&](Part part, const AbiRow& row) {
    layers.push_back(
        {Filter(code_of(*unit, part, row)), std::make_unique<UnitOrigin>(unit, part, row)});
  };
  // The machine's own ABI last, as systemd has them.
  std::vector<const AbiRow*> local;
  for (const AbiRow& row : abis())
    if (row.machine == abi.machine) local.insert(local.begin(), &row);
  if (unit->families.set)
    for (const AbiRow* row : local)
      if (has_plain_socket(*row)) add(Part::families, *row);
  if (!unit->architecture_lines.empty()) add(Part::architectures, *find_abi(abi.machine));
  if (unit->calls.set)
    for (const AbiRow* row : local) add(Part::calls, *row);
  return layers;
}

}  // namespace sockoracle
