// SPDX-License-Identifier: GPL-2.0-only
// Worlds as users write them, as items (item.h), and back.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/world/call_filter.h"
#include "conformance/world/item.h"
#include "model/case.h"

namespace sockoracle {

struct JsonTree;

// A world, and how to say it.
struct Setting {
  World world;
  World base;                // before the items
  std::vector<Item> items;   // as they were given
  std::string release_note;  // what was assumed of the release: "sublevel not known: 0 assumed"
  bool release_may_differ = false;  // a vendor's, a candidate, newer than the table
  std::string caller;               // "nobody", "nobody, cap net_raw"
  std::string who;                  // of a process: "uid 1000, gid 1000, no capability"
  // What may answer such a process otherwise, and is not looked into: "no BPF program refuses".
  std::vector<std::string> holds_if;
  bool caller_chosen = false;  // by --as or by --world; else it is root by default
  std::string flags;  // all that differs from the default, as flags: "--release 6.12 --as nobody"
  std::shared_ptr<const CallFilter> filter;  // what answers before the kernel; null: nothing does
};

// "6.12", or "6.12.43" for a stable release.
std::string release_text(Release release);

// Throws UsageError with one line that names the origin and what is accepted.
Setting build_setting(const std::vector<Item>& items);

// One line on stderr for each condition of what is answered, for commands that do not show them.
void tell_conditions(const Setting& setting);
// What the kernel is asked for that call: Policies::seccomp_filter is what the filter answers.
World world_for(const Setting& setting, const Call& call, const UpperHalves& upper = {});
Setting setting_for(Setting setting, const Call& call);

// The items on top of a world that is there already, as for a live kernel's.
void apply_items(World& world, const std::vector<Item>& items);

// Appends the items of a JSON world. `origin` names the file, or is empty.
void items_of_json(std::string_view text, const std::string& origin, std::vector<Item>* items);
void items_of_json(const JsonTree& world, const std::string& origin, std::vector<Item>* items);
// The same of a file; of this machine for "host", of a process for "self" or "pid:N".
void items_of_world(const std::string& file, std::vector<Item>* items);

// The items that lead to that world from its release's default, the fewest of each kind; a context
// is not among them. What no kernel holds is not said: behaviours that the release has anyway.
std::vector<Item> items_of(const World& world);
// As the arguments of a command, and as JSON.
std::vector<std::string> flag_words(const std::vector<Item>& items);
std::string items_json(const std::vector<Item>& items);

// "KEY=VALUE" into an item; `flag` is "--module" and the like.
Item item_of_pair(ItemKind kind, const std::string& flag, std::string_view text);

bool parse_capability(std::string_view text, int32_t* out);
std::string capability_flag_name(int32_t capability);              // "net_raw"
std::string sysctl_text(Sysctl sysctl, const SysctlValue& value);  // "1000 1000"

}  // namespace sockoracle
