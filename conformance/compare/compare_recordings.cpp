// SPDX-License-Identifier: GPL-2.0-only
// One subject against another: `sockoracle diff`.
#include <algorithm>

#include "conformance/compare/compare.h"
#include "conformance/plan/model_answers.h"
#include "conformance/plan/plan.h"

namespace sockoracle {
namespace {

constexpr const char* kOneSide = "were asked of only one of the two";

using Question = std::tuple<int32_t, int32_t, bool>;  // family, type, deep
using Runs = std::vector<Observation>;

std::map<Question, Runs> by_question(const Answers& answers) {
  std::map<Question, Runs> map;
  for (const Observation& o : answers.observations) map[{o.family, o.type, o.deep}].push_back(o);
  return map;
}

uint64_t cases_of(const Runs& runs) { return count_cases(std::span<const Observation>(runs)); }

class Differ {
 public:
  Differ(const Recording& expected, const World& world, const Recording& got)
      : expected_(expected), got_(got), world_(world) {
    std::map<std::string, uint16_t> index;
    const auto& names = expected.states.names();
    for (size_t i = 0; i < names.size(); ++i) index.emplace(names[i], static_cast<uint16_t>(i));
    for (const std::string& name : got.states.names()) {
      const auto found = index.find(name);
      expected_name_.push_back(found == index.end() ? -1 : found->second);
      if (found == index.end()) ++result_.unread["are read from only one of the two"];
    }
  }

  Comparison run() {
    const Provenance& facts = expected_.provenance;
    result_.provenance = got_.provenance;
    result_.expected_from = facts.subject == "model" ? "Linux " + facts.release
                                                     : facts.subject + " (" + facts.release + ")";
    result_.explain_flags = world_flags(world_);
    result_.world = world_;
    for (const Answers& got : got_.contexts) {
      const auto found =
          std::find_if(expected_.contexts.begin(), expected_.contexts.end(),
                       [&](const Answers& answers) { return answers.context == got.context; });
      context(found == expected_.contexts.end() ? nullptr : &*found, got);
    }
    result_.findings = table_.take();
    return std::move(result_);
  }

 private:
  void skip(ContextResult& context, const std::string& reason, uint64_t cases) {
    if (cases == 0) return;
    context.skipped_cases += cases;
    result_.skipped[reason] += cases;
  }

  void context(const Answers* expected, const Answers& got) {
    ContextResult& context = result_.contexts.emplace_back();
    context.name = got.context;
    if (expected == nullptr || !expected->skipped.empty() || !got.skipped.empty()) {
      context.skipped = !got.skipped.empty()  ? got.skipped
                        : expected == nullptr ? "was asked of only one of the two"
                                              : expected->skipped;
      const uint64_t cases =
          got.skipped.empty() ? count_cases(got.observations) : got.skipped_cases;
      skip(context, context.skipped, cases);
      result_.skipped_contexts[context.skipped].push_back(got.context);
      return;
    }
    const ContextRow* row = find_context(got.context);
    ModelAsker asker(row == nullptr ? world_ : context_world(world_, *row));
    std::map<Question, Runs> wanted = by_question(*expected);
    for (const auto& [question, runs] : by_question(got)) {
      const auto found = wanted.find(question);
      const Runs nothing;
      const uint64_t common =
          walk(asker, context, found == wanted.end() ? nothing : found->second, runs);
      skip(context, kOneSide, cases_of(runs) - common);
      if (found == wanted.end()) continue;
      skip(context, kOneSide, cases_of(found->second) - common);
      wanted.erase(found);
    }
    for (const auto& [question, runs] : wanted) skip(context, kOneSide, cases_of(runs));
  }

  // Two ascending lists of runs; returns how many cases both have.
  uint64_t walk(ModelAsker& asker, ContextResult& context, const Runs& expected, const Runs& got) {
    uint64_t common = 0;
    for (size_t i = 0, j = 0; i < expected.size() && j < got.size();) {
      const int32_t low = std::max(expected[i].low, got[j].low);
      const int32_t high = std::min(expected[i].high, got[j].high);
      if (low <= high) {
        Group group;
        group.family = got[j].family;
        group.type = got[j].type;
        group.low = low;
        group.high = high;
        group.deep = got[j].deep;
        group.error = got[j].error;
        segment(asker, context.name, expected[i], got[j], group);
        common += width(low, high);
        context.checked_cases += width(low, high);
        context.groups.push_back(std::move(group));
      }
      if (expected[i].high < got[j].high) {
        ++i;
      } else {
        ++j;
      }
    }
    return common;
  }

  void segment(ModelAsker& asker, const std::string& context, const Observation& expected,
               const Observation& got, Group& group) {
    const Call first{
        .entry = Entry::socket, .family = got.family, .type = got.type, .protocol = group.low};
    if (expected.error == got.error) {
      if (got.error == 0) states(context, expected, got, first, group);
      return;
    }
    for (int64_t at = group.low; at <= group.high;) {
      const auto low = static_cast<int32_t>(at);
      const Piece piece = asker.piece(got.family, got.type, low);
      const int32_t high = std::min(piece.high, group.high);
      Call call = first;
      call.protocol = low;
      group.findings.push_back(
          table_.add({piece.rule, "errno", outcome_name(expected.error), outcome_name(got.error)},
                     context, call, high));
      at = high + int64_t{1};
    }
  }

  void states(const std::string& context, const Observation& expected, const Observation& got,
              const Call& first, Group& group) {
    const auto& wanted = expected_.states.states()[expected.state].values;
    std::map<uint16_t, const std::string*> by_name;
    for (const auto& [name, text] : wanted) by_name.emplace(name, &text);
    for (const auto& [name, text] : got_.states.states()[got.state].values) {
      if (expected_name_[name] < 0) continue;
      const auto found = by_name.find(static_cast<uint16_t>(expected_name_[name]));
      if (found == by_name.end()) continue;
      result_.values += width(group.low, group.high);
      if (*found->second == text) continue;
      group.findings.push_back(
          table_.add({Rule::created, got_.states.names()[name], *found->second, text}, context,
                     first, group.high));
    }
  }

  const Recording& expected_;
  const Recording& got_;
  World world_;
  Comparison result_;
  FindingTable table_;
  std::vector<int> expected_name_;
};

}  // namespace

Comparison compare_recordings(const Recording& expected, const World& expected_world,
                              const Recording& got) {
  Comparison comparison = Differ(expected, expected_world, got).run();
  sort_findings(comparison);
  return comparison;
}

}  // namespace sockoracle
