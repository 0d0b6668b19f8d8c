// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/json_reader.h"

#include <nlohmann/json.hpp>

namespace sockoracle {
namespace {

constexpr size_t kDepthMax = 32;

bool printable(std::string_view text) {
  for (const char c : text) {
    if (c < 0x20 || c > 0x7e) return false;
  }
  return true;
}

// Builds the tree from nlohmann's events; a handler that answers false ends the parse.
class Builder {
 public:
  using number_integer_t = nlohmann::ordered_json::number_integer_t;
  using number_unsigned_t = nlohmann::ordered_json::number_unsigned_t;
  using number_float_t = nlohmann::ordered_json::number_float_t;
  using string_t = nlohmann::ordered_json::string_t;
  using binary_t = nlohmann::ordered_json::binary_t;

  Builder(JsonTree* root, std::string* reason) : root_(root), reason_(reason) {}

  bool null() { return add(JsonTree::Kind::null) != nullptr; }
  bool boolean(bool value) {
    JsonTree* json = add(JsonTree::Kind::boolean);
    json->boolean = value;
    return true;
  }
  bool number_integer(number_integer_t value) {
    add(JsonTree::Kind::number)->number = value;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) {
    if (value > INT64_MAX) return refuse("a number beyond 64 bits");
    return number_integer(static_cast<number_integer_t>(value));
  }
  bool number_float(number_float_t, const string_t&) {
    return refuse("a number that is not whole");
  }
  bool string(string_t& value) {
    if (!printable(value)) return refuse("a string with bytes that are not printable ASCII");
    add(JsonTree::Kind::text)->text = std::move(value);
    return true;
  }
  bool binary(binary_t&) { return refuse("binary data"); }
  bool start_object(size_t) { return push(JsonTree::Kind::object); }
  bool start_array(size_t) { return push(JsonTree::Kind::list); }
  bool end_object() { return pop(); }
  bool end_array() { return pop(); }
  bool key(string_t& value) {
    if (!printable(value)) return refuse("a key with bytes that are not printable ASCII");
    if (open_.back()->find(value) != nullptr) return refuse("the key \"" + value + "\" twice");
    key_ = std::move(value);
    return true;
  }
  bool parse_error(size_t byte, const std::string&, const nlohmann::detail::exception&) {
    *reason_ = "not JSON at byte " + std::to_string(byte);
    return false;
  }

 private:
  JsonTree* add(JsonTree::Kind kind) {
    JsonTree* json = root_;
    if (!open_.empty()) {
      json = &open_.back()->items.emplace_back();
      if (open_.back()->kind == JsonTree::Kind::object)
        open_.back()->keys.push_back(std::move(key_));
    }
    json->kind = kind;
    return json;
  }
  bool push(JsonTree::Kind kind) {
    if (open_.size() == kDepthMax) return refuse("nested too deeply");
    open_.push_back(add(kind));
    return true;
  }
  bool pop() {
    open_.pop_back();
    return true;
  }
  bool refuse(std::string why) {
    *reason_ = std::move(why);
    return false;
  }

  JsonTree* root_;
  std::string* reason_;
  std::string key_;
  // Pointers into vectors that only the innermost open one grows: they stay valid.
  std::vector<JsonTree*> open_;
};

}  // namespace

const JsonTree* JsonTree::find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i] == key) return &items[i];
  }
  return nullptr;
}

std::string_view json_kind_name(JsonTree::Kind kind) {
  constexpr std::string_view kNames[] = {"null",     "a boolean", "a number",
                                         "a string", "a list",    "an object"};
  return kNames[static_cast<size_t>(kind)];
}

bool read_json(std::string_view text, JsonTree* json, std::string* reason) {
  *json = JsonTree{};
  Builder builder(json, reason);
  return nlohmann::ordered_json::sax_parse(text.begin(), text.end(), &builder);
}

void append_quoted(std::string& out, std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c < 0x20 || c > 0x7e) {
      const auto byte = static_cast<uint8_t>(c);
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace sockoracle
