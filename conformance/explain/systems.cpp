// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/systems.h"

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/compare/deviations.h"
#include "conformance/world/host_world.h"
#include "model/kernel_name.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr NotLinux kSystems[] = {
#define NOT_LINUX(...) {__VA_ARGS__},
#include "conformance/explain/systems.def"
};

}  // namespace

const NotLinux& find_system(const std::string& name) {
  std::vector<std::string_view> known;
  for (const NotLinux& row : kSystems) {
    if (row.name == name) return row;
    known.push_back(row.name);
  }
  throw UsageError("--system " + name + ": accepted is " + choices(known));
}

const NotLinux* system_of(const Setting& setting) {
  std::string_view vendor = default_kernel().vendor;
  for (const Item& item : setting.items) {
    if (item.kind != ItemKind::release) continue;
    const std::optional<KernelName> name = read_kernel_name(item.value);
    if (name) vendor = name->vendor;
  }
  for (const NotLinux& row : kSystems)
    if (!row.vendor.empty() && row.vendor == vendor) return &row;
  return nullptr;
}

std::vector<std::string> system_lines(const NotLinux& system, const Verdict& verdict) {
  std::vector<std::string> lines{std::string(system.sentence) + "; what follows is Linux' answer"};
  const std::string said = verdict.error == 0 ? "success" : std::string(errno_name(verdict.error));
  for (const SubjectFile& file : subject_files()) {
    if (file.name != system.name) continue;
    for (const Deviation& row : parse_deviations(file.text, file.name)) {
      if (row.observable != "errno" ||
          !matches_pattern(row.rule, sockoracle::row(verdict.rule).name) ||
          !matches_pattern(row.expected, said))
        continue;
      const bool of_cause = !row.cause.sentence.empty();
      lines.push_back("there it may be " + row.got +
                      " instead: " + (of_cause ? row.cause.sentence : row.reason) +
                      (row.cause.where.empty() ? "" : " (" + row.cause.where + ")"));
    }
  }
  return lines;
}

}  // namespace sockoracle
