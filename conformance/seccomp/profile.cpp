// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/seccomp/profile.h"

#include <algorithm>

#include "conformance/base/scan.h"
#include "conformance/world/world_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr const char* kSigns[] = {"!=", "<", "<=", "==", ">=", ">"};

// "4.8" or "4.8.0": is the release at least that?
bool at_least(Release release, std::string_view wanted) {
  const std::optional<ReleaseNumbers> numbers = take_release(wanted);
  if (!numbers) return false;
  const ReleaseRow& row = releases()[release.index];
  return row.major != numbers->major ? row.major > numbers->major : row.minor >= numbers->minor;
}

bool granted(const std::string& capability, uint64_t caps) {
  int32_t number = 0;
  return parse_capability(capability, &number) && (caps >> number & 1) != 0;
}

// Engines compare with the name of the machine that they were built for, as Go writes it.
const AbiRow& machine_of(const AbiRow& abi) { return *find_abi(abi.machine); }

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

std::string number_text(uint64_t value) {
  constexpr uint64_t kDecimal = 65536;
  if (value < kDecimal) return std::to_string(value);
  constexpr char kHex[] = "0123456789abcdef";
  std::string digits;
  for (; value != 0; value >>= 4) digits.insert(digits.begin(), kHex[value & 15]);
  return "0x" + digits;
}

}  // namespace

bool ArgumentTest::holds(uint64_t argument) const {
  switch (op) {
    case ArgumentOperator::ne: return argument != value;
    case ArgumentOperator::lt: return argument < value;
    case ArgumentOperator::le: return argument <= value;
    case ArgumentOperator::eq: return argument == value;
    case ArgumentOperator::ge: return argument >= value;
    case ArgumentOperator::gt: return argument > value;
    case ArgumentOperator::masked_eq: return (argument & value) == value_two;
  }
  return false;
}

bool ProfileRule::is_about(std::string_view name) const { return contains(names, name); }

// profiles/seccomp/seccomp_linux.go:setupSeccomp of moby: excludes by any of its words, includes by
// all of its capabilities.
std::string left_out_because(const ProfileRule& rule, const ProfileTarget& target) {
  const std::string_view machine = machine_of(*target.abi).go;
  const std::string release = release_text(target.release);
  const ProfileCondition &in = rule.includes, &out = rule.excludes;
  if (contains(out.arches, machine)) return "excludes.arches: " + std::string(machine);
  for (const std::string& capability : out.caps)
    if (granted(capability, target.caps)) return "excludes.caps: " + capability + " is granted";
  if (!out.min_kernel.empty() && at_least(target.release, out.min_kernel))
    return "excludes.minKernel: " + out.min_kernel;
  if (!in.arches.empty() && !contains(in.arches, machine))
    return "includes.arches: not " + std::string(machine);
  for (const std::string& capability : in.caps)
    if (!granted(capability, target.caps))
      return "includes.caps: " + capability + " is not granted";
  if (!in.min_kernel.empty() && !at_least(target.release, in.min_kernel))
    return "includes.minKernel: " + in.min_kernel + ", and this is " + release;
  return {};
}

std::string test_text(const ArgumentTest& test) {
  const std::string argument = "arg" + std::to_string(test.index);
  if (test.op == ArgumentOperator::masked_eq)
    return "(" + argument + " & " + number_text(test.value) + ") == " + number_text(test.value_two);
  return argument + " " + kSigns[static_cast<size_t>(test.op)] + " " + number_text(test.value);
}

std::string action_text(uint32_t action) {
  for (const ActionRow& row : filter_actions()) {
    if (row.value != (action & SECCOMP_RET_ACTION_FULL)) continue;
    std::string text(row.names.substr(row.names.rfind(' ') + 1));
    if (row.id == FilterAction::error) {
      const int32_t error = outcome_of(action, newest_release());
      const std::string_view name = errno_name(error);
      text += "(" + (name.empty() ? std::to_string(error) : std::string(name)) + ")";
    }
    return text;
  }
  return "an action of its own";
}

}  // namespace sockoracle
