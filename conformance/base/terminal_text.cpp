// SPDX-License-Identifier: GPL-2.0-only
// The pure half of terminal.h: harmless, folded, coloured text.
#include <algorithm>

#include "conformance/base/terminal.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kTextMin = 24;  // a column narrower than this is not worth standing below

uint8_t byte_at(std::string_view text, size_t at) { return static_cast<uint8_t>(text[at]); }

// The length of the UTF-8 character at `at`; 0 where there is none. Overlong forms, surrogates and
// what lies above U+10FFFF are none.
size_t utf8_length(std::string_view text, size_t at) {
  const uint8_t first = byte_at(text, at);
  if (first < 0x80) return 1;
  const size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + length > text.size()) return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte_at(text, at + i) & 0xc0) != 0x80) return 0;
  const uint8_t second = byte_at(text, at + 1);
  const bool bad = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                   (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
  return bad ? 0 : length;
}

void put_hex(std::string& out, uint8_t byte) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\x";
  out += kHex[byte >> 4];
  out += kHex[byte & 15];
}

std::string harmless(std::string_view text, bool newlines) {
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const uint8_t byte = byte_at(text, at);
    const size_t length = utf8_length(text, at);
    const bool c1 = length == 2 && byte == 0xc2 && byte_at(text, at + 1) < 0xa0;
    const bool c0 = byte < 0x20 || byte == 0x7f;
    if (byte == '\n' && newlines) {
      out += '\n';
    } else if (length == 0 || c1 || c0) {
      put_hex(out, c1 ? byte_at(text, at + 1) : byte);
    } else {
      out += text.substr(at, length);
    }
    at += std::max<size_t>(length, 1);
  }
  return out;
}

size_t columns(std::string_view text) {
  const auto begins = [](char c) { return (static_cast<uint8_t>(c) & 0xc0) != 0x80; };
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), begins));
}

// One line that is too long. Further lines begin at `hang`: below the last column that leaves room,
// and nothing before it is broken.
class Fold {
 public:
  Fold(std::string_view line, size_t width) : rest_(line), width_(width) {
    const size_t start = std::min(line.find_first_not_of(' '), line.size());
    hang_ = start == 0 ? kHang : start;
    size_t text = start;
    for (size_t at = line.find("  ", start); at != std::string_view::npos;
         at = line.find("  ", at)) {
      at = std::min(line.find_first_not_of(' ', at), line.size());
      if (at + kTextMin > width) break;
      hang_ = text = at;
    }
    command_ = line.substr(text, kCommand.size()) == kCommand;
  }

  std::string text() {
    std::string out;
    while (columns(rest_) > width_) {
      const size_t at = break_at();
      if (at == std::string_view::npos) break;
      const size_t next = rest_.find_first_not_of(' ', at);
      out += rest_.substr(0, at) + (command_ ? " \\\n" : "\n");
      rest_ = std::string(hang_ + (command_ ? kHang : 0), ' ') + rest_.substr(next);
    }
    return out + rest_;
  }

 private:
  static constexpr size_t kHang = 4;
  static constexpr std::string_view kCommand = "sockoracle ";

  // The last blank that the width allows, better a gap between columns behind which the rest fits,
  // else the first blank there is; npos where no word follows. A quoted argument stays whole.
  size_t break_at() const {
    const size_t room = command_ ? width_ - 2 : width_;
    size_t best = std::string_view::npos, column = 0;
    bool quoted = false;
    for (size_t at = 0; at < rest_.size(); ++at) {
      const bool begins = (byte_at(rest_, at) & 0xc0) != 0x80;
      if (begins) ++column;
      if (rest_[at] == '\'' && command_) quoted = !quoted;
      if (rest_[at] != ' ' || at <= hang_ || quoted || rest_[at - 1] == ' ') continue;
      const size_t next = rest_.find_first_not_of(' ', at);
      if (next == std::string_view::npos) break;
      if (rest_.find_first_not_of(' ') >= at || splits_flag(at, next)) continue;
      if (column - 1 > room) return best == std::string_view::npos ? at : best;
      best = at;
      const bool gap = next - at >= 2;
      if (gap && hang_ + columns(std::string_view(rest_).substr(next)) <= width_) break;
    }
    return best;
  }

  // Between a command's flag and its value.
  bool splits_flag(size_t at, size_t next) const {
    const size_t word = rest_.rfind(' ', at - 1) + 1;
    return command_ && rest_.compare(word, 2, "--") == 0 && rest_[next] != '-';
  }

  std::string rest_;
  size_t width_, hang_ = 0;
  bool command_ = false;
};

// -- colours

constexpr std::string_view kRed = "\x1b[31m", kGreen = "\x1b[32m", kYellow = "\x1b[33m",
                           kCyan = "\x1b[36m", kBold = "\x1b[1m", kPlain = "\x1b[0m";

// A line's first word, where it is a verdict.
struct WordStyle {
  std::string_view word;
  std::string_view style;
};
constexpr WordStyle kFirstWords[] = {
    {"finding", kRed},  {"DIFFERS", kRed},    {"stale", kRed},        {"differs", kRed},
    {"known", kYellow}, {"unknown", kYellow}, {"elsewhere", kYellow}, {"skipped", kYellow},
    {"ok", kGreen},     {"conforms", kGreen},
};

std::string styled(std::string_view text, std::string_view style) {
  return std::string(style) + std::string(text) + std::string(kPlain);
}

bool is_name(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

// Names of errnos, and the result of a call.
std::string with_errnos(std::string_view line) {
  std::string out;
  for (size_t at = 0; at < line.size();) {
    if (line.substr(at, 4) == ") = " && at + 4 < line.size() && line[at + 4] >= '0' &&
        line[at + 4] <= '9') {
      const size_t end = std::min(line.find_first_not_of("0123456789", at + 4), line.size());
      out += ") = " + styled(line.substr(at + 4, end - at - 4), kGreen);
      at = end;
      continue;
    }
    size_t end = at;
    while (end < line.size() && is_name(line[end])) ++end;
    const std::string_view word = line.substr(at, std::max<size_t>(end - at, 1));
    const bool is_errno = word.size() > 2 && word[0] == 'E' && find_errno(word) != nullptr;
    out += is_errno ? styled(word, kRed) : std::string(word);
    at += word.size();
  }
  return out;
}

std::string coloured_line(std::string_view line) {
  const size_t start = line.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::string(line);
  const size_t gap = line.find("  ", start);
  const std::string_view label = line.substr(start, std::min(gap, line.size()) - start);
  if (start == 0) {
    const std::string_view word = line.substr(0, line.find(' '));
    for (const WordStyle& row : kFirstWords)
      if (row.word == word) return styled(word, row.style) + with_errnos(line.substr(word.size()));
    return with_errnos(line);
  }
  // "  decided by   ...": small letters only, then the column of the text.
  const bool is_label =
      start == 2 && gap != std::string_view::npos && label.size() <= 13 &&
      label.find_first_not_of("abcdefghijklmnopqrstuvwxyz_ 0123456789") == std::string_view::npos &&
      label[0] >= 'a' && label[0] <= 'z';
  if (!is_label) return with_errnos(line);
  return "  " + styled(label, kCyan) + with_errnos(line.substr(start + label.size()));
}

template <class Change>
std::string by_line(std::string_view text, const Change& change) {
  std::string out;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    out += change(text.substr(0, end));
    if (end != text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string visible(std::string_view text) { return harmless(text, true); }

std::string visible_line(std::string_view text) { return harmless(text, false); }

std::string folded(std::string_view text, size_t width) {
  return by_line(text, [&](std::string_view line) {
    return columns(line) <= width ? std::string(line) : Fold(line, width).text();
  });
}

std::string coloured(std::string_view text) {
  bool first = true;
  return by_line(text, [&](std::string_view line) {
    const bool title = first && line.find(") = ") != std::string_view::npos;
    first = false;
    if (!title) return coloured_line(line);
    const size_t end = line.find(") = ") + 1;
    return styled(line.substr(0, end), kBold) + with_errnos(line.substr(end));
  });
}

}  // namespace sockoracle
