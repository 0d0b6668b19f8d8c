// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/compare/causes.h"

#include <algorithm>
#include <map>
#include <set>

#include "conformance/base/plural.h"
#include "conformance/base/scan.h"
#include "conformance/compare/compare.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// ---- likely causes ----------------------------------------------------------------------------

// A finding about an errno is an edge between the rule that decides on Linux and the answer that
// came. It is explained by a node at either end: the rule is not applied there, or the answer is
// given too early. The fewest nodes that touch every edge are the likely causes; greedily, the node
// that explains most first.
struct Node {
  bool is_rule = false;
  std::string name;  // of the rule, or the answer
  auto operator<=>(const Node&) const = default;
};

using Edges = std::vector<size_t>;  // findings

// A socket that was created was not refused by a check, and one that came is not refused early.
bool explains(const Node& node) {
  return node.is_rule ? node.name != row(Rule::created).name : node.name != "success";
}

Node rule_of(const Finding& finding) { return {true, std::string(row(finding.rule).name)}; }
Node answer_of(const Finding& finding) { return {false, finding.got}; }

// Nodes that are the only explanation of one of the edges.
std::set<Node> forced_nodes(const Comparison& comparison, const Edges& edges) {
  std::set<Node> forced;
  for (const size_t i : edges) {
    const Finding& finding = comparison.findings[i];
    if (!explains(rule_of(finding))) forced.insert(answer_of(finding));
    if (!explains(answer_of(finding))) forced.insert(rule_of(finding));
  }
  return forced;
}

// The node with most edges, then most cases; of equals a rule.
Node largest_node(const Comparison& comparison, const Edges& edges) {
  std::map<Node, std::pair<size_t, uint64_t>> weights;
  for (const size_t i : edges) {
    const Finding& finding = comparison.findings[i];
    for (const Node& node : {rule_of(finding), answer_of(finding)}) {
      weights[node].first += 1;
      weights[node].second += finding.count;
    }
  }
  return std::max_element(weights.begin(), weights.end(),
                          [](const auto& a, const auto& b) {
                            return std::tuple(a.second, a.first.is_rule) <
                                   std::tuple(b.second, b.first.is_rule);
                          })
      ->first;
}

std::vector<Node> cover(const Comparison& comparison, Edges edges) {
  const auto take = [&](const Node& node) {
    std::erase_if(edges, [&](size_t i) {
      const Finding& finding = comparison.findings[i];
      return node == rule_of(finding) || node == answer_of(finding);
    });
  };
  std::vector<Node> nodes;
  // Rules first: what comes after a check that is not made is explained by it.
  const std::set<Node> forced = forced_nodes(comparison, edges);
  for (auto node = forced.rbegin(); node != forced.rend(); ++node) nodes.push_back(*node);
  for (const Node& node : nodes) take(node);
  while (!edges.empty()) {
    nodes.push_back(largest_node(comparison, edges));
    take(nodes.back());
  }
  return nodes;
}

// "EINVAL, EPERM or success", each once.
std::string choices_once(const std::vector<std::string>& words) {
  std::vector<std::string> once;
  for (const std::string& word : words) {
    if (std::find(once.begin(), once.end(), word) == once.end()) once.push_back(word);
  }
  return choices(once);
}

// " (SOCK_DCCP in each smallest case)", where several findings have that in common.
std::string common_type(const Comparison& comparison, const Edges& edges) {
  const int32_t type = comparison.findings[edges.front()].smallest.type & kSOCK_TYPE_MASK;
  const bool common = std::all_of(edges.begin(), edges.end(), [&](size_t i) {
    return (comparison.findings[i].smallest.type & kSOCK_TYPE_MASK) == type;
  });
  if (!common || edges.size() == 1) return {};
  char room[kCallTextMax];
  const std::string word(room, std::min(print_type(type, room), sizeof room));
  return " (" + word + " in each smallest case)";
}

std::string sentence_of(const Comparison& comparison, const Node& node, const Edges& edges) {
  std::vector<std::string> words;
  for (const size_t i : edges) {
    const Finding& finding = comparison.findings[i];
    words.push_back(node.is_rule ? finding.got : finding.expected);
  }
  if (!node.is_rule) {
    return "answers " + node.name + " where " + comparison.expected_from + " answers " +
           choices_once(words) + common_type(comparison, edges);
  }
  const RuleRow& rule = row(comparison.findings[edges.front()].rule);
  return "does not ask " + node.name + ", and what comes later answers " + choices_once(words) +
         ": " + std::string(rule.sentence);
}

// Which of the few ways a view of a fresh socket differs in.
std::string kind_of(const Finding& finding) {
  if (finding.observable.starts_with("the ")) return finding.observable;
  if (finding.got.starts_with('!')) return finding.got;
  return finding.expected.starts_with('!') ? "refused" : "value";
}

std::string sentence_of(const Comparison& comparison, const std::string& kind,
                        const Edges& findings) {
  const std::string& linux_name = comparison.expected_from;
  if (kind.starts_with("the ")) return kind + ": other than those of " + linux_name;
  std::set<std::string> views;
  for (const size_t i : findings) views.insert(comparison.findings[i].observable);
  const std::string count = views.size() == 1
                                ? "a fresh socket's " + *views.begin()
                                : std::to_string(views.size()) + " views of a fresh socket";
  if (kind == "refused") return count + ": can be read where " + linux_name + " answers an errno";
  if (kind == "value") return count + ": other values than those of " + linux_name;
  return count + ": reading fails with " + kind.substr(1) + " where " + linux_name +
         " shows a value or another errno";
}

LikelyCause cause_of(const Comparison& comparison, std::string sentence, Edges findings) {
  LikelyCause cause{.sentence = std::move(sentence), .findings = std::move(findings)};
  cause.smallest = cause.findings.front();
  for (const size_t i : cause.findings) {
    const Finding& finding = comparison.findings[i];
    cause.cases += finding.count;
    if (is_smaller(finding, comparison.findings[cause.smallest])) cause.smallest = i;
  }
  return cause;
}

}  // namespace

std::vector<LikelyCause> likely_causes(const Comparison& comparison) {
  Edges errnos;
  std::map<std::string, Edges> views;
  for (size_t i = 0; i < comparison.findings.size(); ++i) {
    const Finding& finding = comparison.findings[i];
    if (finding.known) continue;
    (finding.observable == "errno" ? errnos : views[kind_of(finding)]).push_back(i);
  }
  std::vector<LikelyCause> causes;
  std::set<size_t> taken;
  for (const Node& node : cover(comparison, errnos)) {
    Edges own;
    for (const size_t i : errnos) {
      const Finding& finding = comparison.findings[i];
      if (node != rule_of(finding) && node != answer_of(finding)) continue;
      if (taken.insert(i).second) own.push_back(i);
    }
    std::string sentence = sentence_of(comparison, node, own);
    causes.push_back(cause_of(comparison, std::move(sentence), std::move(own)));
  }
  for (auto& [kind, findings] : views) {
    std::string sentence = sentence_of(comparison, kind, findings);
    causes.push_back(cause_of(comparison, std::move(sentence), std::move(findings)));
  }
  std::sort(causes.begin(), causes.end(), [](const LikelyCause& a, const LikelyCause& b) {
    return a.findings.front() < b.findings.front();
  });
  return causes;
}

// ---- known causes -----------------------------------------------------------------------------

std::vector<CauseSummary> known_causes(const Comparison& comparison) {
  std::vector<CauseSummary> causes;
  std::map<std::string, size_t> index;
  std::set<std::pair<std::string, std::string>> rows;
  for (size_t i = 0; i < comparison.findings.size(); ++i) {
    const Finding& finding = comparison.findings[i];
    if (!finding.known) continue;
    const auto [at, is_new] = index.try_emplace(finding.cause, causes.size());
    if (is_new) {
      CauseSummary& cause = causes.emplace_back();
      cause.cause = {finding.cause, finding.reason, {}, {}, finding.link};
      for (const KnownCause& known : comparison.known) {
        if (known.id == finding.cause) cause.cause = known;
      }
      cause.smallest = i;
    }
    CauseSummary& cause = causes[at->second];
    cause.findings.push_back(i);
    cause.cases += finding.count;
    cause.rows += rows.emplace(finding.cause, finding.deviation).second;
    if (is_smaller(finding, comparison.findings[cause.smallest])) cause.smallest = i;
  }
  return causes;
}

KnownCounts known_counts(const Comparison& comparison) {
  KnownCounts counts;
  for (const CauseSummary& cause : known_causes(comparison)) {
    ++counts.causes;
    counts.rows += cause.rows;
    counts.classes += cause.findings.size();
  }
  return counts;
}

std::string verdict_line(const Comparison& comparison) {
  std::string line = plural(comparison.unexpected(), "unexpected finding");
  const size_t likely = likely_causes(comparison).size();
  if (likely != 0) line += " in " + plural(likely, "likely cause");
  const KnownCounts known = known_counts(comparison);
  line += ", " + plural(known.causes, "known cause");
  if (known.causes != 0) {
    line += " (" + plural(known.rows, "row") + ", " + plural(known.classes, "class") + ")";
  }
  return line + ", " + plural(comparison.stale.size(), "stale deviation");
}

}  // namespace sockoracle
