// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "conformance/compare/causes.h"
#include "conformance/report/report.h"

namespace sockoracle {
namespace {

// Also right inside attributes. What XML cannot carry becomes a question mark.
std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      default: out += c < 0x20 || c > 0x7e ? '?' : c;
    }
  }
  return out;
}

struct Counts {
  uint64_t tests = 0, failures = 0, skipped = 0;
};

// The root has no `skipped`: Jenkins' schema knows it of suites only.
std::string attributes(const Counts& counts, bool of_suite) {
  std::string text = " tests=\"" + std::to_string(counts.tests) + "\" failures=\"" +
                     std::to_string(counts.failures) + "\" errors=\"0\"";
  if (of_suite) text += " skipped=\"" + std::to_string(counts.skipped) + "\"";
  return text;
}

bool fails(const Comparison& comparison, const Group& group) {
  return std::any_of(group.findings.begin(), group.findings.end(),
                     [&](size_t i) { return !comparison.findings[i].known; });
}

void add_case(std::string& out, const std::string& classname, const std::string& name) {
  out += "    <testcase classname=\"" + xml_text(classname) + "\" name=\"" + xml_text(name) + "\"";
}

// One <failure> with all details in its body: readers differ in what they do with a second one.
void add_failure(std::string& out, const Comparison& comparison, const Group& group) {
  std::string message, body;
  for (const size_t i : group.findings) {
    const Finding& finding = comparison.findings[i];
    const std::string sentence = finding_sentence(comparison, finding);
    if (!finding.known && message.empty()) {
      message = sentence;
      out += ">\n      <failure type=\"" + xml_text(row(finding.rule).name) + "\" message=\"" +
             xml_text(message) + "\">";
    }
    body += (finding.known ? "known: " : "") + sentence + "\n  " +
            explain_command(comparison, finding) + "\n";
  }
  std::string text;
  for (const char c : body)
    text += c == '\n' ? std::string("\n") : xml_text(std::string_view(&c, 1));
  out += text + "</failure>\n    </testcase>\n";
}

void add_group(std::string& out, const Comparison& comparison, const std::string& suite,
               const Group& group, Counts& counts) {
  ++counts.tests;
  add_case(out, suite, group_name(group));
  if (!group.skipped.empty()) {
    ++counts.skipped;
    out += ">\n      <skipped>" + xml_text(group.skipped) + "</skipped>\n    </testcase>\n";
  } else if (fails(comparison, group)) {
    ++counts.failures;
    add_failure(out, comparison, group);
  } else {
    out += "/>\n";
  }
}

void add_stale(std::string& out, const std::string& suite, const Deviation& stale, Counts& counts) {
  ++counts.tests;
  ++counts.failures;
  add_case(out, suite + ".deviations", stale.where);
  out += ">\n      <failure type=\"stale\" message=\"" +
         xml_text("did not occur: " + stale.rule + ", " + stale.observable + ", expected " +
                  stale.expected + ", got " + stale.got) +
         "\"/>\n    </testcase>\n";
}

// A test that passes for each known cause, so that reports of different days show which are left.
void add_causes(std::string& out, const std::string& suite, const Comparison& comparison,
                Counts& counts) {
  for (const CauseSummary& known : known_causes(comparison)) {
    ++counts.tests;
    add_case(out, suite, known.cause.id.empty() ? known.cause.sentence : known.cause.id);
    out += ">\n      <system-out>" +
           xml_text(known.cause.sentence + " (" + plural(known.rows, "row") + ", " +
                    plural(known.findings.size(), "class") + ")") +
           "</system-out>\n    </testcase>\n";
  }
}

void add_suite(std::string& out, const std::string& name, const Counts& counts,
               const std::string& cases) {
  out += "  <testsuite name=\"" + xml_text(name) + "\"" + attributes(counts, true) + ">\n" + cases +
         "  </testsuite>\n";
}

}  // namespace

std::string write_junit_report(std::span<const Comparison> comparisons) {
  std::string suites;
  Counts all;
  const auto finish = [&](const std::string& name, const Counts& counts, const std::string& cases) {
    add_suite(suites, name, counts, cases);
    all.tests += counts.tests;
    all.failures += counts.failures;
    all.skipped += counts.skipped;
  };
  for (const Comparison& comparison : comparisons) {
    const std::string subject = comparison.provenance.subject + "-" + comparison.provenance.release;
    for (const ContextResult& context : comparison.contexts) {
      Counts counts;
      std::string cases;
      const std::string suite = subject + "." + context.name;
      if (!context.skipped.empty()) {
        counts = {.tests = 1, .failures = 0, .skipped = 1};
        add_case(cases, suite, "all");
        cases += ">\n      <skipped>" + xml_text(context.skipped) + "</skipped>\n    </testcase>\n";
      }
      for (const Group& group : context.groups) add_group(cases, comparison, suite, group, counts);
      finish(suite, counts, cases);
    }
    Counts causes;
    std::string known;
    add_causes(known, subject + ".causes", comparison, causes);
    if (causes.tests != 0) finish(subject + ".causes", causes, known);
    if (comparison.stale.empty()) continue;
    Counts counts;
    std::string cases;
    for (const Deviation& stale : comparison.stale) add_stale(cases, subject, stale, counts);
    finish(subject + ".deviations", counts, cases);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"sockoracle\"" +
         attributes(all, false) + ">\n" + suites + "</testsuites>\n";
}

}  // namespace sockoracle
