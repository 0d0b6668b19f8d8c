// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/table_text.h"

#include <algorithm>
#include <limits>

#include "conformance/base/json_out.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/words/answer_json.h"
#include "conformance/words/step_text.h"
#include "model/explore.h"
#include "model/kernel.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr int32_t kTypes = kSOCK_TYPE_MASK + 1;

// One answer of a type, with every range of protocols that gets it.
struct Cell {
  int32_t error;
  Rule rule;
  std::string proto;  // created: the struct proto's name
  std::vector<std::pair<int32_t, int32_t>> ranges;
};

// Types whose protocols are all answered alike.
struct Row {
  std::vector<int32_t> types;
  std::vector<Cell> cells;
};

std::string proto_of(const World& world, const Call& call) {
  for (const Step& step : ask({world, call}).steps)
    if (step.kind == StepKind::inetsw_match) return std::string(step.what);
  return {};
}

void add_range(std::vector<Cell>& cells, const TableRange& range, const std::string& proto,
               int32_t low, int32_t high) {
  for (Cell& cell : cells) {
    if (cell.error != range.error || cell.rule != range.rule || cell.proto != proto) continue;
    if (int64_t{cell.ranges.back().second} + 1 == low) cell.ranges.back().second = high;
    else cell.ranges.push_back({low, high});
    return;
  }
  cells.push_back({range.error, range.rule, proto, {{low, high}}});
}

// table_of joins neighbours with the same answer, whichever proto they get: 0 and 1 of two protos
// stay apart here. A created range is short wherever more than one entry of the list makes it.
void add_created(std::vector<Cell>& cells, const World& world, const Call& base,
                 const TableRange& range) {
  for (int64_t p = range.low; p <= range.high;) {
    Call call = base;
    call.protocol = static_cast<int32_t>(p);
    Kernel kernel(world);
    PathCondition path;
    const CallScope scope(kernel, {.path = &path, .tracing = false});
    kernel.close(kernel.call(call).fd);
    const int64_t high = std::min<int64_t>(std::max(path.high, p), range.high);
    add_range(cells, range, proto_of(world, call), call.protocol, static_cast<int32_t>(high));
    p = high + 1;
  }
}

std::vector<Cell> cells_of(const World& world, int32_t family, int32_t type) {
  std::vector<Cell> cells;
  for (const TableRange& range : table_of(world, Entry::socket, family, type)) {
    if (range.error == 0) add_created(cells, world, {Entry::socket, family, type, 0}, range);
    else add_range(cells, range, {}, range.low, range.high);
  }
  return cells;
}

bool alike(const std::vector<Cell>& a, const std::vector<Cell>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Cell& x, const Cell& y) {
    return x.error == y.error && x.rule == y.rule && x.proto == y.proto && x.ranges == y.ranges;
  });
}

std::vector<Row> rows_of(const World& world, int32_t family) {
  std::vector<Row> rows;
  for (int32_t type = 0; type < kTypes; ++type) {
    std::vector<Cell> cells = cells_of(world, family, type);
    const auto same = [&](const Row& row) { return alike(row.cells, cells); };
    const auto found = std::find_if(rows.begin(), rows.end(), same);
    if (found != rows.end()) found->types.push_back(type);
    else rows.push_back({{type}, std::move(cells)});
  }
  return rows;
}

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

std::string answer_label(const Cell& cell) {
  if (cell.rule == Rule::family_not_modelled) return "?";
  if (cell.error != 0) return std::string(errno_name(cell.error));
  return cell.proto.empty() ? "ok" : "ok, " + cell.proto;
}

// The check is one mask: the lowest bit outside of it stands for all.
Verdict bad_flags_verdict(const World& world, int32_t family) {
  return ask({world, {Entry::socket, family, kSOCK_TYPE_MASK + 1, 0}}).verdict;
}

constexpr std::string_view kBadFlags = "any with another bit than SOCK_CLOEXEC, SOCK_NONBLOCK";
constexpr size_t kTypeWidth = 4, kAnswerWidth = 20, kRuleWidth = 22;

std::string line_of(std::string_view answer, std::string_view rule, std::string_view protocols) {
  return std::string(kTypeWidth, ' ') + padded(answer, kAnswerWidth) + padded(rule, kRuleWidth) +
         std::string(protocols) + "\n";
}

std::string text_of(const Setting& setting, int32_t family, const std::vector<Row>& rows) {
  char room[kCallTextMax];
  const std::string name(room, print_family(family, room));
  std::string text = "socket(" + name + ", type, protocol)    " + asked_of_text(setting) +
                     "\n\ntype" + "\n" + line_of("answer", "rule", "protocols") + "\n";
  for (const Row& row_ : rows) {
    text += types_label(row_.types) + "\n";
    for (const Cell& cell : row_.cells) {
      std::vector<std::string> words;
      for (size_t i = 0; i < cell.ranges.size(); ++i)
        words.push_back(protocol_label(family, cell.ranges[i].first, cell.ranges[i].second) +
                        (i + 1 == cell.ranges.size() ? "" : ","));
      text += line_of(answer_label(cell), row(cell.rule).name,
                      wrapped(words, kTypeWidth + kAnswerWidth + kRuleWidth));
    }
  }
  const Verdict bad = bad_flags_verdict(setting.world, family);
  text += std::string(kBadFlags) + "\n" + line_of(errno_name(bad.error), row(bad.rule).name, "any");
  return text + "\nSOCK_CLOEXEC and SOCK_NONBLOCK change no answer. Complete: 2^32 type words, "
                "2^32 protocols.\n";
}

std::string json_of(const Setting& setting, int32_t family, const std::vector<Row>& rows) {
  JsonOut out;
  out.begin_object();
  out.member("release", release_text(setting.world.release));
  if (!setting.release_note.empty()) out.member("release_note", setting.release_note);
  out.member("caller", setting.caller);
  out.member("flags", setting.flags);
  out.member("family", family);
  out.key("rows");
  out.begin_list();
  for (const Row& row_ : rows) {
    out.begin_object();
    std::string types;
    for (const int32_t type : row_.types)
      types += (types.empty() ? "" : ",") + std::to_string(type);
    out.key("types");
    out.raw("[" + types + "]");
    out.key("answers");
    out.begin_list();
    for (const Cell& cell : row_.cells) {
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
    out.end_object();
  }
  out.end_list();
  out.key("other_types");
  out.begin_object();
  const Verdict bad = bad_flags_verdict(setting.world, family);
  out.member("errno", errno_name(bad.error));
  out.member("rule", row(bad.rule).name);
  out.member("flag_bits_allowed", kSOCK_CLOEXEC | kSOCK_NONBLOCK);
  out.end_object();
  out.end_object();
  return out.take();
}

}  // namespace

std::string table_text(const Setting& setting, const TableOptions& options) {
  const std::vector<Row> rows = rows_of(setting.world, options.family);
  return options.json ? json_of(setting, options.family, rows)
                      : text_of(setting, options.family, rows);
}

}  // namespace sockoracle
