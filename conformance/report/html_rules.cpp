// SPDX-License-Identifier: GPL-2.0-only
// Which rules this kernel's answers exercised; what changed between releases.
#include <algorithm>
#include <map>

#include "conformance/plan/model_answers.h"
#include "conformance/plan/plan.h"
#include "conformance/report/html.h"
#include "conformance/report/report.h"

namespace sockoracle {
namespace {

struct Witness {
  Call call;
  const ContextRow* context;
  uint64_t cases = 0;
};

std::map<Rule, Witness> witnesses_of(const Comparison& comparison) {
  std::map<Rule, Witness> seen;
  for (const ContextResult& context : comparison.contexts) {
    const ContextRow* facts = find_context(context.name);
    if (facts == nullptr || !context.skipped.empty()) continue;
    ModelAsker asker(context_world(comparison.world, *facts));
    for (const Group& group : context.groups) {
      if (!group.skipped.empty() || !group.oracle.empty()) continue;
      for (int64_t at = group.low; at <= group.high;) {
        const Piece piece = asker.piece(group.family, group.type, static_cast<int32_t>(at));
        const int32_t high = std::min(piece.high, group.high);
        const Call call{Entry::socket, group.family, group.type, static_cast<int32_t>(at)};
        seen.try_emplace(piece.rule, Witness{call, facts}).first->second.cases +=
            static_cast<uint64_t>(high - at + 1);
        at = high + int64_t{1};
      }
    }
  }
  return seen;
}

// The place of a release in the table; `none` where the text is empty.
std::string release_number(std::string_view text, std::string_view none) {
  Release release;
  if (text.empty() || !parse_release(text, &release)) return std::string(none);
  return std::to_string(release.index);
}

std::string release_options(size_t chosen) {
  std::string out;
  for (size_t i = 0; i < releases().size(); ++i)
    out += "<option value=" + std::to_string(i) + (i == chosen ? " selected>" : ">") +
           std::string(releases()[i].name) + "</option>";
  return out;
}

}  // namespace

std::string html_coverage(const Comparison& comparison, const std::string& anchor) {
  const std::map<Rule, Witness> seen = witnesses_of(comparison);
  std::string out = "<p>" + std::to_string(seen.size()) + " of " + std::to_string(rules().size()) +
                    " rules.</p>\n";
  std::string table = "<tr><th scope=col>rule<th scope=col>errno<th scope=col>cases<th scope=col>"
                      "first case on " +
                      html_field(comparison.provenance.release) +
                      ", or what shows it elsewhere</tr>\n";
  for (const RuleRow& rule : rules()) {
    const auto found = seen.find(rule.id);
    table += "<tr class=sift id=\"" + anchor + "rule-" + std::string(rule.name) + "\"><td><code>" +
             html_text(rule.name) + "</code><br><span class=dim>" + html_text(rule.sentence) +
             "</span><td>" + html_text(rule.errnos) + "<td>";
    if (found == seen.end()) {
      table += "none<td class=dim>" + html_text(rule.witness);
    } else {
      const Witness& witness = found->second;
      table += std::to_string(witness.cases) + "<td><code>" + html_text(call_text(witness.call)) +
               "</code> as " + html_text(witness.context->name) +
               html_folded(
                   "Steps", {},
                   "<pre>" +
                       html_text(steps_of(setting_of(comparison, *witness.context), witness.call)) +
                       "</pre>");
    }
    table += "</tr>\n";
  }
  return out + html_table("Rules", table);
}

std::string html_history() {
  std::string out = "<p class=filter><label>From <select id=from>" + release_options(0) +
                    "</select></label> <label>to <select id=to>" +
                    release_options(releases().size() - 1) +
                    "</select></label> <span id=between role=status></span></p>\n";
  std::string table = "<tr><th scope=col>since<th scope=col>until<th scope=col>stable releases"
                      "<th scope=col>behaviour<th scope=col>commit, CVE<th scope=col>what changed"
                      "</tr>\n";
  for (const BehaviourRow& row : behaviours())
    table += "<tr class=\"sift change\" id=\"behaviour-" + std::string(row.name) +
             "\" data-since=" + release_number(row.since, "-1") +
             " data-until=" + release_number(row.until, "999") + "><td>" + html_text(row.since) +
             "<td>" + html_text(row.until) + "<td>" + html_text(row.backports) + "<td><code>" +
             html_text(row.name) + "</code><td><code>" + html_text(row.commit) + "</code> " +
             html_text(row.cve) + "<td>" + html_text(row.sentence) + "</tr>\n";
  return out + html_table("History", table);
}

}  // namespace sockoracle
