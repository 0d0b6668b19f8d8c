// SPDX-License-Identifier: GPL-2.0-only
// The head of a report, its findings, and what looked deeper than the probe.
#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/compare/causes.h"
#include "conformance/compare/ending.h"
#include "conformance/explain/repro.h"
#include "conformance/report/html.h"
#include "conformance/report/report.h"

namespace sockoracle {
namespace {

constexpr size_t kProgramsShown = 50;
constexpr std::string_view kTheSteps = "the call's steps";

std::string list_of(const std::map<std::string, std::string>& map) {
  std::string text;
  for (const auto& [key, value] : map) text += (text.empty() ? "" : ", ") + key + "=" + value;
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

std::string verdict_of(const Comparison& comparison) {
  constexpr std::string_view kClasses[] = {"good", "warn", "bad", "dim"};
  const Ending ending = ending_of(comparison);
  const std::string name(ending_name(ending));
  return "<span class=" + std::string(kClasses[static_cast<size_t>(ending)]) + ">" +
         static_cast<char>(name[0] - 'a' + 'A') + name.substr(1) +
         "</span>: " + verdict_line(comparison) + "; " + plural(wrong_errnos(comparison), "case") +
         " with a wrong errno";
}

std::string skipped_list(const Comparison& comparison) {
  if (comparison.skipped.empty() && comparison.unread.empty()) return "nothing";
  std::string out = "<ul>\n";
  for (const auto& [reason, count] : comparison.skipped) {
    out += "<li>" + plural(count, "case") + ": " + html_field(reason);
    const auto whole = comparison.skipped_contexts.find(reason);
    if (whole != comparison.skipped_contexts.end())
      out += " <span class=dim>(" + html_field(joined(whole->second)) + ")</span>";
    out += "</li>\n";
  }
  for (const auto& [reason, count] : comparison.unread)
    out += "<li>" + plural(count, "observable") + ": " + html_field(reason) + "</li>\n";
  return out + "</ul>\n";
}

// The sides of a finding about steps: "+sock_inode_cache CAP_NET_RAW granted -TCP", word by word.
std::string sides(const std::string& expected, const std::string& got) {
  const auto lines = [](const std::string& text) {
    std::string out;
    for (const char c : text) {
      if (c == ' ') out += '\n';
      else out += c;
    }
    return "<pre>" + html_field(out) + "</pre>";
  };
  return html_table("Steps", "<tr><th>the model<th>the kernel</tr>\n<tr><td>" + lines(expected) +
                                 "<td>" + lines(got) + "</tr>\n");
}

std::string program_of(const Comparison& comparison, const Finding& finding) {
  const ContextRow* context = find_context(finding.contexts.front());
  if (context == nullptr) return {};
  std::string program;
  try {
    program = repro_text(setting_of(comparison, *context), finding.smallest, {});
  } catch (const UsageError&) {  // a family outside the model
    return {};
  }
  return html_folded("C program that shows it", {},
                     "<div class=wide tabindex=0 role=region aria-label=Program><pre>" +
                         html_text(program) + "</pre></div>\n");
}

std::string steps_fold(const Comparison& comparison, const Finding& finding) {
  const ContextRow* context = find_context(finding.contexts.front());
  if (context == nullptr) return {};
  return html_folded("Steps of the model", {},
                     "<pre>" +
                         html_text(steps_of(setting_of(comparison, *context), finding.smallest)) +
                         "</pre>\n");
}

std::string article(const Comparison& comparison, size_t number, const std::string& anchor) {
  const Finding& finding = comparison.findings[number];
  const std::string id = anchor + "finding-" + std::to_string(number + 1);
  std::string explain = explain_command(comparison, finding), repro = explain;
  repro.replace(0, std::string("sockoracle explain").size(), "sockoracle repro");
  std::string out =
      "<article id=\"" + id + "\"" + (finding.known ? "" : " class=new") + "><h3>" + "<a href=\"#" +
      id + "\">" + std::to_string(number + 1) + "</a> " + html_field(finding.observable) + ": " +
      html_field(finding_sentence(comparison, finding)) + "</h3>\n<p>" +
      plural(finding.count, "case") + ", protocols " + range_text(finding.low, finding.high) +
      ", in " + html_field(joined(finding.contexts)) + ". Smallest: <code>" +
      html_text(call_text(finding.smallest)) + "</code></p>\n";
  if (finding.observable == kTheSteps) out += sides(finding.expected, finding.got);
  if (finding.known) {
    out += "<p>Known deviation: " + html_field(finding.reason);
    const std::string& link = finding.link;
    const bool web = link.rfind("https://", 0) == 0 || link.rfind("http://", 0) == 0;
    if (web) out += " <a href=\"" + html_field(link) + "\">" + html_field(link) + "</a>";
    out += "</p>\n";
  }
  const RuleRow& rule = row(finding.rule);
  out += "<p>Decided by <a href=\"#" + anchor + "rule-" + std::string(rule.name) + "\"><code>" +
         std::string(rule.name) + "</code></a> in <code>" + std::string(rule.file()) + ":" +
         std::string(rule.function()) + "</code></p>\n";
  out +=
      "<p><code>" + html_field(explain) + "</code><br><code>" + html_field(repro) + "</code></p>\n";
  if (number < kProgramsShown)
    out += steps_fold(comparison, finding) + program_of(comparison, finding);
  return out + "</article>\n";
}

std::string cause_row(const Comparison& comparison, const std::string& anchor, bool known,
                      const std::string& sentence, const std::vector<size_t>& findings,
                      uint64_t cases, size_t smallest) {
  const Finding& finding = comparison.findings[smallest];
  std::string call = "<code>" + html_text(call_text(finding.smallest)) + "</code>";
  if (smallest < kFindingsShown)
    call =
        "<a href=\"#" + anchor + "finding-" + std::to_string(smallest + 1) + "\">" + call + "</a>";
  return std::string("<tr><td>") + (known ? "known" : "likely") + "<td>" + html_field(sentence) +
         "<td>" + std::to_string(findings.size()) + "<td>" + std::to_string(cases) + "<td>" + call +
         ", " + html_field(outcome_sentence(comparison, finding)) + "</tr>\n";
}

std::string causes_table(const Comparison& comparison, const std::string& anchor) {
  if (comparison.findings.empty()) return {};
  std::string rows =
      "<tr><th>cause<th>what is different<th>classes<th>cases<th>smallest case</tr>\n";
  for (const LikelyCause& likely : likely_causes(comparison))
    rows += cause_row(comparison, anchor, false, likely.sentence, likely.findings, likely.cases,
                      likely.smallest);
  for (const CauseSummary& known : known_causes(comparison)) {
    const KnownCause& cause = known.cause;
    const std::string where = cause.where.empty() ? "" : " (" + cause.where + ")";
    rows += cause_row(comparison, anchor, true, cause.sentence + where, known.findings, known.cases,
                      known.smallest);
  }
  return html_table("Causes", rows);
}

}  // namespace

std::string html_head(const Comparison& comparison, const std::string& anchor) {
  const Provenance& facts = comparison.provenance;
  std::string table = html_row("verdict", verdict_of(comparison));
  const auto text_row = [&](const char* name, const std::string& value) {
    if (!value.empty()) table += html_row(name, html_field(value));
  };
  text_row("subject", facts.subject);
  text_row("kernel", facts.release);
  text_row("system", facts.uname);
  text_row("against", comparison.expected_from);
  text_row("compared", plural(comparison.checked_cases(), "case") + " in " +
                           plural(comparison.checked_contexts(), "context") + ", " +
                           plural(comparison.values, "value") + " of fresh sockets");
  table += html_row("skipped", skipped_list(comparison));
  std::string world;
  const auto world_row = [&](const char* name, const std::string& value) {
    if (value.empty()) return;
    world += html_row(name, "<span class=mono>" + html_field(value) + "</span>");
  };
  world_row("modules", list_of(facts.modules));
  world_row("sysctls", list_of(facts.sysctls));
  world_row("configuration", list_of(facts.config));
  world_row("security modules", facts.lsm);
  world_row("recorded by", facts.tool);
  std::string out = html_table("Facts", table);
  if (!world.empty())
    out += html_folded("The subject's world", anchor + "world", html_table("World", world));
  return out;
}

std::string html_findings(const Comparison& comparison, const std::string& anchor) {
  std::string out = "<h2 id=\"" + anchor + "findings\">Findings</h2>\n";
  out += causes_table(comparison, anchor);
  const size_t count = comparison.findings.size();
  for (size_t i = 0; i < std::min(count, kFindingsShown); ++i)
    out += article(comparison, i, anchor);
  if (count > kFindingsShown)
    out += "<p>" + std::to_string(count - kFindingsShown) + " more: --format json has them.</p>\n";
  for (const Deviation& stale : comparison.stale)
    out += "<article class=new><h3>Stale deviation: " + html_field(stale.rule) + ", " +
           html_field(stale.observable) + "</h3><p>expected " + html_field(stale.expected) +
           ", got " + html_field(stale.got) + " no longer occurs (" + html_field(stale.where) +
           ")</p></article>\n";
  if (count == 0 && comparison.stale.empty()) out += "<p class=good>None.</p>\n";
  return out;
}

std::string html_deep(const Comparison& comparison) {
  if (comparison.oracles.empty()) return {};
  std::string out = "<ul>\n";
  for (const DeepOracle& oracle : comparison.oracles) {
    out += "<li>" + html_field(oracle.name) + ": " +
           html_field(oracle.skipped.empty() ? oracle.counts : "skipped: " + oracle.skipped);
    for (const std::string& note : oracle.notes)
      out += "<br><span class=dim>not seen: " + html_field(note) + "</span>";
    out += "</li>\n";
  }
  out += "</ul>\n";
  for (const ContextResult& context : comparison.contexts) {
    const ContextRow* facts = find_context(context.name);
    if (facts == nullptr) continue;
    for (const Group& group : context.groups) {
      if (group.oracle != "steps") continue;
      const Call call{Entry::socket, group.family, group.type, group.low};
      std::string kernel = "the same";
      for (const size_t index : group.findings) kernel = comparison.findings[index].got;
      out += html_folded(
          html_text(call_text(call) + " as " + context.name), {},
          html_table("Steps", "<tr><th>the model<th>the kernel</tr>\n<tr><td><pre>" +
                                  html_text(steps_of(setting_of(comparison, *facts), call)) +
                                  "</pre><td>" + html_field(kernel) + "</tr>\n"));
    }
  }
  return out;
}

}  // namespace sockoracle
