// SPDX-License-Identifier: GPL-2.0-only
// One self-contained page: nothing is loaded, and a policy in it forbids to. Texts of recordings
// are shown as text, whatever they hold.
#include "conformance/report/html.h"

#include <algorithm>

#include "conformance/report/html_page.h"
#include "conformance/report/report.h"

namespace sockoracle {
namespace {

constexpr size_t kFieldShown = 2000;  // characters of one field of a recording

std::string cut(const std::string& text) {
  if (text.size() <= kFieldShown) return text;
  return text.substr(0, kFieldShown) + "... (" + std::to_string(text.size()) + " bytes)";
}

std::string field(const std::string& text) { return html_text(cut(text)); }

std::string list_of(const std::map<std::string, std::string>& map) {
  std::string text;
  for (const auto& [key, value] : map) text += (text.empty() ? "" : ", ") + key + "=" + value;
  return text;
}

std::string finding_article(const Comparison& comparison, const Finding& finding, size_t number,
                            const std::string& anchor) {
  const std::string id = anchor + "finding-" + std::to_string(number);
  std::string explain = explain_command(comparison, finding), repro = explain;
  repro.replace(0, std::string("sockoracle explain").size(), "sockoracle repro");
  std::string worlds;
  for (const std::string& name : finding.contexts) worlds += (worlds.empty() ? "" : ", ") + name;
  std::string out = "<article id=\"" + id + "\"" + (finding.known ? "" : " class=new") + "><h3>" +
                    "<a href=\"#" + id + "\">" + std::to_string(number) + "</a> " +
                    field(finding.observable) + ": " +
                    field(finding_sentence(comparison, finding)) + "</h3>\n<p>" +
                    plural(finding.count, "case") + ", protocols " +
                    range_text(finding.low, finding.high) + ", in " + field(worlds) +
                    ". Smallest: <code>" + html_text(call_text(finding.smallest)) +
                    "</code></p>\n";
  if (finding.known) {
    out += "<p>Known deviation: " + field(finding.reason);
    const std::string& link = finding.link;
    const bool web = link.rfind("https://", 0) == 0 || link.rfind("http://", 0) == 0;
    if (web) out += " <a href=\"" + field(finding.link) + "\">" + field(finding.link) + "</a>";
    out += "</p>\n";
  }
  return out + "<p><code>" + field(explain) + "</code><br><code>" + field(repro) +
         "</code></p></article>\n";
}

std::string findings_section(const Comparison& comparison, const std::string& anchor) {
  std::string out = "<h2 id=\"" + anchor + "findings\">Findings</h2>\n";
  const size_t count = comparison.findings.size();
  for (size_t i = 0; i < std::min(count, kFindingsShown); ++i)
    out += finding_article(comparison, comparison.findings[i], i + 1, anchor);
  if (count > kFindingsShown)
    out += "<p>" + std::to_string(count - kFindingsShown) + " more: --format json has them.</p>\n";
  for (const Deviation& stale : comparison.stale)
    out += "<article class=new><h3>Stale deviation: " + field(stale.rule) + ", " +
           field(stale.observable) + "</h3><p>expected " + field(stale.expected) + ", got " +
           field(stale.got) + " no longer occurs (" + field(stale.where) + ")</p></article>\n";
  if (count == 0 && comparison.stale.empty()) out += "<p class=good>None.</p>\n";
  return out;
}

std::string facts_section(const Comparison& comparison) {
  const Provenance& facts = comparison.provenance;
  std::string out = "<details><summary>The subject's world</summary><div class=wide><table>\n";
  const auto row = [&](const char* name, const std::string& value) {
    if (!value.empty())
      out += std::string("<tr><th>") + name + "<td class=mono>" + field(value) + "</tr>\n";
  };
  row("release", facts.release);
  row("system", facts.uname);
  row("modules", list_of(facts.modules));
  row("sysctls", list_of(facts.sysctls));
  row("configuration", list_of(facts.config));
  row("security modules", facts.lsm);
  row("recorded by", facts.tool);
  return out + "</table></div></details>\n";
}

std::string skipped_section(const Comparison& comparison) {
  if (comparison.skipped.empty() && comparison.unread.empty()) return {};
  std::string out = "<details><summary>Skipped</summary><ul>\n";
  for (const auto& [reason, count] : comparison.skipped)
    out += "<li>" + plural(count, "case") + ": " + field(reason) + "</li>\n";
  for (const auto& [reason, count] : comparison.unread)
    out += "<li>" + plural(count, "observable") + ": " + field(reason) + "</li>\n";
  return out + "</ul></details>\n";
}

std::string folded(const char* title, const std::string& id, const std::string& content) {
  return "<details id=\"" + id + "\"><summary>" + title + "</summary>\n" + content +
         "</details>\n";
}

std::string section(const Comparison& comparison, size_t index) {
  const std::string anchor = html_anchor(index);
  const bool bad = comparison.unexpected() != 0 || !comparison.stale.empty();
  const bool none = comparison.checked_cases() == 0;
  std::string out = "<section id=\"" + anchor + "top\"><h1>" + field(title_of(comparison)) +
                    "</h1>\n<p><span class=" + (bad ? "bad>Differs" : none ? "dim>Skipped"
                                                                      : "good>Conforms") +
                    "</span>. " + field(summary_line(comparison)) + "</p>\n";
  out += facts_section(comparison) + skipped_section(comparison);
  out += findings_section(comparison, anchor);
  out += "<h2>Answers</h2>\n<p class=dim>Type by protocol, one map for the contexts that are "
         "answered alike; a range holds the protocols asked. ≠ marks a difference.</p>\n";
  out += html_matrix(comparison, anchor);
  out += "<h2>More</h2>\n";
  out += folded("Fresh sockets, field by field", anchor + "state", html_state(comparison));
  out += folded("Rules exercised", anchor + "rules", html_coverage(comparison));
  return out + "</section>\n";
}

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        // Control characters are not allowed in HTML; the replacement shows that one was there.
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') out += "\xef\xbf\xbd";
        else out += c;
    }
  }
  return out;
}

std::string html_anchor(size_t index) { return "s" + std::to_string(index) + "-"; }

std::string write_html_report(std::span<const Comparison> comparisons) {
  std::string body, contents;
  for (size_t i = 0; i < comparisons.size(); ++i) {
    contents += "<li><a href=\"#" + html_anchor(i) + "top\">" +
                field(title_of(comparisons[i])) + "</a></li>\n";
    body += section(comparisons[i], i);
  }
  std::string out =
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
      "<meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src "
      "'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
      "<meta name=viewport content=\"width=device-width,initial-scale=1\">\n"
      "<title>sockoracle: conformance of socket()</title>\n<style>";
  out += kPageStyle;
  out += "</style></head><body>\n<header class=filter><label>Show only what has <input id=filter "
         "type=search placeholder=\"EPERM nobody\"></label></header>\n<main>\n";
  if (comparisons.size() > 1) out += "<nav><ul>\n" + contents + "</ul></nav>\n";
  out += body;
  out += folded("History: what changed between releases", "history", html_history());
  out += "</main>\n<div id=shown role=status></div>\n<script>";
  out += kPageScript;
  return out + "</script></body></html>\n";
}

}  // namespace sockoracle
