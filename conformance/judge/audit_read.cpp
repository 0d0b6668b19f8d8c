// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <array>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/judge/audit.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kLineMax = 1000;
constexpr size_t kRowsMax = 100000;

enum class Column : uint8_t {
  call,
  family,
  type,
  protocol,
  expect,
  as,
  because,
  name,
  description
};
constexpr std::string_view kColumns[] = {"call", "family",  "type", "protocol",   "expect",
                                         "as",   "because", "name", "description"};
constexpr size_t kColumnCount = std::size(kColumns);

// What descriptions say, and what they claim with it. The first that occurs counts.
struct Hint {
  std::string_view word;
  Claim claim;
};
constexpr Hint kHints[] = {
    {"non-root", Claim::caller},   {"nonroot", Claim::caller},    {"unprivileged", Claim::caller},
    {"privilege", Claim::caller},  {"permission", Claim::caller}, {"CAP_", Claim::caller},
    {"capability", Claim::caller}, {"domain", Claim::family},     {"family", Claim::family},
    {"protocol", Claim::protocol}, {"type", Claim::type},
};

std::string listed(const std::vector<std::string_view>& names) {
  std::string text;
  for (const std::string_view name : names) text += (text.empty() ? "" : " ") + std::string(name);
  return text;
}

class AuditReader {
 public:
  explicit AuditReader(const std::string& file) : file_(file) {}

  void line(std::string_view text) {
    ++number_;
    if (text.size() > kLineMax) {
      refuse("longer than " + std::to_string(kLineMax) + " characters", "one test");
    }
    for (const char c : text) {
      if (c != '\t' && c != '\r' && (c < 0x20 || c > 0x7e)) {
        refuse("a byte that is not printable", "printable ASCII and tabs");
      }
    }
    if (trimmed(text).empty() || trimmed(text).front() == '#') return;
    if (rows_.size() == kRowsMax) refuse("too long", std::to_string(kRowsMax) + " tests");
    if (heading_.empty() && rows_.empty() && is_heading(text)) return read_heading(text);
    AuditRow row;
    row.file = file_;
    row.line = number_;
    if (heading_.empty()) {
      read_logged(text, &row);
    } else {
      read_cells(text, &row);
    }
    if (row.claim == Claim::none) take_hint(&row);
    rows_.push_back(std::move(row));
  }

  std::vector<AuditRow> take() { return std::move(rows_); }

 private:
  using Cells = std::array<std::string, kColumnCount>;

  [[noreturn]] void refuse(const std::string& what, const std::string& accepted) const {
    throw UsageError(file_ + ":" + std::to_string(number_) + ": " + what + ": accepted is " +
                     accepted);
  }

  // A heading has tabs, and no call.
  static bool is_heading(std::string_view text) {
    return text.find('\t') != std::string_view::npos && text.find('(') == std::string_view::npos;
  }

  void read_heading(std::string_view text) {
    for (size_t start = 0; start <= text.size();) {
      const size_t end = std::min(text.find('\t', start), text.size());
      const std::string_view word = trimmed(text.substr(start, end - start));
      const auto* found = std::find(std::begin(kColumns), std::end(kColumns), word);
      if (found == std::end(kColumns)) {
        refuse("column \"" + std::string(word) + "\"",
               listed({std::begin(kColumns), std::end(kColumns)}));
      }
      const auto column = static_cast<Column>(found - std::begin(kColumns));
      if (has(column)) refuse("column \"" + std::string(word) + "\" twice", "each column once");
      heading_.push_back(column);
      start = end + 1;
    }
    const bool parts = has(Column::family) && has(Column::type) && has(Column::protocol);
    if (has(Column::call) == parts || !has(Column::expect)) {
      refuse("these columns", "expect, and either call or family, type and protocol");
    }
  }

  bool has(Column column) const {
    return std::find(heading_.begin(), heading_.end(), column) != heading_.end();
  }

  void read_cells(std::string_view text, AuditRow* row) {
    Cells cells;
    size_t count = 0, start = 0;
    for (; start <= text.size(); ++count) {
      const size_t end = std::min(text.find('\t', start), text.size());
      if (count < heading_.size()) {
        cells[static_cast<size_t>(heading_[count])] = trimmed(text.substr(start, end - start));
      }
      start = end + 1;
    }
    if (count != heading_.size()) {
      refuse(std::to_string(count) + " columns",
             std::to_string(heading_.size()) + ", as in the heading");
    }
    const auto cell = [&](Column column) -> std::string& {
      return cells[static_cast<size_t>(column)];
    };
    if (has(Column::family)) {
      cell(Column::call) = "socket(" + cell(Column::family) + ", " + cell(Column::type) + ", " +
                           cell(Column::protocol) + ")";
    }
    read_call(cell(Column::call), row, nullptr);
    read_expected(cell(Column::expect), row);
    row->name = cell(Column::name);
    row->description = cell(Column::description);
    if (!cell(Column::as).empty()) read_context(cell(Column::as), row);
    if (!cell(Column::because).empty()) read_claim(cell(Column::because), row);
  }

  void read_call(std::string_view text, AuditRow* row, size_t* end) {
    CallError error;
    if (parse_call(text, &row->call, &error, end)) return;
    refuse("character " + std::to_string(error.position + 1) + " of the call",
           std::string(error.accepted));
  }

  // "ok", "0", "EPERM", "-1 EPERM (Operation not permitted)", "EPERM|EACCES".
  void read_expected(std::string_view text, AuditRow* row) {
    constexpr std::string_view kAccepted = "ok, an errno's name, or several joined by |";
    std::string_view rest = trimmed(text.substr(0, text.find('(')));
    if (rest.substr(0, 3) == "-1 ") rest = trimmed(rest.substr(3));
    while (true) {
      const size_t bar = std::min(rest.find('|'), rest.size());
      const std::string_view word = trimmed(rest.substr(0, bar));
      const ErrnoSymbol* symbol = find_errno(word);
      const bool number =
          !word.empty() && word.find_first_not_of("0123456789") == std::string_view::npos;
      if (symbol == nullptr && word != "ok" && !number) {
        refuse("\"" + std::string(word) + "\"", std::string(kAccepted));
      }
      row->expected.push_back(symbol == nullptr ? 0 : symbol->number);
      if (bar == rest.size()) return;
      rest.remove_prefix(bar + 1);
    }
  }

  void read_context(std::string_view text, AuditRow* row) {
    if (find_context(text) == nullptr) {
      std::vector<std::string_view> names;
      for (const ContextRow& context : contexts()) names.push_back(context.name);
      refuse("caller \"" + std::string(text) + "\"", listed(names));
    }
    row->context = text;
  }

  void read_claim(std::string_view text, AuditRow* row) {
    for (const Claim claim : {Claim::family, Claim::type, Claim::protocol, Claim::caller}) {
      if (text == claim_name(claim)) row->claim = claim;
    }
    if (const RuleRow* rule = find_rule(text)) {
      row->claim = Claim::rule;
      row->rule = rule->id;
    }
    if (row->claim == Claim::none) {
      refuse("reason \"" + std::string(text) + "\"",
             "family, type, protocol, caller, or a rule of `sockoracle list rules`");
    }
    row->source = "as it says itself";
  }

  // "socket(...) = -1 EPERM (...)   # as nobody; because caller; name x; anything else"
  void read_logged(std::string_view text, AuditRow* row) {
    const size_t hash = text.find('#');
    const std::string_view logged = trimmed(text.substr(0, hash));
    size_t end = 0;
    read_call(logged, row, &end);
    const size_t sign = logged.find('=', end);
    if (sign == std::string_view::npos) {
      refuse("a call without a result", "socket(...) = 3, or socket(...) = -1 ERRNO");
    }
    read_expected(logged.substr(sign + 1), row);
    if (hash == std::string_view::npos) return;
    std::string_view rest = text.substr(hash + 1);
    while (!rest.empty()) {
      const size_t semicolon = std::min(rest.find(';'), rest.size());
      read_remark(trimmed(rest.substr(0, semicolon)), row);
      rest.remove_prefix(std::min(semicolon + 1, rest.size()));
    }
  }

  void read_remark(std::string_view text, AuditRow* row) {
    const size_t blank = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, blank);
    const std::string_view value = trimmed(text.substr(blank));
    if (word == "as") {
      read_context(value, row);
    } else if (word == "because") {
      read_claim(value, row);
    } else if (word == "name") {
      row->name = value;
    } else if (!text.empty()) {
      row->description += (row->description.empty() ? "" : "; ") + std::string(text);
    }
  }

  // Only failures have a reason. A caller that is not the usual one is there for a purpose.
  static void take_hint(AuditRow* row) {
    if (std::find(row->expected.begin(), row->expected.end(), 0) != row->expected.end()) return;
    for (const Hint& hint : kHints) {
      if (row->description.find(hint.word) == std::string::npos) continue;
      row->claim = hint.claim;
      row->source = "\"" + std::string(hint.word) + "\" in its description";
      return;
    }
    if (row->context.empty() || row->context == "root") return;
    row->claim = Claim::caller;
    row->source = "as " + row->context;
  }

  const std::string& file_;
  size_t number_ = 0;
  std::vector<Column> heading_;
  std::vector<AuditRow> rows_;
};

}  // namespace

std::string_view claim_name(Claim claim) {
  constexpr std::string_view kNames[] = {"none", "family", "type", "protocol", "caller", "rule"};
  return kNames[static_cast<size_t>(claim)];
}

std::vector<AuditRow> read_audit(std::string_view text, const std::string& file) {
  AuditReader reader(file);
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    reader.line(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return reader.take();
}

}  // namespace sockoracle
