// SPDX-License-Identifier: GPL-2.0-only
// Columns and paragraphs of the text output.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

// The text, filled up to the width with blanks; at least two follow it.
inline std::string padded(std::string_view text, size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size() + 2), ' ');
  return out;
}

// A sentence, broken between words at 100 columns; it begins at `indent`, as further lines do.
inline std::string paragraph(std::string_view sentence, size_t indent) {
  constexpr size_t kWidth = 100;
  std::string text;
  size_t column = indent;
  while (!sentence.empty()) {
    const size_t end = std::min(sentence.find(' '), sentence.size());
    if (column != indent && column + 1 + end > kWidth) {
      text += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column != indent) {
      text += ' ';
      ++column;
    }
    text += sentence.substr(0, end);
    column += end;
    sentence.remove_prefix(std::min(end + 1, sentence.size()));
  }
  return text;
}

// The words with two blanks between them, broken at 100 columns; further lines are indented.
inline std::string wrapped(const std::vector<std::string>& words, size_t indent) {
  constexpr size_t kWidth = 100;
  std::string text;
  size_t column = indent;
  for (const std::string& word : words) {
    if (!text.empty() && column + 2 + word.size() > kWidth) {
      text += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!text.empty()) {
      text += "  ";
      column += 2;
    }
    text += word;
    column += word.size();
  }
  return text;
}

}  // namespace sockoracle
