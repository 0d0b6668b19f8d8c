// SPDX-License-Identifier: GPL-2.0-only
// Words and numbers out of text, for a model without strings; the other direction is text_out.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockoracle {

inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
    text.remove_suffix(1);
  return text;
}

inline std::string_view take_word(std::string_view& text, char end = ' ') {
  text = trim(text);
  const size_t at = text.find(end);
  const std::string_view word = trim(text.substr(0, at));
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return word;
}

inline bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A number of at most `max`, decimal or 0x; `negative` allows a sign.
inline bool parse_number(std::string_view text, int64_t min, int64_t max, int64_t* out) {
  const bool negative = min < 0 && take_prefix(text, "-");
  const bool hex = take_prefix(text, "0x");
  if (text.empty() || text.size() > 16) return false;
  uint64_t n = 0;
  for (const char c : text) {
    uint64_t digit = 16;
    if (c >= '0' && c <= '9') digit = static_cast<uint64_t>(c - '0');
    else if (hex && c >= 'a' && c <= 'f') digit = static_cast<uint64_t>(c - 'a') + 10;
    if (digit >= (hex ? 16u : 10u)) return false;
    n = n * (hex ? 16u : 10u) + digit;
    if (n > (uint64_t{1} << 62)) return false;
  }
  *out = negative ? -static_cast<int64_t>(n) : static_cast<int64_t>(n);
  return *out >= min && *out <= max;
}

template <class T>
bool parse_into(std::string_view text, int64_t min, int64_t max, T* out) {
  int64_t n = 0;
  if (!parse_number(text, min, max, &n)) return false;
  *out = static_cast<T>(n);
  return true;
}

}  // namespace sockoracle
