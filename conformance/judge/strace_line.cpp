// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/judge/strace_line.h"

#include <algorithm>

#include "conformance/base/scan.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

}  // namespace

std::string without_comments(std::string_view text) {
  std::string out;
  for (size_t at = 0; (at = text.find("/*")) != std::string_view::npos;) {
    out += text.substr(0, at);
    const size_t end = text.find("*/", at);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return out += text;
}

std::optional<uint64_t> number_of_text(std::string_view text) {
  text = trimmed(text);
  if (text == "-1") return kUnchanged;
  const int base = text.substr(0, 2) == "0x" ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  return whole_number<uint64_t>(text, base);
}

std::string_view name_of_line(std::string_view text) {
  std::string_view name = text.substr(
      0, static_cast<size_t>(std::find_if_not(text.begin(), text.end(), is_word) - text.begin()));
  if (name.ends_with("32")) name.remove_suffix(2);
  return name;
}

LoggedLine split_line(std::string_view text) {
  LoggedLine line;
  const size_t open = text.find('('), sign = text.rfind(" = ");
  line.name = name_of_line(text);
  if (open == std::string_view::npos) return line;
  if (sign != std::string_view::npos && sign > open) {
    line.result = trimmed(text.substr(sign + 3));
    line.result = line.result.substr(0, line.result.find(' '));
  }
  std::string_view inside = text.substr(open + 1, std::max(sign, open + 1) - open - 1);
  inside = inside.substr(0, inside.rfind(')'));
  size_t depth = 0, begin = 0;
  bool quoted = false;
  for (size_t i = 0; i <= inside.size(); ++i) {
    const char c = i < inside.size() ? inside[i] : ',';
    if (quoted && c == '\\') ++i;
    else if (c == '"') quoted = !quoted;
    else if (quoted && i < inside.size()) continue;
    else if (c == '[' || c == '{') ++depth;
    else if ((c == ']' || c == '}') && depth > 0) --depth;
    else if (c == ',' && (depth == 0 || i == inside.size())) {
      line.arguments.push_back(trimmed(inside.substr(begin, i - begin)));
      begin = i + 1;
    }
  }
  return line;
}

std::string_view argument(const LoggedLine& line, size_t index) {
  return index < line.arguments.size() ? line.arguments[index] : std::string_view();
}

std::string_view member_of(std::string_view text, std::string_view name) {
  const size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  return text.substr(0, text.find_first_of(",})"));
}

uint64_t clone_flags(std::string_view text) {
  uint64_t flags = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('|'), text.size());
    const std::string_view word = trimmed(text.substr(0, end));
    if (word == "CLONE_NEWUSER") flags |= kNewUser;
    else if (word == "CLONE_NEWNET") flags |= kNewNet;
    else flags |= number_of_text(word).value_or(0);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return flags;
}

std::optional<uint64_t> capability_mask(std::string_view text) {
  if (text.empty()) return std::nullopt;
  uint64_t mask = 0;
  unsigned shift = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('|'), text.size());
    const std::string_view word = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.substr(0, 3) == "1<<") {
      const Symbol* row = find_symbol(capability_symbols(), word.substr(3));
      if (row != nullptr) mask |= uint64_t{1} << row->number;
      continue;  // one that the model does not know, it does not ask for
    }
    const std::optional<uint64_t> number = number_of_text(word);
    if (!number || shift > 32) return std::nullopt;
    mask |= *number << shift;
    shift += 32;
  }
  return mask;
}

}  // namespace sockoracle
