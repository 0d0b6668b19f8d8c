// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "conformance/compare/causes.h"
#include "conformance/report/report.h"
#include "model/strace.h"

namespace sockoracle {
namespace {

// One subtest: a family and a type within a context.
struct Subtest {
  std::string name;
  std::string skipped;  // where every group of it is
  bool checked = false, failed = false;
  std::vector<size_t> findings;
};

// '#' begins a directive, so none may stand in a name or a reason.
std::string plain(std::string text) {
  std::replace(text.begin(), text.end(), '#', '?');
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string subtest_name(const Group& group) {
  char room[kCallTextMax];
  std::string name(room, std::min(print_family(group.family, room), sizeof room));
  name += ' ';
  name.append(room, std::min(print_type(group.type, room), sizeof room));
  if (!group.oracle.empty()) name += " " + std::string(group.oracle);
  return plain(group.deep ? name + " deep" : name);
}

std::vector<Subtest> subtests_of(const Comparison& comparison, const ContextResult& context) {
  std::vector<Subtest> subtests;
  std::map<std::tuple<int32_t, int32_t, bool, std::string_view>, size_t> index;
  for (const Group& group : context.groups) {
    const auto [at, is_new] =
        index.try_emplace({group.family, group.type, group.deep, group.oracle}, subtests.size());
    if (is_new) subtests.push_back({.name = subtest_name(group), .skipped = {}, .findings = {}});
    Subtest& subtest = subtests[at->second];
    if (group.skipped.empty()) {
      subtest.checked = true;
    } else {
      subtest.skipped = group.skipped;
    }
    for (const size_t i : group.findings) {
      if (std::find(subtest.findings.begin(), subtest.findings.end(), i) ==
          subtest.findings.end()) {
        subtest.findings.push_back(i);
      }
      subtest.failed = subtest.failed || !comparison.findings[i].known;
    }
  }
  return subtests;
}

std::string result_line(std::string_view indent, bool ok, size_t number, const std::string& name,
                        const std::string& skipped) {
  std::string line =
      std::string(indent) + (ok ? "ok " : "not ok ") + std::to_string(number) + " " + name;
  if (!skipped.empty()) line += " # SKIP " + plain(skipped);
  return line + "\n";
}

// Returns whether everything in the context passed.
bool add_context(std::string& out, const Comparison& comparison, const ContextResult& context) {
  bool passed = true;
  const std::vector<Subtest> subtests = subtests_of(comparison, context);
  out += "  KTAP version 1\n  1.." + std::to_string(subtests.size()) + "\n";
  for (size_t i = 0; i < subtests.size(); ++i) {
    const Subtest& subtest = subtests[i];
    for (const size_t f : subtest.findings) {
      const Finding& finding = comparison.findings[f];
      out += std::string("  # ") + (finding.known ? "known: " : "") +
             finding_sentence(comparison, finding) + "\n";
      out += "  # " + explain_command(comparison, finding) + "\n";
    }
    out += result_line("  ", !subtest.failed, i + 1, subtest.name,
                       subtest.checked ? std::string() : subtest.skipped);
    passed = passed && !subtest.failed;
  }
  return passed;
}

}  // namespace

std::string write_ktap_report(std::span<const Comparison> comparisons) {
  size_t count = 0;
  for (const Comparison& c : comparisons) count += c.contexts.size() + c.stale.size();
  std::string out = "KTAP version 1\n1.." + std::to_string(count) + "\n";
  size_t number = 0;
  for (const Comparison& comparison : comparisons) {
    out += "# " + title_of(comparison) + "\n";
    for (const ContextResult& context : comparison.contexts) {
      const bool passed = !context.skipped.empty() || add_context(out, comparison, context);
      out += result_line("", passed, ++number, context.name, context.skipped);
    }
    for (const Deviation& stale : comparison.stale) {
      out += "# stale: " + stale.rule + ", " + stale.observable + ", expected " + stale.expected +
             ", got " + stale.got + " did not occur\n";
      out += result_line("", false, ++number, plain(stale.where), {});
    }
    for (const CauseSummary& known : known_causes(comparison)) {
      out += "# known cause: " + known.cause.sentence + "\n";
    }
    out += "# " + summary_line(comparison) + "\n# " + verdict_line(comparison) + "\n";
  }
  return out;
}

}  // namespace sockoracle
