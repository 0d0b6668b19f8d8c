// SPDX-License-Identifier: GPL-2.0-only
// JSON as the project's own files use it: a strict reader into a plain tree, and quoting for
// writers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

struct JsonTree {
  enum class Kind : uint8_t { null, boolean, number, text, list, object };
  Kind kind = Kind::null;
  bool boolean = false;
  int64_t number = 0;
  std::string text;
  std::vector<JsonTree> items;    // list, object: the values in the file's order
  std::vector<std::string> keys;  // object: the key of each item

  // The member with that key, or nullptr.
  const JsonTree* find(std::string_view key) const;
};

std::string_view json_kind_name(JsonTree::Kind kind);

// Stricter than JSON: whole 64-bit numbers only, no key twice in an object, strings of printable
// ASCII only (so nothing read here can steer a terminal), at most 32 levels. False: *reason says
// what and at which byte.
bool read_json(std::string_view text, JsonTree* json, std::string* reason);

// Appends a quoted string.
void append_quoted(std::string& out, std::string_view text);
inline std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace sockoracle
