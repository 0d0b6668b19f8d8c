// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/json_reader.h"
#include "conformance/compare/causes.h"
#include "conformance/compare/ending.h"
#include "conformance/report/report.h"
#include "conformance/words/step_text.h"

namespace sockoracle {
namespace {

// Builds one object; keys come in the order of the calls.
class Object {
 public:
  Object& text(std::string_view key, std::string_view value) {
    begin(key);
    append_quoted(out_, value);
    return *this;
  }
  Object& raw(std::string_view key, const std::string& value) {
    begin(key);
    out_ += value;
    return *this;
  }
  Object& number(std::string_view key, uint64_t value) { return raw(key, std::to_string(value)); }
  std::string take() { return out_ + "}"; }

 private:
  void begin(std::string_view key) {
    if (out_.size() > 1) out_ += ",";
    append_quoted(out_, key);
    out_ += ":";
  }
  std::string out_ = "{";
};

template <typename List, typename Write>
std::string list_of(const List& list, Write write) {
  std::string out = "[";
  for (const auto& item : list) {
    if (out.size() > 1) out += ",";
    out += write(item);
  }
  return out + "]";
}

std::string counts_of(const std::map<std::string, uint64_t>& map) {
  Object object;
  for (const auto& [key, count] : map) object.number(key, count);
  return object.take();
}

std::string json_finding(const Comparison& comparison, const Finding& finding) {
  Object object;
  object.text("rule", row(finding.rule).name)
      .text("observable", finding.observable)
      .text("expected", finding.expected)
      .text("got", finding.got)
      .text("sentence", finding_sentence(comparison, finding))
      .number("cases", finding.count)
      .raw("protocol", "[" + std::to_string(finding.low) + "," + std::to_string(finding.high) + "]")
      .raw("worlds", list_of(finding.contexts, quoted))
      .text("smallest", call_text(finding.smallest))
      .text("explain", explain_command(comparison, finding))
      .raw("known", finding.known ? "true" : "false");
  if (finding.known)
    object.text("cause", finding.cause)
        .text("deviation", finding.deviation)
        .text("reason", finding.reason)
        .text("link", finding.link);
  return object.take();
}

std::string json_context(const ContextResult& context) {
  Object object;
  object.text("world", context.name);
  if (!context.skipped.empty()) object.text("skipped", context.skipped);
  object.number("checked_cases", context.checked_cases)
      .number("skipped_cases", context.skipped_cases);
  return object.take();
}

std::string json_stale(const Deviation& deviation) {
  return Object()
      .text("rule", deviation.rule)
      .text("observable", deviation.observable)
      .text("expected", deviation.expected)
      .text("got", deviation.got)
      .text("where", deviation.where)
      .take();
}

// What a known and a likely cause have in common: the finding to look at first.
Object& smallest(Object& object, const Comparison& comparison, size_t index) {
  const Finding& finding = comparison.findings[index];
  return object.text("smallest", call_text(finding.smallest))
      .text("world", finding.contexts.front())
      .text("sentence", outcome_sentence(comparison, finding))
      .text("explain", explain_command(comparison, finding));
}

std::string json_known(const Comparison& comparison, const CauseSummary& known) {
  Object object;
  object.text("id", known.cause.id)
      .text("cause", known.cause.sentence)
      .text("where", known.cause.where)
      .text("owner", known.cause.owner)
      .text("link", known.cause.link)
      .number("rows", known.rows)
      .number("classes", known.findings.size())
      .number("cases", known.cases);
  return smallest(object, comparison, known.smallest).take();
}

std::string json_likely(const Comparison& comparison, const LikelyCause& likely) {
  Object object;
  object.text("cause", likely.sentence)
      .number("classes", likely.findings.size())
      .number("cases", likely.cases);
  return smallest(object, comparison, likely.smallest).take();
}

std::string json_counts(const Comparison& comparison) {
  const KnownCounts known = known_counts(comparison);
  return Object()
      .number("unexpected", comparison.unexpected())
      .number("likely_causes", likely_causes(comparison).size())
      .number("causes", known.causes)
      .number("rows", known.rows)
      .number("classes", known.classes)
      .number("stale", comparison.stale.size())
      .take();
}

std::string json_comparison(const Comparison& comparison) {
  return Object()
      .text("subject", comparison.provenance.subject)
      .text("release", comparison.provenance.release)
      .text("uname", comparison.provenance.uname)
      .text("expected_from", comparison.expected_from)
      .text("verdict", ending_name(ending_of(comparison)))
      .number("wrong_errnos", wrong_errnos(comparison))
      .number("checked_cases", comparison.checked_cases())
      .number("skipped_cases", comparison.skipped_cases())
      .number("values", comparison.values)
      .raw("skipped", counts_of(comparison.skipped))
      .raw("unread", counts_of(comparison.unread))
      .raw("worlds", list_of(comparison.contexts, json_context))
      .raw("counts", json_counts(comparison))
      .raw("likely_causes",
           list_of(likely_causes(comparison),
                   [&](const LikelyCause& cause) { return json_likely(comparison, cause); }))
      .raw("causes",
           list_of(known_causes(comparison),
                   [&](const CauseSummary& cause) { return json_known(comparison, cause); }))
      .raw("findings", list_of(comparison.findings,
                               [&](const Finding& f) { return json_finding(comparison, f); }))
      .raw("stale", list_of(comparison.stale, json_stale))
      .take();
}

}  // namespace

std::string write_json_report(std::span<const Comparison> comparisons) {
  return Object()
             .text("schema", "sockoracle.report/1")
             .raw("comparisons", list_of(comparisons, json_comparison))
             .take() +
         "\n";
}

}  // namespace sockoracle
