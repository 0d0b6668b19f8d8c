// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/json_reader.h"

#include <algorithm>
#include <iterator>
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

// Walks over the text and tells how far the parser has come. nlohmann's adapter advances the one
// that it holds.
class Walker {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  Walker(const char* at, size_t* count) : at_(at), count_(count) {}
  const char& operator*() const { return *at_; }
  Walker& operator++() {
    ++at_;
    ++*count_;
    return *this;
  }
  Walker operator++(int) {
    Walker before = *this;
    ++*this;
    return before;
  }
  friend bool operator==(const Walker& a, const Walker& b) { return a.at_ == b.at_; }

 private:
  const char* at_;
  size_t* count_;
};

void make_printable(std::string& text) {
  for (char& c : text)
    if (c < 0x20 || c > 0x7e) c = '?';
}

// Builds the tree from nlohmann's events; a handler that answers false ends the parse.
class Builder {
 public:
  using number_integer_t = nlohmann::ordered_json::number_integer_t;
  using number_unsigned_t = nlohmann::ordered_json::number_unsigned_t;
  using number_float_t = nlohmann::ordered_json::number_float_t;
  using string_t = nlohmann::ordered_json::string_t;
  using binary_t = nlohmann::ordered_json::binary_t;

  Builder(JsonTree* root, std::string* reason, const JsonLeave& leave, const size_t* count)
      : root_(root), reason_(reason), leave_(leave), count_(count) {}

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
    const bool wide = value > INT64_MAX;
    if (wide && !leave_.wide_numbers) return refuse("a number beyond 64 bits");
    JsonTree* json = add(JsonTree::Kind::number);
    json->number = static_cast<number_integer_t>(value);
    json->wide = wide;
    return true;
  }
  bool number_float(number_float_t, const string_t&) {
    return leave_.fractions ? null() : refuse("a number that is not whole");
  }
  bool string(string_t& value) {
    if (leave_.foreign_text) make_printable(value);
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
    if (leave_.foreign_text) make_printable(value);
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
    json->at = static_cast<uint32_t>(*count_);
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
  const JsonLeave leave_;
  const size_t* count_;
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

bool read_json(std::string_view text, JsonTree* json, std::string* reason, const JsonLeave& leave) {
  *json = JsonTree{};
  size_t count = 0;
  Builder builder(json, reason, leave, &count);
  return nlohmann::ordered_json::sax_parse(Walker(text.data(), &count),
                                           Walker(text.data() + text.size(), &count), &builder);
}

size_t line_of_byte(std::string_view text, size_t at) {
  const std::string_view before = text.substr(0, std::min(at, text.size()));
  const size_t end = before.find_last_not_of(" \t\r\n,]}");
  if (end == std::string_view::npos) return 1;
  return 1 + static_cast<size_t>(std::count(before.begin(), before.begin() + end, '\n'));
}

std::string json_text(const JsonTree& json) {
  switch (json.kind) {
    case JsonTree::Kind::null: return "null";
    case JsonTree::Kind::boolean: return json.boolean ? "true" : "false";
    case JsonTree::Kind::number:
      return json.wide ? std::to_string(static_cast<uint64_t>(json.number))
                       : std::to_string(json.number);
    case JsonTree::Kind::text: return quoted(std::string_view(json.text));
    case JsonTree::Kind::list:
    case JsonTree::Kind::object: break;
  }
  const bool object = json.kind == JsonTree::Kind::object;
  std::string text(object ? "{" : "[");
  for (size_t i = 0; i < json.items.size(); ++i) {
    text += i == 0 ? "" : ",";
    if (object) text += quoted(std::string_view(json.keys[i])) + ":";
    text += json_text(json.items[i]);
  }
  return text + (object ? "}" : "]");
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
