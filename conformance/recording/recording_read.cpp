// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <limits>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/base/text_file.h"
#include "conformance/plan/plan.h"
#include "conformance/recording/recording.h"
#include "conformance/recording/recording_autoload.h"
#include "conformance/recording/recording_sum.h"

namespace sockoracle {
namespace {

using Kind = JsonTree::Kind;
// Far above what anybody records; they keep a small hostile file from growing in memory.
constexpr size_t kNamesMax = 1024;
constexpr size_t kValuesMax = size_t{1} << 20;
constexpr size_t kObservationsMax = size_t{1} << 20;

constexpr const char* kAccepted =
    "; accepted is a recording: JSON Lines that begin with {\"schema\":\"sockoracle.recording/1\"";

class Reader {
 public:
  Reader(std::string_view text, std::string_view name, bool check_sum)
      : text_(text), name_(name), check_sum_(check_sum) {}

  Recording read() {
    while (!ended_) {
      if (offset_ == text_.size()) fail_next("truncated: no end line");
      const size_t newline = text_.find('\n', offset_);
      ++number_;
      if (newline == std::string_view::npos) fail("truncated: the line has no end");
      const std::string_view line = text_.substr(offset_, newline - offset_);
      JsonTree json;
      std::string reason;
      if (!read_json(line, &json, &reason)) fail(number_ == 1 ? reason + kAccepted : reason);
      if (json.kind != Kind::object) fail("an object is accepted, not " + kind_of(json));
      take(json);
      offset_ = newline + 1;
    }
    if (offset_ != text_.size()) fail_next("something follows the end line");
    for (Answers& answers : recording_.contexts) finish(answers);
    return std::move(recording_);
  }

 private:
  [[noreturn]] void fail(const std::string& reason) const {
    throw UsageError(name_ + ":" + std::to_string(number_) + ": " + reason);
  }
  [[noreturn]] void fail_next(const std::string& reason) {
    ++number_;
    fail(reason);
  }
  static std::string kind_of(const JsonTree& json) {
    return std::string(json_kind_name(json.kind));
  }

  // ---- members, with their types checked ----

  const JsonTree& member(const JsonTree& json, std::string_view key, Kind kind) const {
    const JsonTree* found = json.find(key);
    if (found == nullptr) fail("no \"" + std::string(key) + "\"");
    if (found->kind != kind) {
      fail("\"" + std::string(key) + "\" is " + std::string(json_kind_name(kind)) + ", not " +
           kind_of(*found));
    }
    return *found;
  }
  const std::string& text(const JsonTree& json, std::string_view key) const {
    return member(json, key, Kind::text).text;
  }
  int32_t number32(const JsonTree& json) const {
    if (json.kind != Kind::number) fail("a number is accepted, not " + kind_of(json));
    if (json.number < std::numeric_limits<int32_t>::min() ||
        json.number > std::numeric_limits<int32_t>::max()) {
      fail("a 32-bit number is accepted, not " + std::to_string(json.number));
    }
    return static_cast<int32_t>(json.number);
  }
  int32_t number32(const JsonTree& json, std::string_view key) const {
    return number32(member(json, key, Kind::number));
  }
  uint64_t count(const JsonTree& json, std::string_view key) const {
    const int64_t number = member(json, key, Kind::number).number;
    if (number < 0) fail("\"" + std::string(key) + "\" is negative");
    return static_cast<uint64_t>(number);
  }
  bool truth(const JsonTree& json, std::string_view key) const {
    const JsonTree* found = json.find(key);
    if (found == nullptr) return false;
    if (found->kind != Kind::boolean || !found->boolean) {
      fail("\"" + std::string(key) + "\" is true or absent");
    }
    return true;
  }
  void only(const JsonTree& json, std::initializer_list<std::string_view> accepted) const {
    for (const std::string& key : json.keys) {
      if (std::find(accepted.begin(), accepted.end(), key) != accepted.end()) continue;
      std::string list;
      for (const std::string_view word : accepted) list += " " + std::string(word);
      fail("\"" + key + "\" is no key here; accepted:" + list);
    }
  }
  std::map<std::string, std::string> text_map(const JsonTree& json, std::string_view key) const {
    std::map<std::string, std::string> map;
    const JsonTree& object = member(json, key, Kind::object);
    for (size_t i = 0; i < object.keys.size(); ++i) {
      if (object.items[i].kind != Kind::text) fail("\"" + object.keys[i] + "\" is a string");
      map.emplace(object.keys[i], object.items[i].text);
    }
    return map;
  }
  std::vector<std::string> text_list(const JsonTree& json, std::string_view key) const {
    std::vector<std::string> list;
    for (const JsonTree& item : member(json, key, Kind::list).items) {
      if (item.kind != Kind::text) fail("\"" + std::string(key) + "\" is a list of strings");
      list.push_back(item.text);
    }
    return list;
  }

  // ---- lines ----

  void take(const JsonTree& json) {
    if (number_ == 1) return take_header(json);
    if (json.find("schema") != nullptr) fail("a second header");
    if (json.find("end") != nullptr) return take_end(json);
    if (json.find("aliases") != nullptr || json.find("autoload") != nullptr)
      return take_autoload(json);
    if (json.find("world") == nullptr && json.find("state") != nullptr) return take_state(json);
    if (json.find("world") == nullptr)
      fail("a line has \"state\", \"world\", \"autoload\" or \"end\"");
    Answers& answers = context(text(json, "world"));
    if (!answers.skipped.empty()) fail("the world was skipped before");
    if (json.find("skipped") != nullptr) return take_skipped(json, answers);
    take_observation(json, answers);
  }

  void take_header(const JsonTree& json) {
    const JsonTree* schema = json.find("schema");
    if (schema == nullptr) fail("no recording: the first line has no \"schema\"");
    if (schema->text != kRecordingSchema) {
      fail("schema \"" + schema->text + "\"; accepted: " + std::string(kRecordingSchema));
    }
    only(json, {"schema", "subject", "release", "uname", "config", "modules", "autoload",
                "protocols", "sysctls", "lsm", "tool", "observables"});
    Provenance& facts = recording_.provenance;
    facts.subject = text(json, "subject");
    facts.release = text(json, "release");
    facts.uname = text(json, "uname");
    facts.config = text_map(json, "config");
    facts.modules = text_map(json, "modules");
    facts.autoload = member(json, "autoload", Kind::boolean).boolean;
    facts.protocols = text_list(json, "protocols");
    facts.sysctls = text_map(json, "sysctls");
    facts.lsm = text(json, "lsm");
    facts.tool = text(json, "tool");
    const std::vector<std::string> names = text_list(json, "observables");
    if (names.size() > kNamesMax) fail("more observables than anybody can have");
    for (size_t i = 0; i < names.size(); ++i) {
      if (recording_.states.name_index(names[i]) != i)
        fail("observable \"" + names[i] + "\" twice");
      name_index_.emplace(names[i], static_cast<uint16_t>(i));
    }
    // A recording of a release that the model lacks is refused here, with its line.
    world_of(facts, name_ + ":1");
  }

  void take_autoload(const JsonTree& json) {
    if (!states_.empty() || !recording_.contexts.empty())
      fail("\"aliases\" and \"autoload\" follow the header: reordered lines");
    const std::string reason = take_autoload_line(json, recording_.autoload);
    if (!reason.empty()) fail(reason);
  }

  void take_state(const JsonTree& json) {
    only(json, {"state", "like", "values"});
    if (count(json, "state") != states_.size()) {
      fail("state " + std::to_string(states_.size()) + " is next: lines are missing or reordered");
    }
    std::map<uint16_t, std::string> values;
    if (json.find("like") != nullptr) {
      const uint64_t like = count(json, "like");
      if (like >= states_.size()) fail("\"like\" names a state that did not come before");
      for (const auto& [name, text] : recording_.states.states()[states_[like]].values) {
        values.emplace(name, text);
      }
    }
    const JsonTree& changes = member(json, "values", Kind::object);
    for (size_t i = 0; i < changes.keys.size(); ++i) {
      const auto found = name_index_.find(changes.keys[i]);
      if (found == name_index_.end()) fail("\"" + changes.keys[i] + "\" is not in \"observables\"");
      if (changes.items[i].kind == Kind::null) {
        values.erase(found->second);
      } else if (changes.items[i].kind == Kind::text) {
        values[found->second] = changes.items[i].text;
      } else {
        fail("\"" + changes.keys[i] + "\" is a string or null");
      }
    }
    values_ += values.size();
    if (values_ > kValuesMax) fail("more states than anybody can have");
    StateText state;
    for (auto& [name, text] : values) state.values.emplace_back(name, std::move(text));
    states_.push_back(recording_.states.add(std::move(state)));
  }

  Answers& context(const std::string& name) {
    if (!recording_.contexts.empty() && recording_.contexts.back().context == name) {
      return recording_.contexts.back();
    }
    if (find_context(name) == nullptr) fail("world \"" + name + "\" is not in `list worlds`");
    for (const Answers& answers : recording_.contexts) {
      if (answers.context == name)
        fail("world " + name + " goes on after another: reordered lines");
    }
    Answers& answers = recording_.contexts.emplace_back();
    answers.context = name;
    return answers;
  }

  void take_skipped(const JsonTree& json, Answers& answers) {
    const std::string& reason = text(json, "skipped");
    if (reason.empty()) fail("\"skipped\" says why");
    if (json.find("calls") == nullptr) {
      only(json, {"world", "skipped", "cases"});
      if (!answers.observations.empty() || !answers.left_out.empty()) {
        fail("the world was answered before");
      }
      answers.skipped = reason;
      answers.skipped_cases = count(json, "cases");
      return;
    }
    only(json, {"world", "skipped", "deep", "calls"});
    const bool deep = truth(json, "deep");
    for (const JsonTree& item : member(json, "calls", Kind::list).items) {
      if (item.kind != Kind::list || item.items.size() != 4) {
        fail("a call is [family, type, lowest protocol, highest protocol]");
      }
      Skipped skipped{.family = number32(item.items[0]),
                      .type = number32(item.items[1]),
                      .low = number32(item.items[2]),
                      .high = number32(item.items[3]),
                      .deep = deep,
                      .reason = reason};
      if (skipped.low > skipped.high) fail("a range of protocols that ends before it begins");
      answers.left_out.push_back(std::move(skipped));
    }
  }

  void take_observation(const JsonTree& json, Answers& answers) {
    only(json, {"world", "family", "type", "protocol", "deep", "errno", "state"});
    Observation o{.family = number32(json, "family")};
    o.deep = truth(json, "deep");
    const JsonTree* error = json.find("errno");
    if (error == nullptr) fail("no \"errno\"");
    if (error->kind == Kind::null) {
      const uint64_t state = count(json, "state");
      if (state >= states_.size()) fail("\"state\" names a state that did not come before");
      o.state = states_[state];
    } else if (json.find("state") != nullptr) {
      fail("a failed call has no \"state\"");
    } else if (error->kind != Kind::text || !parse_outcome(error->text, &o.error)) {
      fail("\"errno\" is the name of an errno, or null");
    }
    const JsonTree* type = json.find("type");
    if (type == nullptr) fail("no \"type\"");
    if (type->kind != Kind::list) {
      o.type = number32(*type);
      return take_ranges(json, answers, o);
    }
    if (type->items.empty()) fail("\"type\" is empty");
    for (const JsonTree& item : type->items) {
      o.type = number32(item);
      take_ranges(json, answers, o);
    }
  }

  void take_ranges(const JsonTree& json, Answers& answers, Observation o) {
    const JsonTree& ranges = member(json, "protocol", Kind::list);
    if (ranges.items.empty()) fail("\"protocol\" is empty");
    observations_ += ranges.items.size();
    if (observations_ > kObservationsMax) fail("more answers than anybody can have");
    int64_t above = std::numeric_limits<int64_t>::min();
    for (const JsonTree& item : ranges.items) {
      take_range(item, o);
      if (o.low <= above) fail("protocols are not ascending: reordered");
      above = o.high;
      answers.observations.push_back(o);
      cases_ += width(o.low, o.high);
    }
  }

  void take_range(const JsonTree& item, Observation& o) const {
    if (item.kind != Kind::list) {
      o.low = o.high = number32(item);
      return;
    }
    if (item.items.size() != 2) fail("a range of protocols is [lowest, highest]");
    o.low = number32(item.items[0]);
    o.high = number32(item.items[1]);
    if (o.low > o.high) fail("a range of protocols that ends before it begins");
  }

  void take_end(const JsonTree& json) {
    only(json, {"end", "lines", "cases", "sum"});
    if (!truth(json, "end")) fail("\"end\" is true");
    ended_ = true;
    if (recording_.autoload.calls.empty() && !recording_.autoload.aliases.empty())
      fail("\"aliases\" without \"autoload\": lines are missing");
    const uint64_t lines = count(json, "lines");
    const uint64_t cases = count(json, "cases");
    const std::string& sum = text(json, "sum");
    if (!check_sum_) return;
    if (lines != number_ - 1) {
      fail(std::to_string(lines) + " lines were written, " + std::to_string(number_ - 1) +
           " are here");
    }
    if (cases != cases_) {
      fail(std::to_string(cases) + " cases were written, " + std::to_string(cases_) + " are here");
    }
    if (sum != recording_sum(text_.substr(0, offset_))) {
      fail("the sum does not fit: lines were changed or reordered");
    }
  }

  // Two answers to one question: the file contradicts itself.
  void finish(Answers& answers) const {
    normalise(answers);
    const auto& all = answers.observations;
    for (size_t i = 1; i < all.size(); ++i) {
      const Observation& a = all[i - 1];
      const Observation& b = all[i];
      if (a.family == b.family && a.type == b.type && a.deep == b.deep && b.low <= a.high) {
        fail("world " + answers.context + ", family " + std::to_string(b.family) + ", type " +
             std::to_string(b.type) + ", protocol " + std::to_string(b.low) + ": answered twice");
      }
    }
  }

  std::string_view text_;
  std::string name_;
  bool check_sum_;
  size_t offset_ = 0, number_ = 0;
  bool ended_ = false;
  uint64_t cases_ = 0;
  size_t values_ = 0, observations_ = 0;
  Recording recording_;
  std::map<std::string, uint16_t> name_index_;
  std::vector<uint32_t> states_;  // the file's numbers; equal states share an index of the table
};

}  // namespace

Recording parse_recording(std::string_view text, std::string_view name, bool check_sum) {
  return Reader(text, name, check_sum).read();
}

Recording read_recording(const std::string& path) {
  return parse_recording(load_text(path), name_of_input(path));
}

}  // namespace sockoracle
