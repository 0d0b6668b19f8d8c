// SPDX-License-Identifier: GPL-2.0-only
// A setting with everything that answers beside the kernel: where all commands that ask the model
// get it from.
#pragma once

#include <vector>

#include "conformance/seccomp/filters.h"
#include "conformance/world/world_text.h"

namespace sockoracle {

// What an item stands for that is more than one fact: a unit, a container.
struct Situation {
  std::vector<Item> items;  // of its process
  std::vector<FilterLayer> layers;
  std::string caller;              // "web.service"
  std::string who;                 // the lines that say so
  std::vector<std::string> notes;  // what is assumed, and what is passed over
  uint64_t bounding = 0;           // for profiles that ask for capabilities
};
Situation situation_of_unit(const Item& item, Release release, const AbiRow& abi);

// build_setting (world_text.h), with Setting::filter. Files are read here. Throws UsageError.
Setting build_situation(const std::vector<Item>& items);

// The filters of seccomp items, in the order in which they are loaded; null where there are none.
std::shared_ptr<const LoadedFilters> filters_of(const std::vector<Item>& items, const World& world);
// A profile or a dump.
FilterLayer layer_of_text(const std::string& text, const std::string& name,
                          const ProfileTarget& target);
// The item's file, or what it brings itself.
std::string text_of_item(const Item& item, size_t limit);

}  // namespace sockoracle
