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
  bool wide = false;  // number: beyond int64_t, and `number` holds the bits of an uint64_t
  uint32_t at = 0;    // how many bytes of the text were read when it was complete
  int64_t number = 0;
  std::string text;
  std::vector<JsonTree> items;    // list, object: the values in the file's order
  std::vector<std::string> keys;  // object: the key of each item

  // The member with that key, or nullptr.
  const JsonTree* find(std::string_view key) const;
};

std::string_view json_kind_name(JsonTree::Kind kind);

// What a reader of others' files lets pass; our own have none of it.
struct JsonLeave {
  bool wide_numbers = false;  // up to 2^64-1
  bool foreign_text = false;  // what is not printable ASCII is read as '?'
  bool fractions = false;     // read as null
};

// Stricter than JSON: whole 64-bit numbers only, no key twice in an object, strings of printable
// ASCII only (so nothing read here can steer a terminal), at most 32 levels. False: *reason says
// what and at which byte.
bool read_json(std::string_view text, JsonTree* json, std::string* reason,
               const JsonLeave& leave = {});
// The line, from 1, in which that many bytes of the text end; blanks before are passed over.
size_t line_of_byte(std::string_view text, size_t at);
// The tree as JSON on one line.
std::string json_text(const JsonTree& json);

// Appends a quoted string.
void append_quoted(std::string& out, std::string_view text);
inline std::string quoted(std::string_view text) {
  std::string out;
  append_quoted(out, text);
  return out;
}

}  // namespace sockoracle
