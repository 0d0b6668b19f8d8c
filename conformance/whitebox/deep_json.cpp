// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/deep_json.h"

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// ---- writing ------------------------------------------------------------------------------------

class Line {
 public:
  explicit Line(std::string& out) : out_(out) { out_ += '{'; }
  Line& text(std::string_view key, std::string_view value) {
    begin(key);
    append_quoted(out_, value);
    return *this;
  }
  Line& number(std::string_view key, int64_t value) {
    begin(key);
    out_ += std::to_string(value);
    return *this;
  }
  void end() { out_ += "}\n"; }

 private:
  void begin(std::string_view key) {
    if (out_.back() != '{') out_ += ',';
    append_quoted(out_, key);
    out_ += ':';
  }
  std::string& out_;
};

void write_group(std::string& out, const DeepGroup& deep) {
  const Group& group = deep.group;
  Line(out)
      .text("group", deep.context)
      .text("oracle", group.oracle)
      .text("skipped", group.skipped)
      .number("family", group.family)
      .number("type", group.type)
      .number("low", group.low)
      .number("high", group.high)
      .end();
  for (const Difference& one : deep.differences) {
    Line(out)
        .text("difference", one.observable)
        .text("rule", row(one.rule).name)
        .text("expected", one.expected)
        .text("got", one.got)
        .number("entry", static_cast<int64_t>(one.call.entry))
        .number("family", one.call.family)
        .number("type", one.call.type)
        .number("protocol", one.call.protocol)
        .number("high", one.high)
        .end();
  }
}

// ---- reading ------------------------------------------------------------------------------------

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  DeepResult read() {
    bool ended = false;
    while (!text_.empty()) {
      const size_t end = text_.find('\n');
      if (ended || end == std::string_view::npos)
        fail("the text goes on behind its end, or ends within a line");
      ++number_;
      std::string reason;
      if (!read_json(text_.substr(0, end), &line_, &reason) || line_.keys.empty())
        fail(reason.empty() ? "no object" : reason);
      text_ = text_.substr(end + 1);
      ended = take();
    }
    if (!ended) fail("the end is missing");
    return std::move(result_);
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw UnavailableError("what was seen inside the virtual machine cannot be read: line " +
                           std::to_string(number_) + ": " + what);
  }
  const JsonTree& member(std::string_view key, JsonTree::Kind kind) const {
    const JsonTree* found = line_.find(key);
    if (found == nullptr || found->kind != kind)
      fail("no " + std::string(json_kind_name(kind)) + " " + std::string(key));
    return *found;
  }
  const std::string& text(std::string_view key) const {
    return member(key, JsonTree::Kind::text).text;
  }
  int64_t number(std::string_view key) const { return member(key, JsonTree::Kind::number).number; }
  int32_t word(std::string_view key) const { return static_cast<int32_t>(number(key)); }

  bool take() {
    const std::string& kind = line_.keys.front();
    if (kind == "oracle") {
      result_.oracles.push_back({.name = text("oracle"),
                                 .counts = text("counts"),
                                 .skipped = text("skipped"),
                                 .notes = {},
                                 .compared = static_cast<uint64_t>(number("compared"))});
    } else if (kind == "note" && !result_.oracles.empty()) {
      result_.oracles.back().notes.push_back(text("note"));
    } else if (kind == "group") {
      take_group();
    } else if (kind == "difference" && !result_.groups.empty()) {
      take_difference();
    } else if (kind != "end") {
      fail("no line begins with " + kind + " here");
    }
    return kind == "end";
  }

  void take_group() {
    DeepGroup& deep = result_.groups.emplace_back();
    deep.context = text("group");
    if (find_context(deep.context) == nullptr) fail("no context " + deep.context);
    deep.group.oracle = text("oracle");
    deep.group.skipped = text("skipped");
    deep.group.family = word("family");
    deep.group.type = word("type");
    deep.group.low = word("low");
    deep.group.high = word("high");
  }

  void take_difference() {
    const RuleRow* rule = find_rule(text("rule"));
    if (rule == nullptr) fail("no rule " + text("rule"));
    const Call call{.entry = static_cast<Entry>(number("entry")),
                    .family = word("family"),
                    .type = word("type"),
                    .protocol = word("protocol")};
    DeepGroup& deep = result_.groups.back();
    deep.differences.push_back({deep.context, rule->id, call, word("high"), text("difference"),
                                text("expected"), text("got")});
  }

  std::string_view text_;
  size_t number_ = 0;
  JsonTree line_;
  DeepResult result_;
};

}  // namespace

std::string deep_json(const DeepResult& result) {
  std::string out;
  for (const DeepOracle& oracle : result.oracles) {
    Line(out)
        .text("oracle", oracle.name)
        .text("counts", oracle.counts)
        .text("skipped", oracle.skipped)
        .number("compared", static_cast<int64_t>(oracle.compared))
        .end();
    for (const std::string& note : oracle.notes) Line(out).text("note", note).end();
  }
  for (const DeepGroup& group : result.groups) write_group(out, group);
  Line(out).number("end", 1).end();
  return out;
}

DeepResult read_deep_json(std::string_view text) { return Reader(text).read(); }

}  // namespace sockoracle
