// SPDX-License-Identifier: GPL-2.0-only
// A world as a JSON object: the keys of the `ask` format, turned into items.
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/base/scan.h"
#include "conformance/base/text_file.h"
#include "conformance/world/world_text.h"

namespace sockoracle {
namespace {

constexpr size_t kWorldFileMax = 1u << 20;

enum class Shape : uint8_t { one, list, pairs, signed_names };

// What stands under which key.
struct Key {
  std::string_view name;
  ItemKind kind;
  Shape shape;
  std::string_view accepted;
};

constexpr Key kKeys[] = {
    {"release", ItemKind::release, Shape::one, "a release as text, or \"host\""},
    {"config", ItemKind::config, Shape::pairs, "an object of symbols with \"y\", \"m\" or \"n\""},
    {"modules", ItemKind::module, Shape::pairs, "an object of modules with their presence"},
    {"as", ItemKind::context, Shape::one, "the name of a context"},
    {"uid", ItemKind::uid, Shape::one, "a number"},
    {"gid", ItemKind::gid, Shape::one, "a number"},
    {"egid", ItemKind::egid, Shape::one, "a number"},
    {"groups", ItemKind::groups, Shape::list, "a list of group numbers"},
    {"caps", ItemKind::cap, Shape::list, "a list of capability names"},
    {"sysctls", ItemKind::sysctl, Shape::pairs, "an object of sysctls with their values"},
    {"limits", ItemKind::limit, Shape::pairs, "an object with fds_left, files_left"},
    {"policies", ItemKind::policy, Shape::pairs, "an object of policies with their answers"},
    {"faults", ItemKind::fault, Shape::list, "a list of numbers"},
    {"behaviours", ItemKind::behaviour, Shape::signed_names, "a list of \"+name\" and \"-name\""},
};

bool scalar(const JsonTree& json, std::string* out) {
  if (json.kind == JsonTree::Kind::text) {
    *out = json.text;
  } else if (json.kind == JsonTree::Kind::number) {
    *out = std::to_string(json.number);
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
    for (const Key& key : kKeys) {
      if (key.name != name) continue;
      if (!read_value(key, value))
        throw UsageError(origin_ + name + ": accepted is " + std::string(key.accepted));
      return;
    }
    std::vector<std::string_view> names;
    for (const Key& key : kKeys) names.push_back(key.name);
    throw UsageError(origin_ + "\"" + name + "\": accepted is " + choices(names));
  }

  bool read_value(const Key& key, const JsonTree& value) {
    switch (key.shape) {
      case Shape::one: return add_scalar(key, {}, value);
      case Shape::list:
        return key.kind == ItemKind::groups ? add_groups(key, value) : add_list(key, value);
      case Shape::pairs: return add_pairs(key, value);
      case Shape::signed_names: return add_signed(key, value);
    }
    return false;
  }

  void add(const Key& key, const std::string& name, const std::string& value) {
    items_->push_back({key.kind, name, value, origin_ + std::string(key.name) + ":"});
  }

  bool add_scalar(const Key& key, const std::string& name, const JsonTree& json) {
    std::string value;
    if (!scalar(json, &value)) return false;
    add(key, name, value);
    return true;
  }

  bool add_list(const Key& key, const JsonTree& json) {
    if (json.kind != JsonTree::Kind::list) return false;
    for (const JsonTree& entry : json.items)
      if (!add_scalar(key, {}, entry)) return false;
    return true;
  }

  bool add_groups(const Key& key, const JsonTree& json) {
    if (json.kind != JsonTree::Kind::list) return false;
    std::string all, one;
    for (const JsonTree& entry : json.items) {
      if (entry.kind != JsonTree::Kind::number || !scalar(entry, &one)) return false;
      all += (all.empty() ? "" : ",") + one;
    }
    add(key, {}, all.empty() ? "none" : all);
    return true;
  }

  bool add_pairs(const Key& key, const JsonTree& json) {
    if (json.kind != JsonTree::Kind::object) return false;
    for (size_t i = 0; i < json.items.size(); ++i)
      if (!add_scalar(key, json.keys[i], json.items[i])) return false;
    return true;
  }

  bool add_signed(const Key& key, const JsonTree& json) {
    if (json.kind != JsonTree::Kind::list) return false;
    for (const JsonTree& entry : json.items) {
      const bool marked = entry.kind == JsonTree::Kind::text && !entry.text.empty() &&
                          (entry.text[0] == '+' || entry.text[0] == '-');
      if (!marked) return false;
      add(key, entry.text.substr(0, 1), entry.text.substr(1));
    }
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
  if (!read_json(text, &world, &reason))
    throw UsageError(prefix + reason + R"(; accepted is an object like {"release":"6.12"})");
  ItemReader(prefix, items).read(world);
}

void items_of_json(const JsonTree& world, const std::string& origin, std::vector<Item>* items) {
  ItemReader(origin, items).read(world);
}

void items_of_world(const std::string& file, std::vector<Item>* items) {
  if (file == "host") {
    items->push_back({ItemKind::release, {}, "host", "--world"});
    return;
  }
  items_of_json(load_text(file, kWorldFileMax), name_of_input(file), items);
}

}  // namespace sockoracle
