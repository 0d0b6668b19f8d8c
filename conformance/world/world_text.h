// SPDX-License-Identifier: GPL-2.0-only
// Worlds as users write them: the world flags of the command line and the JSON object of `ask` and
// --world. Both become the same list of items; items are applied in the order of their kinds, so
// that the order in which they were written does not matter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/case.h"

namespace sockoracle {

struct JsonTree;

// In the order of application: a release brings defaults, a context changes the caller and some
// sysctls, and what is named singly comes on top of it.
enum class ItemKind : uint8_t {
  release,
  config,
  module,
  context,
  uid,
  gid,
  egid,
  groups,
  cap,
  sysctl,
  limit,
  policy,
  fault,
  behaviour
};

struct Item {
  ItemKind kind;
  std::string key;  // config, module, sysctl, limit, policy; "+" or "-" for behaviour
  std::string value;
  std::string origin;  // for error messages: "--module", "w.json: modules"
};

// A world, and how to say it.
struct Setting {
  World world;
  World base;                  // before the items
  std::vector<Item> items;     // as they were given
  std::string release_note;    // what was assumed of the release: "sublevel not known: 0 assumed"
  std::string caller;          // "nobody", "nobody, cap net_raw"
  std::string who;             // of "me": "uid 1000, gid 1000, no capability"
  bool caller_chosen = false;  // by --as or by --world; else it is root by default
  std::string flags;  // all that differs from the default, as flags: "--release 6.12 --as nobody"
};

// "6.12", or "6.12.43" for a stable release.
std::string release_text(Release release);

// Throws UsageError with one line that names the origin and what is accepted.
Setting build_setting(const std::vector<Item>& items);

// The items on top of a world that is there already, as for a live kernel's.
void apply_items(World& world, const std::vector<Item>& items);

// Appends the items of a JSON world. `origin` names the file, or is empty.
void items_of_json(std::string_view text, const std::string& origin, std::vector<Item>* items);
void items_of_json(const JsonTree& world, const std::string& origin, std::vector<Item>* items);
// The same of a file, or of this machine for "host".
void items_of_world(const std::string& file, std::vector<Item>* items);

// "KEY=VALUE" into an item; `flag` is "--module" and the like.
Item item_of_pair(ItemKind kind, const std::string& flag, std::string_view text);

// The value of a policy, a limit, a capability: as they are written in both notations.
bool parse_capability(std::string_view text, int32_t* out);
std::string capability_flag_name(int32_t capability);              // "net_raw"
std::string sysctl_text(Sysctl sysctl, const SysctlValue& value);  // "1000 1000"

// Field names, in the order of the structs' members.
inline constexpr std::string_view kLimitNames[] = {"fds_left", "files_left"};
inline constexpr std::string_view kPolicyNames[] = {"cgroup_sock_create", "lsm_socket_create",
                                                    "lsm_socket_post_create", "lsm_sk_alloc",
                                                    "update_protocol"};

}  // namespace sockoracle
