// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/pasted_call.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "conformance/base/cli_error.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr std::string_view kEntries[] = {"socketpair", "socketcall", "io_uring_socket", "socket"};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool is_word(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

size_t after_blanks(std::string_view text, size_t at) {
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// What a log or a program may have before a call: words, numbers, assignments, brackets, but no
// call of something else that ends before this one begins.
bool is_lead(std::string_view text) {
  constexpr std::string_view kMarks = "[]():.,+-*&=<>!_\"'`{;$#@/%|";
  std::vector<bool> calls;  // of each open bracket: does a name stand before it
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (!is_word(c) && !is_blank(c) && kMarks.find(c) == std::string_view::npos) return false;
    if (c == '(') calls.push_back(at != 0 && is_word(text[at - 1]));
    if (c != ')') continue;
    if (calls.empty() || calls.back()) return false;
    calls.pop_back();
  }
  return true;
}

// Where a call begins: the name of an entry point as a word, before a bracket. npos: nowhere.
size_t find_entry(std::string_view text) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (at != 0 && is_word(text[at - 1])) continue;
    for (const std::string_view name : kEntries) {
      if (text.substr(at, name.size()) != name) continue;
      const size_t next = after_blanks(text, at + name.size());
      if (next < text.size() && text[next] == '(') return at;
    }
  }
  return std::string_view::npos;
}

// "= -1 EACCES (Permission denied)", "= 3<TCP:[1]>", "= -13", "= -1 (errno 13)", "= ?".
class Result {
 public:
  explicit Result(std::string_view text) : text_(text) {}

  bool read(std::optional<int32_t>* error) {
    skip_blanks();
    if (text_.empty()) return false;
    if (text_[0] == '?') return true;
    const bool negative = text_[0] == '-';
    if (negative) text_.remove_prefix(1);
    if (negative && text_.substr(0, 1) == "E") return name(error);  // = -EACCES
    int64_t number = 0;
    if (!take_number(&number)) return false;
    if (!negative) {
      *error = 0;
      return true;
    }
    if (number != 1) return known(number, error);
    skip_blanks();
    if (text_.substr(0, 1) == "E") return name(error);
    for (const std::string_view word : {"(errno ", "errno=", "errno "}) {
      if (text_.substr(0, word.size()) != word) continue;
      text_.remove_prefix(word.size());
      return take_number(&number) && known(number, error);
    }
    return false;
  }

 private:
  void skip_blanks() { text_.remove_prefix(after_blanks(text_, 0)); }

  bool take_number(int64_t* out) {
    const char* const end = text_.data() + text_.size();
    const auto [rest, error] = std::from_chars(text_.data(), end, *out);
    if (error != std::errc()) return false;
    text_.remove_prefix(static_cast<size_t>(rest - text_.data()));
    return true;
  }

  bool name(std::optional<int32_t>* error) {
    size_t length = 0;
    while (length < text_.size() && is_word(text_[length])) ++length;
    const ErrnoSymbol* symbol = find_errno(text_.substr(0, length));
    if (symbol == nullptr) return false;
    *error = symbol->number;
    return true;
  }

  static bool known(int64_t number, std::optional<int32_t>* error) {
    if (number < 1 || number > 4095 || errno_name(static_cast<int32_t>(number)).empty())
      return false;
    *error = static_cast<int32_t>(number);
    return true;
  }

  std::string_view text_;
};

[[noreturn]] void refuse(const std::string& text, size_t position, std::string_view accepted) {
  throw UsageError("CALL '" + text + "', character " + std::to_string(position + 1) +
                   ": accepted is " + std::string(accepted));
}

// Where the call goes on as one of a program: `;`, `) < 0`, a closing quote, a comment.
bool is_tail(char c) {
  return std::string_view(";)\"'`<>=!{},|&/?:").find(c) != std::string_view::npos;
}

bool is_assignment(std::string_view text, size_t at) {
  return text[at] == '=' && text.substr(at, 2) != "==";
}

// For the strict reader, which takes no line's end and no blank before the bracket: those blanks
// move before the name, so that positions stay.
std::string for_reader(std::string_view text, size_t start, size_t bracket) {
  std::string_view name = text.substr(start, bracket - start);
  while (is_blank(name.back())) name.remove_suffix(1);
  std::string call(bracket - start - name.size(), ' ');
  call += name;
  call += text.substr(bracket);
  for (char& c : call)
    if (c == '\n' || c == '\r') c = ' ';
  return call;
}

}  // namespace

PastedCall pasted_call(const std::string& text) {
  PastedCall pasted;
  CallError error;
  const size_t start = find_entry(text);
  if (start == std::string::npos || !is_lead(std::string_view(text).substr(0, start))) {
    if (!parse_call(text, &pasted.call, &error)) refuse(text, error.position, error.accepted);
    return pasted;
  }
  const std::string call = for_reader(text, start, text.find('(', start));
  size_t used = 0;
  if (!parse_call(call, &pasted.call, &error, &used))
    refuse(text, start + error.position, error.accepted);
  const size_t next = after_blanks(text, start + used);
  if (next == text.size()) return pasted;
  if (!is_tail(text[next])) refuse(text, next, "nothing after the call, or = and the result");
  if (is_assignment(text, next) &&
      !Result(std::string_view(text).substr(next + 1)).read(&pasted.error))
    refuse(text, next + 1, "a descriptor, -1 and an errno, or ?");
  return pasted;
}

int32_t family_argument(const std::string& text) {
  std::string name = text;
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  const std::string tries[] = {text, name, "AF_" + name};
  for (const std::string& word : tries) {
    Call call;
    CallError error;
    if (parse_call("socket(" + word + ", 0, 0)", &call, &error)) return call.family;
  }
  throw UsageError("--family " + text +
                   ": accepted is AF_INET6, PF_INET6, inet6 and the like, or a 32-bit number");
}

}  // namespace sockoracle
