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

std::string section(const Comparison& comparison, size_t index, TextBook& book) {
  const std::string anchor = html_anchor(index);
  std::string out = "<section class=subject id=\"" + anchor + "top\" aria-label=\"Subject " +
                    std::to_string(index + 1) + "\"><h1>" + html_field(title_of(comparison)) +
                    "</h1>\n";
  out += html_head(comparison, anchor);
  out += html_findings(comparison, anchor);
  out += "<h2>Answers</h2>\n<p class=dim>Type by protocol, one map for the contexts that are "
         "answered alike; a range holds the protocols asked. ≠ marks a difference. A cell shows "
         "its case, rule, steps and C program.</p>\n";
  out += html_matrix(comparison, anchor, book);
  out += "<h2>More</h2>\n";
  out += html_folded("Fresh sockets, field by field: expected, and what was got instead",
                     anchor + "state", html_state(comparison));
  if (const std::string deep = html_deep(comparison); !deep.empty())
    out += html_folded("Deeper oracles: steps of model and kernel", anchor + "deep", deep);
  out += html_folded("Rules exercised, and by which case of this kernel", anchor + "rules",
                     html_coverage(comparison, anchor));
  return out + "</section>\n";
}

// With more than one subject: which of them is shown. Without the script all are.
std::string subject_chooser(std::span<const Comparison> comparisons) {
  std::string out = "<div id=subjects class=filter><label>Subject <select id=subject>"
                    "<option value=\"\">all of them</option>";
  for (size_t i = 0; i < comparisons.size(); ++i)
    out += "<option value=\"" + html_anchor(i) + "top\">" + html_field(title_of(comparisons[i])) +
           "</option>";
  return out +
         "</select></label> <label>Through the subjects <input id=slider type=range min=0 "
         "max=" +
         std::to_string(comparisons.size()) + " value=0></label></div>\n";
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

std::string html_field(const std::string& text) {
  if (text.size() <= kFieldShown) return html_text(text);
  return html_text(text.substr(0, kFieldShown) + "... (" + std::to_string(text.size()) + " bytes)");
}

std::string html_row(const std::string& head, const std::string& cell) {
  return "<tr><th scope=row>" + head + "<td>" + cell + "</tr>\n";
}

std::string html_folded(const std::string& title, const std::string& id,
                        const std::string& content) {
  return "<details" + (id.empty() ? "" : " id=\"" + id + "\"") + "><summary>" + title +
         "</summary>\n" + content + "</details>\n";
}

std::string html_table(const std::string& name, const std::string& content) {
  return "<div class=wide tabindex=0 role=group aria-label=\"" + name + "\"><table>\n" + content +
         "</table></div>\n";
}

std::string html_anchor(size_t index) { return "s" + std::to_string(index) + "-"; }

std::string write_html_report(std::span<const Comparison> comparisons) {
  std::string body, contents;
  TextBook book;
  for (size_t i = 0; i < comparisons.size(); ++i) {
    contents += "<li><a href=\"#" + html_anchor(i) + "top\">" +
                html_field(title_of(comparisons[i])) + "</a></li>\n";
    body += section(comparisons[i], i, book);
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
  if (comparisons.size() > 1)
    out += "<nav aria-label=Subjects><ul>\n" + contents + "</ul></nav>\n" +
           subject_chooser(comparisons);
  out += body;
  out += html_folded("History: what changed between releases", "history", html_history());
  out += "</main>\n<div id=shown role=region aria-label=\"The chosen case\"></div>\n";
  out += "<script type=\"application/json\" id=book>" + book.json() + "</script>\n<script>";
  out += kPageScript;
  return out + "</script></body></html>\n";
}

}  // namespace sockoracle
