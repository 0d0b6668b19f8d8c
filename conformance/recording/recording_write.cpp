// SPDX-License-Identifier: GPL-2.0-only
#include <cstdio>
#include <map>
#include <span>
#include <tuple>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/plan/plan.h"
#include "conformance/recording/recording.h"
#include "conformance/recording/recording_autoload.h"
#include "conformance/recording/recording_line.h"
#include "conformance/recording/recording_sum.h"

namespace sockoracle {
namespace {

void append_map(std::string& out, std::string_view key,
                const std::map<std::string, std::string>& map) {
  append_key(out, key);
  out += '{';
  for (const auto& [name, text] : map) append_member(out, name, text);
  out += '}';
}

void append_range(std::string& out, int32_t low, int32_t high) {
  if (out.back() != '[') out += ',';
  if (low == high) {
    out += std::to_string(low);
  } else {
    out += '[' + std::to_string(low) + ',' + std::to_string(high) + ']';
  }
}

class Writer {
 public:
  explicit Writer(const Recording& recording) : recording_(recording) {
    written_as_.assign(recording.states.states().size(), -1);
  }

  std::string text() {
    header();
    for (const std::string& line : autoload_lines(recording_.autoload)) add_line(line);
    for (const Answers& answers : recording_.contexts) context(answers);
    const std::string sum = recording_sum(out_);
    std::string end = "{";
    append_key(end, "end");
    end += "true";
    append_number(end, "lines", lines_);
    append_number(end, "cases", static_cast<int64_t>(cases_));
    append_member(end, "sum", sum);
    return out_ + end + "}\n";
  }

 private:
  void add_line(const std::string& line) {
    out_ += line;
    out_ += "}\n";
    ++lines_;
  }

  void header() {
    const Provenance& facts = recording_.provenance;
    std::string line = "{";
    append_member(line, "schema", kRecordingSchema);
    append_member(line, "subject", facts.subject);
    append_member(line, "release", facts.release);
    append_member(line, "uname", facts.uname);
    append_map(line, "config", facts.config);
    append_map(line, "modules", facts.modules);
    append_key(line, "autoload");
    line += facts.autoload ? "true" : "false";
    append_list(line, "protocols", facts.protocols);
    append_map(line, "sysctls", facts.sysctls);
    append_member(line, "lsm", facts.lsm);
    append_member(line, "tool", facts.tool);
    append_list(line, "observables", recording_.states.names());
    add_line(line);
  }

  // The number a state has in the file: in the order of first use.
  int64_t write_state(uint32_t index) {
    if (written_as_[index] >= 0) return written_as_[index];
    const StateText& state = recording_.states.states()[index];
    size_t fewest = state.values.size();
    int64_t like = -1;
    for (size_t i = 0; i < order_.size(); ++i) {
      const size_t changes = differences(recording_.states.states()[order_[i]], state, nullptr);
      if (changes < fewest) {
        fewest = changes;
        like = static_cast<int64_t>(i);
      }
    }
    std::string line = "{";
    append_number(line, "state", static_cast<int64_t>(order_.size()));
    if (like >= 0) append_number(line, "like", like);
    append_key(line, "values");
    line += '{';
    const StateText nothing;
    differences(like < 0 ? nothing : recording_.states.states()[order_[static_cast<size_t>(like)]],
                state, &line);
    line += '}';
    add_line(line);
    written_as_[index] = static_cast<int64_t>(order_.size());
    order_.push_back(index);
    return written_as_[index];
  }

  // How many values differ; written to `line` where it is given, null for those that are gone.
  size_t differences(const StateText& from, const StateText& to, std::string* line) const {
    size_t count = 0, i = 0, j = 0;
    const auto changed = [&](uint16_t name, const std::string* text) {
      ++count;
      if (line == nullptr) return;
      append_key(*line, recording_.states.names()[name]);
      if (text == nullptr) {
        *line += "null";
      } else {
        append_quoted(*line, *text);
      }
    };
    while (i < from.values.size() || j < to.values.size()) {
      const uint32_t a = i < from.values.size() ? from.values[i].first : UINT32_MAX;
      const uint32_t b = j < to.values.size() ? to.values[j].first : UINT32_MAX;
      if (a < b) {
        changed(from.values[i++].first, nullptr);
      } else if (b < a || from.values[i].second != to.values[j].second) {
        changed(to.values[j].first, &to.values[j].second);
        ++j;
        if (a == b) ++i;
      } else {
        ++i;
        ++j;
      }
    }
    return count;
  }

  void context(const Answers& answers) {
    if (!answers.skipped.empty()) {
      std::string line = "{";
      append_member(line, "world", answers.context);
      append_member(line, "skipped", answers.skipped);
      append_number(line, "cases", static_cast<int64_t>(answers.skipped_cases));
      add_line(line);
      return;
    }
    for (const Group& same : groups_of(answers.observations)) group(answers.context, same);
    left_out(answers);
  }

  // Types of one family whose calls were answered alike, protocol by protocol.
  struct Group {
    std::vector<int32_t> types;
    std::span<const Observation> runs;  // of the first of them
  };

  static std::vector<Group> groups_of(std::span<const Observation> all) {
    using Shape = std::vector<std::tuple<int32_t, bool, int32_t, int32_t, int32_t, uint32_t>>;
    std::vector<Group> groups;
    std::map<Shape, size_t> index;
    for (size_t begin = 0; begin < all.size();) {
      const Observation& first = all[begin];
      Shape shape;
      size_t end = begin;
      for (; end < all.size(); ++end) {
        const Observation& o = all[end];
        if (o.family != first.family || o.type != first.type || o.deep != first.deep) break;
        shape.emplace_back(o.family, o.deep, o.low, o.high, o.error, o.state);
      }
      const auto [at, is_new] = index.try_emplace(std::move(shape), groups.size());
      if (is_new) groups.push_back({.types = {}, .runs = all.subspan(begin, end - begin)});
      groups[at->second].types.push_back(first.type);
      begin = end;
    }
    return groups;
  }

  // One line for each different answer.
  void group(const std::string& world, const Group& same) {
    const std::span<const Observation> runs = same.runs;
    std::vector<bool> done(runs.size());
    for (size_t i = 0; i < runs.size(); ++i) {
      if (done[i]) continue;
      const Observation& o = runs[i];
      const int64_t state = o.error == 0 ? write_state(o.state) : -1;
      std::string line = "{";
      append_member(line, "world", world);
      append_number(line, "family", o.family);
      append_key(line, "type");
      if (same.types.size() > 1) line += '[';
      for (const int32_t type : same.types) {
        if (line.back() != '[' && line.back() != ':') line += ',';
        line += std::to_string(type);
      }
      if (same.types.size() > 1) line += ']';
      append_key(line, "protocol");
      line += '[';
      for (size_t j = i; j < runs.size(); ++j) {
        if (runs[j].error != o.error || (o.error == 0 && runs[j].state != o.state)) continue;
        append_range(line, runs[j].low, runs[j].high);
        cases_ += width(runs[j].low, runs[j].high) * same.types.size();
        done[j] = true;
      }
      line += ']';
      if (o.deep) {
        append_key(line, "deep");
        line += "true";
      }
      append_key(line, "errno");
      if (o.error == 0) {
        line += "null";
        append_number(line, "state", state);
      } else {
        append_quoted(line, outcome_name(o.error));
      }
      add_line(line);
    }
  }

  // One line for each reason.
  void left_out(const Answers& answers) {
    std::vector<bool> done(answers.left_out.size());
    for (size_t i = 0; i < done.size(); ++i) {
      if (done[i]) continue;
      const Skipped& first = answers.left_out[i];
      std::string line = "{";
      append_member(line, "world", answers.context);
      append_member(line, "skipped", first.reason);
      if (first.deep) {
        append_key(line, "deep");
        line += "true";
      }
      append_key(line, "calls");
      line += '[';
      for (size_t j = i; j < done.size(); ++j) {
        const Skipped& s = answers.left_out[j];
        if (s.reason != first.reason || s.deep != first.deep) continue;
        if (line.back() != '[') line += ',';
        line += '[' + std::to_string(s.family) + ',' + std::to_string(s.type) + ',' +
                std::to_string(s.low) + ',' + std::to_string(s.high) + ']';
        done[j] = true;
      }
      line += ']';
      add_line(line);
    }
  }

  const Recording& recording_;
  std::string out_;
  int64_t lines_ = 0;
  uint64_t cases_ = 0;
  std::vector<int64_t> written_as_;
  std::vector<uint32_t> order_;
};

}  // namespace

std::string recording_sum(std::string_view text) {
  // FNV-1a, 64 bits: against accidents, not against forgers.
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x100000001b3u;
  }
  char room[17];
  std::snprintf(room, sizeof room, "%016llx", static_cast<unsigned long long>(hash));
  return room;
}

std::string recording_text(const Recording& recording) { return Writer(recording).text(); }

}  // namespace sockoracle
