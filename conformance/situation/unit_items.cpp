// SPDX-License-Identifier: GPL-2.0-only
// A unit's process as the caller of a world.
#include <grp.h>
#include <pwd.h>

#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/situation/unit.h"
#include "conformance/world/world_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// The first id of DynamicUser= (systemd.exec(5)); and who nobody knows.
constexpr uint32_t kDynamic = 61184, kUnknown = 65534;
constexpr int32_t kOpenBefore = 3;  // standard input, output and error

bool is_true(const std::optional<UnitLine>& line) {
  if (!line) return false;
  for (const std::string_view word : {"1", "yes", "y", "true", "t", "on"})
    if (line->value == word) return true;
  return line->value == "self" || line->value == "identity";  // of PrivateUsers=
}

struct Ids {
  uint32_t uid = 0, gid = 0;
  std::vector<uint32_t> groups;
};

class UnitWorld {
 public:
  UnitWorld(UnitSettings& unit, Release release) : unit_(unit), release_(release) {}

  std::vector<Item> items() {
    add(ItemKind::context, {}, "root");
    const Ids ids = resolved();
    if (ids.uid != 0) add(ItemKind::uid, {}, std::to_string(ids.uid));
    if (ids.gid != 0) add(ItemKind::gid, {}, std::to_string(ids.gid));
    add_groups(ids.groups);
    add_caps(ids.uid);
    add_namespaces(ids.uid);
    add_limit();
    return std::move(items_);
  }

 private:
  void add(ItemKind kind, const std::string& key, const std::string& value) {
    items_.push_back({kind, key, value, unit_.name});
  }
  void note(const UnitLine& line, const std::string& what) {
    unit_.notes.push_back(line.place + ": " + what);
  }

  uint32_t user_of(const UnitLine& line, uint32_t* gid) {
    if (const auto number = whole_number<uint32_t>(line.value)) {
      const passwd* row = getpwuid(*number);
      *gid = row == nullptr ? *number : row->pw_gid;
      return *number;
    }
    const passwd* row = getpwnam(line.value.c_str());
    *gid = row == nullptr ? kUnknown : row->pw_gid;
    if (row == nullptr)
      note(line, "no such user here: uid and gid " + std::to_string(kUnknown) + " assumed");
    return row == nullptr ? kUnknown : row->pw_uid;
  }

  uint32_t group_of(const UnitLine& line, const std::string& name) {
    if (const auto number = whole_number<uint32_t>(name)) return *number;
    const group* row = getgrnam(name.c_str());
    if (row == nullptr)
      note(line, "no group " + name + " here: gid " + std::to_string(kUnknown) + " assumed");
    return row == nullptr ? kUnknown : row->gr_gid;
  }

  Ids resolved() {
    Ids ids;
    if (is_true(unit_.dynamic_user)) ids.uid = ids.gid = kDynamic;
    if (unit_.user) ids.uid = user_of(*unit_.user, &ids.gid);
    if (unit_.group) ids.gid = group_of(*unit_.group, unit_.group->value);
    if (!unit_.supplementary) return ids;
    std::string_view names = unit_.supplementary->value;
    while (!(names = trimmed(names)).empty()) {
      const size_t end = std::min(names.find_first_of(" \t"), names.size());
      ids.groups.push_back(group_of(*unit_.supplementary, std::string(names.substr(0, end))));
      names.remove_prefix(end);
    }
    return ids;
  }

  void add_groups(const std::vector<uint32_t>& groups) {
    std::string text;
    for (const uint32_t one : groups) text += (text.empty() ? "" : ",") + std::to_string(one);
    if (!text.empty()) add(ItemKind::groups, {}, text);
  }

  // Of root all that the bounding set leaves, of others what is ambient.
  void add_caps(uint32_t uid) {
    const uint64_t caps = (uid == 0 ? unit_.bounding : unit_.ambient & unit_.bounding) & kAllCaps;
    if (caps == kAllCaps) return;
    std::string text;
    for (const Symbol& row : capability_symbols())
      if ((caps >> row.number & 1) != 0)
        text += (text.empty() ? "" : ",") + capability_flag_name(row.number);
    add(ItemKind::cap, {}, "none" + (text.empty() ? text : "," + text));
  }

  void add_namespaces(uint32_t uid) {
    if (is_true(unit_.private_users)) {
      const std::string id = std::to_string(uid);
      add(ItemKind::user_ns, {}, "0,0," + id + "," + id + ",1");
      add(ItemKind::set, "caller_ns", "1");  // the network namespace stays the initial one's
    }
    const bool own = is_true(unit_.private_network);
    if (!own && !unit_.network_path) return;
    add(ItemKind::set, "net_is_init", "0");
    if (unit_.network_path && !own)
      note(*unit_.network_path, "what its sysctls are is not known: the kernel's defaults assumed");
    for (const SysctlRow& row : sysctls())
      if (row.per_netns)
        add(ItemKind::sysctl, std::string(row.name),
            sysctl_text(row.id, default_sysctl(row.id, release_)));
  }

  void add_limit() {
    if (!unit_.nofile) return;
    const std::string soft = unit_.nofile->value.substr(0, unit_.nofile->value.find(':'));
    if (soft == "infinity") return;
    const auto number = whole_number<int32_t>(soft);
    if (!number || *number < 0)
      throw UsageError(unit_.nofile->text() + ": accepted is a number, SOFT:HARD or infinity");
    add(ItemKind::limit, "fds_left", std::to_string(std::max(0, *number - kOpenBefore)));
  }

  UnitSettings& unit_;
  Release release_;
  std::vector<Item> items_;
};

}  // namespace

std::vector<Item> items_of_unit(UnitSettings& unit, Release release) {
  return UnitWorld(unit, release).items();
}

std::string unit_caller_text(const UnitSettings& unit) {
  std::vector<std::string> parts;
  for (const auto& line :
       {unit.user, unit.group, unit.supplementary, unit.dynamic_user, unit.private_network,
        unit.private_users, unit.network_path, unit.nofile})
    if (line) parts.push_back(line->text());
  for (const UnitLine& line : unit.capability_lines) parts.push_back(line.text());
  std::string text = unit.user || unit.dynamic_user ? "" : "root, since there is no User=";
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text;
}

}  // namespace sockoracle
