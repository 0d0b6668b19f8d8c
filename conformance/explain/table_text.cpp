// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/table_text.h"

#include <algorithm>
#include <limits>

#include "conformance/base/json_out.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/explain/table_cells.h"
#include "conformance/words/answer_json.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

std::string type_label(int32_t type) {
  const std::string_view name = type_name(type);
  return std::to_string(type) + (name.empty() ? "" : " " + std::string(name));
}

std::string types_label(const std::vector<int32_t>& types) {
  std::string text;
  for (size_t i = 0; i < types.size(); ++i) {
    size_t last = i;
    while (last + 1 < types.size() && types[last + 1] == types[last] + 1 &&
           type_name(types[last + 1]).empty() && type_name(types[i]).empty())
      ++last;
    text += i == 0 ? "" : ", ";
    text += type_label(types[i]);
    if (last != i) text += " to " + std::to_string(types[last]);
    i = last;
  }
  return text;
}

std::string protocol_label(int32_t family, int32_t low, int32_t high) {
  constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
  constexpr int32_t kMax = std::numeric_limits<int32_t>::max();
  if (low == kMin && high == kMax) return "any";
  if (low == kMin) return high == -1 ? "below 0" : "up to " + std::to_string(high);
  if (high == kMax) return std::to_string(low) + " and above";
  if (low != high) return std::to_string(low) + " to " + std::to_string(high);
  char room[kCallTextMax];
  const std::string name(room, print_protocol(family, low, room));
  return name == std::to_string(low) ? name : std::to_string(low) + " " + name;
}

std::string answer_label(const TableCell& cell) {
  if (cell.rule == Rule::family_not_modelled) return "?";
  if (cell.error != 0) return answer_name(cell.error);
  return cell.proto.empty() ? "ok" : "ok, " + cell.proto;
}

constexpr std::string_view kBadFlags = "any with another bit than SOCK_CLOEXEC, SOCK_NONBLOCK";
constexpr size_t kTypeWidth = 4, kAnswerWidth = 20, kRuleWidth = 22;

std::string line_of(std::string_view answer, std::string_view rule, std::string_view protocols) {
  return std::string(kTypeWidth, ' ') + padded(answer, kAnswerWidth) + padded(rule, kRuleWidth) +
         std::string(protocols) + "\n";
}

// "0x123", "0x40000000 to 0x4fffffff", "all with 0x100 of 0x300".
std::string set_label(const TypeWords& words) {
  const auto hex = [](uint32_t value) {
    constexpr char kHex[] = "0123456789abcdef";
    std::string digits;
    do digits.insert(digits.begin(), kHex[value & 15]);
    while ((value >>= 4) != 0);
    return "0x" + digits;
  };
  const uint32_t open = ~words.mask;
  if (open == 0) return hex(words.value);
  if ((open & (open + 1)) == 0) return hex(words.value) + " to " + hex(words.value | open);
  return "all with " + hex(words.value) + " of " + hex(words.mask);
}

std::string row_label(const TableRow& row) {
  if (row.others) return std::string(kBadFlags);
  std::vector<std::string> parts;
  if (!row.types.empty()) parts.push_back(types_label(row.types));
  for (const int32_t word : row.words) {
    char room[kCallTextMax];
    parts.emplace_back(room, print_type(word, room));
  }
  for (const TypeWords& words : row.sets) parts.push_back(set_label(words));
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return row.sets.empty() ? text : paragraph("of words with another bit: " + text, 0);
}

std::string text_of(const Setting& setting, int32_t family, const TableRows& rows) {
  char room[kCallTextMax];
  const std::string name(room, print_family(family, room));
  std::string text = "socket(" + name + ", type, protocol)    " + asked_of_text(setting) +
                     "\n\ntype" + "\n" + line_of("answer", "rule", "protocols") + "\n";
  bool flags_matter = false;
  for (const TableRow& row_ : rows) {
    flags_matter = flags_matter || !row_.words.empty();
    text += row_label(row_) + "\n";
    for (const TableCell& cell : row_.cells) {
      std::vector<std::string> words;
      for (size_t i = 0; i < cell.ranges.size(); ++i)
        words.push_back(protocol_label(family, cell.ranges[i].first, cell.ranges[i].second) +
                        (i + 1 == cell.ranges.size() ? "" : ","));
      text += line_of(answer_label(cell), row(cell.rule).name,
                      wrapped(words, kTypeWidth + kAnswerWidth + kRuleWidth));
    }
  }
  text += flags_matter ? "\nWhere a type has a number, SOCK_CLOEXEC and SOCK_NONBLOCK change no "
                         "answer."
                       : "\nSOCK_CLOEXEC and SOCK_NONBLOCK change no answer.";
  return text + " Complete: 2^32 type words, 2^32 protocols.\n";
}

void put_answers(JsonOut& out, const std::vector<TableCell>& cells) {
  out.key("answers");
  out.begin_list();
  for (const TableCell& cell : cells) {
    out.begin_object();
    put_errno(out, cell.error, cell.rule);
    out.member("rule", row(cell.rule).name);
    if (cell.error == 0) out.member("proto", cell.proto);
    std::string ranges;
    for (const auto& [low, high] : cell.ranges)
      ranges +=
          (ranges.empty() ? "[" : ",[") + std::to_string(low) + "," + std::to_string(high) + "]";
    out.key("protocols");
    out.raw("[" + ranges + "]");
    out.end_object();
  }
  out.end_list();
}

void put_numbers(JsonOut& out, const char* name, const std::vector<int32_t>& numbers) {
  std::string text;
  for (const int32_t number : numbers) text += (text.empty() ? "" : ",") + std::to_string(number);
  out.key(name);
  out.raw("[" + text + "]");
}

// Type words with another bit than the two flags: [mask, value] each, or all that are left.
void put_other_words(JsonOut& out, const TableRows& rows) {
  out.key("other_words");
  out.begin_list();
  for (const TableRow& row_ : rows) {
    if (!row_.others && row_.sets.empty()) continue;
    out.begin_object();
    std::string sets;
    for (const TypeWords& words : row_.sets)
      sets += (sets.empty() ? "[" : ",[") + std::to_string(words.mask) + "," +
              std::to_string(words.value) + "]";
    out.key("sets");
    out.raw(row_.others ? "null" : "[" + sets + "]");
    put_answers(out, row_.cells);
    out.end_object();
  }
  out.end_list();
}

std::string json_of(const Setting& setting, int32_t family, const TableRows& rows) {
  JsonOut out;
  out.begin_object();
  out.member("release", release_text(setting.world.release));
  if (!setting.release_note.empty()) out.member("release_note", setting.release_note);
  out.member("caller", setting.caller);
  out.member("flags", setting.flags);
  out.member("family", family);
  out.key("rows");
  out.begin_list();
  for (const TableRow& row_ : rows) {
    if (row_.others || !row_.sets.empty()) continue;
    out.begin_object();
    put_numbers(out, "types", row_.types);
    if (!row_.words.empty()) put_numbers(out, "words", row_.words);
    put_answers(out, row_.cells);
    out.end_object();
  }
  out.end_list();
  if (setting.filter != nullptr) {
    put_other_words(out, rows);
  } else {
    const TableCell& bad = rows.back().cells.front();
    out.key("other_types");
    out.begin_object();
    out.member("errno", errno_name(bad.error));
    out.member("rule", row(bad.rule).name);
    out.member("flag_bits_allowed", kSOCK_CLOEXEC | kSOCK_NONBLOCK);
    out.end_object();
  }
  out.end_object();
  return out.take();
}

}  // namespace

std::string table_text(const Setting& setting, const TableOptions& options) {
  const TableRows rows = table_rows(setting, options.family);
  return options.json ? json_of(setting, options.family, rows)
                      : text_of(setting, options.family, rows);
}

}  // namespace sockoracle
