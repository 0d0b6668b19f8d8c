// SPDX-License-Identifier: GPL-2.0-only
// The other direction of world_text.cpp and world_json.cpp: a world as items, and items as flags
// and as JSON.
#include <algorithm>

#include "conformance/base/json_reader.h"
#include "conformance/process/process_world.h"
#include "conformance/world/world_text.h"
#include "model/text_out.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

class ItemWriter {
 public:
  explicit ItemWriter(const World& world) : world_(world), usual_(default_world(world.release)) {}

  std::vector<Item> items() {
    add(ItemKind::release, {}, release_text(world_.release));
    put_providers();
    put_namespaces();
    for (const FactRow& fact : world_facts()) put(fact);
    put_caller();
    for (const SysctlRow& row : sysctls()) put(row);
    for (size_t i = 0; i < world_.fault_count; ++i)
      add(ItemKind::fault, {}, std::to_string(world_.faults[i]));
    put_behaviours();
    return std::move(items_);
  }

 private:
  void add(ItemKind kind, std::string_view key, std::string value) {
    items_.push_back({kind, std::string(key), std::move(value), {}});
    items_.back().origin = form_of(items_.back()).flag;
  }

  void put_providers() {
    for (const ProviderRow& row : providers()) {
      const auto i = static_cast<size_t>(row.id);
      if (world_.providers[i] != usual_.providers[i])
        add(ItemKind::module, row.name, std::string(presence_name(world_.providers[i])));
    }
  }

  void put_namespaces() {
    for (size_t i = 1; i < world_.user_ns_count; ++i) {
      const UserNs& ns = world_.user_ns[i];
      std::string text = std::to_string(ns.parent);
      for (const uint32_t field : {ns.owner, ns.inside, ns.outside, ns.count})
        text += "," + std::to_string(field);
      add(ItemKind::user_ns, {}, text);
    }
    if (world_.caller.user_ns != 0)
      add(ItemKind::set, "caller_ns", std::to_string(world_.caller.user_ns));
    if (world_.net_user_ns != 0) add(ItemKind::set, "net_ns", std::to_string(world_.net_user_ns));
    if (!world_.net_is_init) add(ItemKind::set, "net_is_init", "0");
  }

  void put(const FactRow& fact) {
    const int64_t value = get(world_, fact.id);
    if (value == fact.usual) return;
    char room[32];
    TextOut out(room);
    put_fact(out, fact, value);
    const std::string_view flag = row(fact.kind).flag;
    const auto form = std::find_if(item_forms().begin(), item_forms().end(),
                                   [&](const ItemForm& known) { return known.flag == flag; });
    add(form->kind, fact.name, std::string(room, out.length()));
  }

  void put_caller() {
    const Caller& caller = world_.caller;
    if (caller.caps != kAllCaps) {
      add(ItemKind::cap, {}, "none");
      for (int32_t cap = 0; (kAllCaps >> cap) != 0; ++cap)
        if ((caller.caps >> cap & 1) != 0) add(ItemKind::cap, {}, capability_flag_name(cap));
    }
    std::string groups;
    for (size_t i = 0; i < caller.group_count; ++i)
      groups += (i == 0 ? "" : ",") + std::to_string(caller.groups[i]);
    if (!groups.empty()) add(ItemKind::groups, {}, groups);
  }

  void put(const SysctlRow& row) {
    const auto i = static_cast<size_t>(row.id);
    if (!(world_.sysctls[i] == usual_.sysctls[i]))
      add(ItemKind::sysctl, row.name, sysctl_text(row.id, world_.sysctls[i]));
  }

  void put_behaviours() {
    for (const BehaviourRow& row : behaviours()) {
      if (world_.without.has(row.id)) add(ItemKind::behaviour, "-", std::string(row.name));
      else if (world_.with.has(row.id)) add(ItemKind::behaviour, "+", std::string(row.name));
    }
  }

  const World& world_;
  const World usual_;
  std::vector<Item> items_;
};

bool is_number(ItemKind kind) {
  return kind == ItemKind::uid || kind == ItemKind::gid || kind == ItemKind::egid ||
         kind == ItemKind::fault;
}

std::string value_json(const Item& item, const ItemForm& form) {
  std::string text;
  if (form.shape == Shape::comma) return "[" + (item.value == "none" ? "" : item.value) + "]";
  if (is_number(item.kind)) return item.value;
  if (form.shape == Shape::process && item.value != kOwnProcess)
    return item.value.substr(kOtherProcess.size());
  if (form.shape == Shape::pairs) {
    append_quoted(text, item.key);
    text += ":";
  }
  append_quoted(text, item.kind == ItemKind::behaviour ? item.key + item.value : item.value);
  return text;
}

}  // namespace

std::vector<Item> items_of(const World& world) { return ItemWriter(world).items(); }

std::vector<std::string> flag_words(const std::vector<Item>& items) {
  std::vector<std::string> words;
  for (const Item& item : items) {
    const ItemForm& form = form_of(item);
    if (form.flag.empty()) continue;
    words.emplace_back(form.flag);
    words.push_back(form.shape == Shape::pairs ? item.key + "=" + item.value : item.value);
  }
  return words;
}

std::string items_json(const std::vector<Item>& items) {
  std::string json;
  for (const ItemForm& form : item_forms()) {
    if (form.json.empty()) continue;
    std::string values;
    const bool process = form.shape == Shape::process;
    for (const Item& item : items)
      if (item.kind == form.kind && (form_of(item).shape == Shape::process) == process)
        values += (values.empty() ? "" : ",") + value_json(item, form);
    if (values.empty()) continue;
    json += json.empty() ? "" : ",";
    append_quoted(json, form.json);
    const bool object = form.shape == Shape::pairs;
    const bool list =
        form.shape == Shape::list || form.shape == Shape::with || form.shape == Shape::files;
    json += object ? ":{" + values + "}" : list ? ":[" + values + "]" : ":" + values;
  }
  return "{" + json + "}";
}

}  // namespace sockoracle
