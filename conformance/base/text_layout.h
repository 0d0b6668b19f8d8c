// SPDX-License-Identifier: GPL-2.0-only
// Columns and paragraphs of the text output.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

// The columns that text may take: the terminal's (terminal.h), or those of a file.
inline size_t& layout_width() {
  static size_t width = 100;
  return width;
}

// The text, filled up to the width with blanks; at least two follow it.
inline std::string padded(std::string_view text, size_t width) {
  std::string out(text);
  out.resize(std::max(width, out.size() + 2), ' ');
  return out;
}

// How long the sentence's first word is. A flag and its value are one, as is what quotes hold.
inline size_t first_word_length(std::string_view sentence) {
  const auto next_blank = [&](size_t at) {
    return std::min(sentence.find(' ', at), sentence.size());
  };
  size_t end = next_blank(0);
  const bool dashes = sentence.substr(0, 2) == "--" || sentence.substr(0, 3) == "(--";
  const bool flag = dashes && sentence.substr(0, end).find_first_of("=)") == std::string_view::npos;
  if (flag && end != sentence.size() && sentence[end + 1] != '-') end = next_blank(end + 1);
  const auto quotes = [&] {
    const std::string_view word = sentence.substr(0, end);
    return std::count(word.begin(), word.end(), '"');
  };
  while (end != sentence.size() && quotes() % 2 != 0) end = next_blank(end + 1);
  return end;
}

// A sentence, broken between words at the width; it begins at `indent`, as further lines do.
inline std::string paragraph(std::string_view sentence, size_t indent,
                             size_t width = layout_width()) {
  std::string text;
  size_t column = indent;
  while (!sentence.empty()) {
    const size_t end = first_word_length(sentence);
    if (column != indent && column + 1 + end > width) {
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

// The words with two blanks between them, broken at the width; further lines are indented.
inline std::string wrapped(const std::vector<std::string>& words, size_t indent) {
  const size_t width = layout_width();
  std::string text;
  size_t column = indent;
  for (const std::string& word : words) {
    if (!text.empty() && column + 2 + word.size() > width) {
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
