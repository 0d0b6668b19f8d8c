// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/sysctls_elsewhere.h"

#include <algorithm>

#include "conformance/base/scan.h"

namespace sockoracle {
namespace {

constexpr SysctlElsewhere kElsewhere[] = {
#define SYSCTL_ELSEWHERE(...) {__VA_ARGS__},
#include "conformance/world/sysctls_elsewhere.def"
};

// * is any text but a dot.
bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.empty()) return name.empty();
  if (pattern.front() != '*')
    return !name.empty() && name.front() == pattern.front() &&
           matches(name.substr(1), pattern.substr(1));
  const size_t end = std::min(name.find('.'), name.size());
  for (size_t taken = 1; taken <= end; ++taken)
    if (matches(name.substr(taken), pattern.substr(1))) return true;
  return false;
}

}  // namespace

std::span<const SysctlElsewhere> sysctls_elsewhere() { return kElsewhere; }

const SysctlElsewhere* find_sysctl_elsewhere(std::string_view name) {
  for (const SysctlElsewhere& row : kElsewhere)
    if (matches(name, row.pattern)) return &row;
  return nullptr;
}

bool fits_sysctl(const SysctlElsewhere& row, std::string_view value) {
  if (row.max == 0) return true;
  while (!(value = trimmed(value)).empty()) {
    const std::string_view word = value.substr(0, value.find_first_of(" \t,"));
    const std::optional<int64_t> number = whole_number(word);
    if (!number || *number < row.min || *number > row.max) return false;
    value.remove_prefix(std::min(word.size() + 1, value.size()));
  }
  return true;
}

std::vector<std::string> sysctls_without_effect(const Setting& setting) {
  std::vector<std::string> lines;
  for (const Item& item : setting.items) {
    if (item.kind != ItemKind::sysctl || find_sysctl(item.key) != nullptr) continue;
    const SysctlElsewhere* row = find_sysctl_elsewhere(item.key);
    if (row == nullptr) continue;
    lines.push_back(item.key + "=" + item.value + " changes nothing for socket(): it " +
                    std::string(row->sentence) + " (" + std::string(row->where) + ")");
  }
  return lines;
}

}  // namespace sockoracle
