// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "conformance/compare/causes.h"
#include "conformance/report/report.h"
#include "conformance/words/step_text.h"

namespace sockoracle {
namespace {

constexpr size_t kRowsShown = 50;

// Text that Markdown takes literally, also inside a table.
std::string literal(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]<>#|~$&").find(c) != std::string_view::npos) out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

// Words of code: no backtick may end them early.
std::string code(std::string text) {
  std::replace(text.begin(), text.end(), '`', '\'');
  std::string out;
  for (const char c : text) out += c == '|' ? "\\|" : std::string(1, c);
  return "`" + out + "`";
}

// The findings of a context, unexpected or known.
size_t findings_in(const Comparison& comparison, const std::string& context, bool known) {
  return static_cast<size_t>(std::count_if(
      comparison.findings.begin(), comparison.findings.end(), [&](const Finding& finding) {
        return finding.known == known && std::find(finding.contexts.begin(), finding.contexts.end(),
                                                   context) != finding.contexts.end();
      }));
}

void add_contexts(std::string& out, const Comparison& comparison) {
  out +=
      "| context | checked | skipped | findings | known |\n| --- | ---: | ---: | ---: | ---: |\n";
  for (const ContextResult& context : comparison.contexts) {
    out += "| " + literal(context.name) + " | " + std::to_string(context.checked_cases) + " | " +
           std::to_string(context.skipped_cases);
    if (!context.skipped.empty()) out += ": " + literal(context.skipped);
    out += " | " + std::to_string(findings_in(comparison, context.name, false)) + " | " +
           std::to_string(findings_in(comparison, context.name, true)) + " |\n";
  }
}

// "`socket(...)` as root: got EPERM; Linux 6.18 answers EINVAL".
std::string smallest_text(const Comparison& comparison, size_t index) {
  const Finding& finding = comparison.findings[index];
  return code(call_text(finding.smallest)) + " as " + literal(finding.contexts.front()) + ": " +
         literal(outcome_sentence(comparison, finding));
}

void add_causes(std::string& out, const Comparison& comparison) {
  const std::vector<LikelyCause> likely = likely_causes(comparison);
  if (!likely.empty()) {
    out += "\n| likely cause | classes | cases | smallest case |\n| --- | ---: | ---: | --- |\n";
  }
  for (const LikelyCause& cause : likely) {
    out += "| " + literal(cause.sentence) + " | " + std::to_string(cause.findings.size()) + " | " +
           std::to_string(cause.cases) + " | " + smallest_text(comparison, cause.smallest) + " |\n";
  }
  const std::vector<CauseSummary> known = known_causes(comparison);
  if (!known.empty()) {
    out += "\n| known cause | rows | classes | cases | smallest case |\n"
           "| --- | ---: | ---: | ---: | --- |\n";
  }
  for (const CauseSummary& cause : known) {
    out += "| " + literal(cause.cause.sentence) +
           (cause.cause.where.empty() ? "" : " (" + code(cause.cause.where) + ")") + " | " +
           std::to_string(cause.rows) + " | " + std::to_string(cause.findings.size()) + " | " +
           std::to_string(cause.cases) + " | " + smallest_text(comparison, cause.smallest) + " |\n";
  }
}

void add_finding_rows(std::string& out, const Comparison& comparison) {
  if (comparison.findings.empty()) return;
  out += "\n| rule | observable | expected | got | cases | smallest case |\n"
         "| --- | --- | --- | --- | ---: | --- |\n";
  size_t shown = 0;
  for (const Finding& finding : comparison.findings) {
    if (shown++ == kRowsShown) {
      out += "\n... and " + plural(comparison.findings.size() - kRowsShown, "more finding") + "\n";
      return;
    }
    out += "| " + code(std::string(row(finding.rule).name)) + (finding.known ? " (known)" : "") +
           " | " + literal(finding.observable) + " | " + literal(finding.expected) + " | " +
           literal(finding.got) + " | " + std::to_string(finding.count) + " | " +
           code(call_text(finding.smallest)) + " as " + literal(finding.contexts.front());
    if (finding.known) out += ": " + literal(finding.reason);
    out += " |\n";
  }
}

}  // namespace

std::string write_markdown_report(std::span<const Comparison> comparisons) {
  std::string out;
  for (const Comparison& comparison : comparisons) {
    if (!out.empty()) out += "\n";
    out += "## " + literal(title_of(comparison)) + "\n\n";
    out += verdict_line(comparison) + ". " + literal(summary_line(comparison)) + ".\n\n";
    add_contexts(out, comparison);
    add_causes(out, comparison);
    add_finding_rows(out, comparison);
    for (const Deviation& stale : comparison.stale) {
      out += "\nStale: " + literal(stale.where) + " did not occur.\n";
    }
  }
  return out;
}

}  // namespace sockoracle
