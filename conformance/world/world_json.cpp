// SPDX-License-Identifier: GPL-2.0-only
// A world as a JSON object: the keys of the `ask` format, turned into items.
#include <algorithm>
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/base/scan.h"
#include "conformance/base/text_file.h"
#include "conformance/process/process_world.h"
#include "conformance/world/world_text.h"

namespace sockoracle {
namespace {

constexpr size_t kWorldFileMax = 1u << 20;

bool scalar(const JsonTree& json, std::string* out) {
  if (json.kind == JsonTree::Kind::text) {
    *out = json.text;
  } else if (json.kind == JsonTree::Kind::number) {
    *out = json_text(json);
  } else {
    return false;
  }
  return true;
}

class ItemReader {
 public:
  ItemReader(std::string origin, std::vector<Item>* items)
      : origin_(std::move(origin)), items_(items) {}

  void read(const JsonTree& world) {
    if (world.kind != JsonTree::Kind::object)
      throw UsageError(origin_ + "accepted is a JSON object");
    for (size_t i = 0; i < world.items.size(); ++i) read_key(world.keys[i], world.items[i]);
  }

 private:
  void read_key(const std::string& name, const JsonTree& value) {
    std::vector<std::string_view> names;
    for (const ItemForm& form : item_forms()) {
      if (!form.json.empty()) names.push_back(form.json);
      if (form.json != name) continue;
      if (!read_value(form, value))
        throw UsageError(origin_ + name + ": accepted is " + std::string(form.accepted));
      return;
    }
    throw UsageError(origin_ + "\"" + name + "\": accepted is " + choices(names));
  }

  bool read_value(const ItemForm& key, const JsonTree& value) {
    switch (key.shape) {
      case Shape::one: return add_scalar(key, {}, value);
      case Shape::process: return add_process(key, value);
      case Shape::list: return add_list(key, value);
      case Shape::comma: return add_groups(key, value);
      case Shape::pairs: return add_pairs(key, value);
      case Shape::with:
      case Shape::without: return add_signed(key, value);
      case Shape::files: return add_files(key, value);
    }
    return false;
  }

  void add(const ItemForm& key, const std::string& name, const std::string& value) {
    items_->push_back({key.kind, name, value, origin_ + std::string(key.json) + ":"});
  }

  bool add_scalar(const ItemForm& key, const std::string& name, const JsonTree& json) {
    std::string value;
    if (!scalar(json, &value)) return false;
    add(key, name, value);
    return true;
  }

  bool add_process(const ItemForm& key, const JsonTree& json) {
    const bool number = json.kind == JsonTree::Kind::number;
    if (!number && (json.kind != JsonTree::Kind::text || json.text != kOwnProcess)) return false;
    add(key, {}, number ? std::string(kOtherProcess) + std::to_string(json.number) : json.text);
    return true;
  }

  bool add_list(const ItemForm& key, const JsonTree& json) {
    if (json.kind != JsonTree::Kind::list) return false;
    for (const JsonTree& entry : json.items)
      if (!add_scalar(key, {}, entry)) return false;
    return true;
  }

  bool add_groups(const ItemForm& key, const JsonTree& json) {
    if (json.kind != JsonTree::Kind::list) return false;
    std::string all, one;
    for (const JsonTree& entry : json.items) {
      if (entry.kind != JsonTree::Kind::number || !scalar(entry, &one)) return false;
      all += (all.empty() ? "" : ",") + one;
    }
    add(key, {}, all.empty() ? "none" : all);
    return true;
  }

  bool add_pairs(const ItemForm& key, const JsonTree& json) {
    if (json.kind != JsonTree::Kind::object) return false;
    for (size_t i = 0; i < json.items.size(); ++i)
      if (!add_scalar(key, json.keys[i], json.items[i])) return false;
    return true;
  }

  bool add_signed(const ItemForm& key, const JsonTree& json) {
    if (json.kind != JsonTree::Kind::list) return false;
    for (const JsonTree& entry : json.items) {
      const bool marked = entry.kind == JsonTree::Kind::text && !entry.text.empty() &&
                          (entry.text[0] == '+' || entry.text[0] == '-');
      if (!marked) return false;
      add(key, entry.text.substr(0, 1), entry.text.substr(1));
    }
    return true;
  }

  bool add_files(const ItemForm& key, const JsonTree& json) {
    if (json.kind == JsonTree::Kind::list)
      return std::all_of(json.items.begin(), json.items.end(),
                         [&](const JsonTree& entry) { return add_file(key, entry); });
    return add_file(key, json);
  }
  bool add_file(const ItemForm& key, const JsonTree& json) {
    if (json.kind == JsonTree::Kind::object) add(key, "text", json_text(json));
    else if (json.kind == JsonTree::Kind::text) add(key, {}, json.text);
    else return false;
    return true;
  }

  std::string origin_;  // "w.json: ", or empty
  std::vector<Item>* items_;
};

}  // namespace

void items_of_json(std::string_view text, const std::string& origin, std::vector<Item>* items) {
  JsonTree world;
  std::string reason;
  const std::string prefix = origin.empty() ? "world: " : origin + ": ";
  if (!read_json(text, &world, &reason, {.wide_numbers = true}))
    throw UsageError(prefix + reason + R"(; accepted is an object like {"release":"6.12"})");
  ItemReader(prefix, items).read(world);
}

void items_of_json(const JsonTree& world, const std::string& origin, std::vector<Item>* items) {
  ItemReader(origin, items).read(world);
}

void items_of_world(const std::string& file, std::vector<Item>* items) {
  if (file == "host" || names_process_world(file)) {
    items->push_back({ItemKind::release, {}, file, "--world"});
    return;
  }
  items_of_json(load_text(file, kWorldFileMax), name_of_input(file), items);
}

}  // namespace sockoracle
