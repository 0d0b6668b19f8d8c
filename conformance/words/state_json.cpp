// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/words/state_json.h"

#include <charconv>
#include <vector>

#include "conformance/base/json_reader.h"
#include "model/observables.h"
#include "model/symbols.h"
#include "model/value.h"

namespace sockoracle {
namespace {

void append_number(std::string& out, int64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

void append_unsigned(std::string& out, uint64_t number) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, static_cast<size_t>(end - digits));
}

// `"ENOPROTOOPT"` by number, quoted once: half of a socket's views are refused.
void append_errno(std::string& out, int32_t error) {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> made;
    for (const ErrnoSymbol& row : errno_symbols()) {
      if (static_cast<size_t>(row.number) >= made.size())
        made.resize(static_cast<size_t>(row.number) + 1);
      append_quoted(made[static_cast<size_t>(row.number)], row.name);
    }
    return made;
  }();
  const auto index = static_cast<size_t>(error);
  if (index < names.size() && !names[index].empty()) out += names[index];
  else append_number(out, error);
}

void append_value(std::string& out, const Value& value, Format format) {
  switch (value.kind) {
    case Value::Kind::none: out += "null"; break;
    case Value::Kind::number:
      if (format == Format::u64) append_unsigned(out, static_cast<uint64_t>(value.v[0]));
      else append_number(out, value.v[0]);
      break;
    case Value::Kind::list:
      out += '[';
      for (size_t i = 0; i < value.count; ++i) {
        if (i != 0) out += ',';
        append_number(out, value.v[i]);
      }
      out += ']';
      break;
    case Value::Kind::text: append_quoted(out, value.text); break;
    case Value::Kind::error: append_errno(out, value.error); break;
  }
}

// `"SO_TYPE":` of each observable, quoted once.
const std::vector<std::string>& keys() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made;
    for (const Observable& row : observables()) {
      std::string key;
      append_quoted(key, row.name);
      made.push_back(key + ":");
    }
    return made;
  }();
  return all;
}

}  // namespace

void append_state(std::string& out, const Answer& answer) {
  if (answer.state.empty()) {
    out += "null";
    return;
  }
  const std::vector<std::string>& names = keys();
  const auto rows = observables();
  char separator = '{';
  for (size_t i = 0; i < answer.state.size() && i < names.size(); ++i) {
    if (answer.state[i].kind == Value::Kind::none) continue;
    out += separator;
    separator = ',';
    out += names[i];
    append_value(out, answer.state[i], rows[i].format);
  }
  if (separator == '{') out += '{';
  out += '}';
}

void append_hazards(std::string& out, HazardSet hazards) {
  out += '[';
  bool first = true;
  for (size_t i = 0; i < kHazardCount; ++i) {
    if (!hazards.has(static_cast<Hazard>(i))) continue;
    if (!first) out += ',';
    first = false;
    append_quoted(out, hazard_name(static_cast<Hazard>(i)));
  }
  out += ']';
}

}  // namespace sockoracle
