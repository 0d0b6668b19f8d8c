// SPDX-License-Identifier: GPL-2.0-only
// How a line of a recording is written: members without blanks, behind an opening brace.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/base/json_reader.h"

namespace sockoracle {

inline void append_key(std::string& out, std::string_view key) {
  if (out.back() != '{') out += ',';
  append_quoted(out, key);
  out += ':';
}

inline void append_member(std::string& out, std::string_view key, std::string_view text) {
  append_key(out, key);
  append_quoted(out, text);
}

inline void append_number(std::string& out, std::string_view key, int64_t number) {
  append_key(out, key);
  out += std::to_string(number);
}

inline void append_words(std::string& out, const std::vector<std::string>& list) {
  out += '[';
  for (const std::string& text : list) {
    if (out.back() != '[') out += ',';
    append_quoted(out, text);
  }
  out += ']';
}

inline void append_list(std::string& out, std::string_view key,
                        const std::vector<std::string>& list) {
  append_key(out, key);
  append_words(out, list);
}

}  // namespace sockoracle
