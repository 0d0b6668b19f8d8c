// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/situation/situation.h"

#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/base/scan.h"
#include "conformance/base/terminal.h"
#include "conformance/base/text_file.h"
#include "conformance/process/process_world.h"
#include "conformance/seccomp/raw.h"
#include "conformance/situation/unit.h"

namespace sockoracle {
namespace {

// The largest profile known has 30 KB, the largest filter 32.
constexpr size_t kFilterFileMax = 1u << 20;

const AbiRow& abi_of(const std::vector<Item>& items) {
  const AbiRow* abi = &native_abi();
  for (const Item& item : items) {
    if (item.kind != ItemKind::abi) continue;
    abi = find_abi(item.value);
    if (abi != nullptr) continue;
    std::vector<std::string_view> names;
    for (const AbiRow& row : abis()) names.push_back(row.name);
    throw UsageError(item.origin + " " + item.value + ": accepted is " + choices(names));
  }
  return *abi;
}

// A brace begins JSON where a key, or nothing, follows it: dumps have numbers there.
bool is_profile(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  size_t at = text.find_first_not_of(kBlanks);
  if (at == std::string_view::npos || text[at] != '{') return false;
  at = text.find_first_not_of(kBlanks, at + 1);
  return at == std::string_view::npos || text[at] == '"' || text[at] == '}';
}

std::vector<FilterLayer> layers_of(const std::vector<Item>& items, const ProfileTarget& target) {
  std::vector<FilterLayer> layers;
  for (const Item& item : items) {
    if (item.kind != ItemKind::seccomp) continue;
    const std::string name = item.key.empty() ? name_of_input(item.value) : "seccomp";
    layers.push_back(layer_of_text(text_of_item(item, kFilterFileMax), name, target));
  }
  return layers;
}

// Those of the process that makes the calls, as the kernel gave them out. The last caller counts.
std::vector<FilterLayer> layers_of_process(const std::vector<Item>& items) {
  std::vector<FilterLayer> layers;
  for (const Item& item : items) {
    if (item.kind != ItemKind::context) continue;
    layers.clear();
    if (!names_process(item.value)) continue;
    for (const FilterCode& code : process_named(item.value, item.origin).filters)
      layers.push_back(raw_layer(code, item.value));
  }
  return layers;
}

std::shared_ptr<const LoadedFilters> joined(std::vector<FilterLayer> layers, const AbiRow& abi,
                                            Release release) {
  if (layers.empty()) return nullptr;
  return std::make_shared<const LoadedFilters>(std::move(layers), abi, release);
}

// Once in a run, however often the situation is built.
void tell(const std::vector<std::string>& notes) {
  static std::vector<std::string> said;
  for (const std::string& text : notes) {
    if (std::find(said.begin(), said.end(), text) != said.end()) continue;
    said.push_back(text);
    complain(text);
  }
}

}  // namespace

std::string text_of_item(const Item& item, size_t limit) {
  return item.key == "text" ? item.value : load_text(item.value, limit);
}

FilterLayer layer_of_text(const std::string& text, const std::string& name,
                          const ProfileTarget& target) {
  if (is_profile(text)) return profile_layer(read_profile(text, name), target);
  return raw_layer(read_raw_filter(text, name), name);
}

std::shared_ptr<const LoadedFilters> filters_of(const std::vector<Item>& items,
                                                const World& world) {
  const AbiRow& abi = abi_of(items);
  return joined(layers_of(items, {&abi, world.caller.caps, world.release}), abi, world.release);
}

Situation situation_of_unit(const Item& item, Release release, const AbiRow& abi) {
  // A unit has more than one line; a name has not.
  const bool text = item.value.find('\n') != std::string::npos;
  const std::string name = item.value.substr(item.value.rfind('/') + 1);
  UnitSettings unit = text ? unit_settings(read_unit(item.value, "unit"), "unit")
                           : unit_settings(load_unit(item.value), name);
  Situation situation;
  situation.items = items_of_unit(unit, release);
  situation.layers = layers_of_unit(unit, abi);
  situation.caller = unit.name;
  situation.who = unit_caller_text(unit) + "; " + std::to_string(unit.ignored) + " of " +
                  plural(unit.assignments, "assignment") + " say nothing of socket(2)";
  situation.notes = unit.notes;
  situation.bounding = unit.bounding;
  return situation;
}

Setting build_situation(const std::vector<Item>& items) {
  const auto is_situation = [](const Item& item) { return item.kind == ItemKind::unit; };
  const auto item = std::find_if(items.begin(), items.end(), is_situation);
  Setting setting = build_setting(items);
  const AbiRow& abi = abi_of(setting.items);
  ProfileTarget target{&abi, setting.world.caller.caps, setting.world.release};
  std::vector<FilterLayer> layers;
  if (item != items.end()) {
    Situation situation = situation_of_unit(*item, setting.world.release, abi);
    // Named singly, a fact counts more than what the situation brings.
    std::vector<Item> all = std::move(situation.items);
    all.insert(all.end(), items.begin(), items.end());
    const std::string flags = setting.flags;
    setting = build_setting(all);
    setting.flags = flags;
    setting.caller = situation.caller;
    setting.who = situation.who;
    tell(situation.notes);
    layers = std::move(situation.layers);
    target.caps = situation.bounding;
  }
  for (FilterLayer& layer : layers_of_process(setting.items)) layers.push_back(std::move(layer));
  for (FilterLayer& layer : layers_of(items, target)) layers.push_back(std::move(layer));
  setting.filter = joined(std::move(layers), abi, setting.world.release);
  return setting;
}

}  // namespace sockoracle
