// SPDX-License-Identifier: GPL-2.0-only
// What a unit's directives do to a process that calls socket(2), as systemd reads them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "conformance/seccomp/filters.h"
#include "conformance/situation/unit_file.h"
#include "conformance/world/item.h"

namespace sockoracle {

// A list that lines add to or take from; "~" turns it around.
template <class Key>
struct UnitList {
  bool set = false, allow = false;
  std::map<Key, int32_t> entries;  // with the errno of SystemCallFilter=NAME:ERRNO, else -1
  std::vector<UnitLine> lines;     // that made it
};

// In place of an errno of UnitList: the call kills.
inline constexpr int32_t kCallKills = UINT16_MAX;

struct UnitSettings {
  std::string name;
  UnitList<int32_t> families;
  UnitList<std::string> calls;
  std::optional<int32_t> call_errno;  // SystemCallErrorNumber=; nothing: the process is killed
  std::optional<UnitLine> call_errno_line;
  std::set<std::string> architectures;  // as SCMP_ARCH_*
  std::vector<UnitLine> architecture_lines;
  uint64_t bounding = ~uint64_t{0}, ambient = 0;
  std::vector<UnitLine> capability_lines;
  std::optional<UnitLine> user, group, supplementary, dynamic_user, private_network, private_users,
      network_path, nofile;
  size_t assignments = 0, ignored = 0;  // how many in all; how many say nothing of socket(2)
  std::vector<std::string> notes;       // what systemd passes over, and what is assumed
};

// Throws UsageError that names the line.
UnitSettings unit_settings(const std::vector<UnitLine>& lines, const std::string& name);

// The items of the world in which its process runs; `release` is that world's.
std::vector<Item> items_of_unit(UnitSettings& unit, Release release);
// The filters that systemd loads, in its order.
std::vector<FilterLayer> layers_of_unit(const UnitSettings& unit, const AbiRow& abi);
// "uid 33 (web.service:4: User=www-data), ..."
std::string unit_caller_text(const UnitSettings& unit);

}  // namespace sockoracle
