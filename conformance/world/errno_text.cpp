// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/errno_text.h"

#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

struct ErrnoWord {
  std::string_view word, name;
};
constexpr ErrnoWord kWords[] = {
#define ERRNO_WORD(word, name) {word, name},
#include "conformance/world/errno_words.def"
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<int32_t> of_number(std::string_view text) {
  if (!text.empty() && text.front() == '-') text.remove_prefix(1);
  const std::optional<int32_t> number = whole_number<int32_t>(text);
  if (!number || *number <= 0 || errno_name(*number).empty()) return std::nullopt;
  return number;
}

// A name, a number or a text, and nothing else.
std::optional<int32_t> of_word(std::string_view text) {
  if (const std::optional<int32_t> number = of_number(text)) return number;
  for (const ErrnoSymbol& row : errno_symbols())
    if (same_word(text, row.name) || same_word(text, row.text)) return row.number;
  for (const ErrnoWord& row : kWords)
    if (same_word(text, row.word)) return find_errno(row.name)->number;
  return std::nullopt;
}

// "[Errno 97] Address ...", "(os error 97)", "errno=97", "errno: 97": the number behind the word.
std::optional<int32_t> behind_errno(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  for (const std::string_view word : {"errno", "os error"}) {
    for (size_t at = 0; at + word.size() <= text.size(); ++at) {
      if (!same_word(text.substr(at, word.size()), word)) continue;
      std::string_view rest = text.substr(at + word.size());
      rest.remove_prefix(std::min(rest.find_first_not_of(" =:-"), rest.size()));
      return of_number(rest.substr(0, rest.find_first_not_of(kDigits)));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<int32_t> errno_of_text(std::string_view text) {
  constexpr std::string_view kAround = " \t\r\n\"'.,;!";
  const auto stripped = [&](std::string_view word) {
    const size_t begin = std::min(word.find_first_not_of(kAround), word.size());
    return word.substr(begin, word.find_last_not_of(kAround) + 1 - begin);
  };
  if (const auto whole = of_word(trimmed(text))) return whole;  // .lib section in ...
  text = stripped(text);
  if (const auto whole = of_word(text)) return whole;
  if (const auto number = behind_errno(text)) return number;
  // "-1 EPERM (Operation not permitted)", "EPERM (Operation not permitted)".
  if (text.starts_with("-1 ")) text = stripped(text.substr(3));
  if (const size_t bracket = text.find(" ("); bracket != std::string_view::npos)
    if (const auto name = of_word(stripped(text.substr(0, bracket)))) return name;
  if (text.ends_with(")")) text.remove_suffix(1);
  for (size_t at = 0; (at = text.find(": ", at)) != std::string_view::npos; at += 2)
    if (const auto tail = of_word(stripped(text.substr(at + 2)))) return tail;
  return of_word(text);
}

int32_t errno_argument(const std::string& flag, const std::string& text) {
  const std::optional<int32_t> number = errno_of_text(text);
  if (!number)
    throw UsageError(flag + " " + text +
                     ": accepted is an errno's name (EPERM), its number (1) or its text "
                     "(\"Operation not permitted\")");
  return *number;
}

}  // namespace sockoracle
