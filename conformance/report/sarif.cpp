// SPDX-License-Identifier: GPL-2.0-only
// SARIF 2.1.0. A result is a finding; its place is the row of the deciding rule in the model's
// table. Fingerprints hang on rule, observable, expected and got alone: they outlive counts.
#include "conformance/base/json_reader.h"
#include "conformance/compare/causes.h"
#include "conformance/report/report.h"
#include "conformance/world/world_text.h"

namespace sockoracle {
namespace {

constexpr uint32_t kRuleLines[] = {
#define RULE(...) __LINE__,
#include "model/rules.def"
};

constexpr std::string_view kStaleId = "stale_deviation";

std::string text_object(std::string_view text) { return "{\"text\":" + quoted(text) + "}"; }

std::string json_rule(const RuleRow& rule) {
  return "{\"id\":" + quoted(rule.name) + ",\"shortDescription\":" + text_object(rule.sentence) +
         ",\"help\":" +
         text_object(std::string(rule.function()) + ", " + std::string(rule.file()) +
                     ". sockoracle explain shows the path to it.") +
         "}";
}

// Every rule of the model in its order, so that a rule's index never depends on the findings.
std::string json_driver() {
  std::string out =
      "{\"name\":\"sockoracle\",\"version\":" +
      quoted("Linux " + release_text(oldest_release()) + " to " + release_text(newest_release())) +
      ",\"rules\":[";
  for (const RuleRow& rule : rules()) out += json_rule(rule) + ",";
  return out + "{\"id\":" + quoted(kStaleId) +
         ",\"shortDescription\":" + text_object("A known deviation must still occur.") + "}]}";
}

std::string fingerprint(const Finding& finding) {
  uint64_t hash = 0xcbf29ce484222325;  // 64-bit FNV-1a
  const auto add = [&](std::string_view text) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash = (hash ^ 0xffu) * 0x100000001b3;
  };
  add(row(finding.rule).name);
  add(finding.observable);
  add(finding.expected);
  add(finding.got);
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (int shift = 60; shift >= 0; shift -= 4) text += kDigits[hash >> shift & 15];
  return text;
}

std::string json_place(Rule rule) {
  const RuleRow& facts = row(rule);
  return "[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\"model/rules.def\","
         "\"uriBaseId\":\"SRCROOT\"},\"region\":{\"startLine\":" +
         std::to_string(kRuleLines[static_cast<size_t>(rule)]) +
         "}},\"logicalLocations\":[{\"name\":" + quoted(facts.function()) +
         ",\"fullyQualifiedName\":" +
         quoted(std::string(facts.file()) + ":" + std::string(facts.function())) +
         ",\"kind\":\"function\"}]}]";
}

std::string json_result(const Comparison& comparison, const Finding& finding) {
  std::string worlds;
  for (const std::string& name : finding.contexts)
    worlds += (worlds.empty() ? "" : ",") + quoted(name);
  std::string out = "{\"ruleId\":" + quoted(row(finding.rule).name) +
                    ",\"ruleIndex\":" + std::to_string(static_cast<size_t>(finding.rule)) +
                    ",\"level\":" + (finding.known ? "\"note\"" : "\"error\"") + ",\"message\":" +
                    text_object(finding.observable + ": " + finding_sentence(comparison, finding) +
                                " Smallest case: " + call_text(finding.smallest) + ", " +
                                where_text(finding) + ".") +
                    ",\"locations\":" + json_place(finding.rule) +
                    ",\"partialFingerprints\":{\"finding/v1\":" + quoted(fingerprint(finding)) +
                    "}";
  if (finding.known)
    out += ",\"suppressions\":[{\"kind\":\"external\",\"justification\":" +
           quoted(finding.reason + (finding.link.empty() ? "" : " " + finding.link)) + "}]";
  return out + ",\"properties\":{\"cases\":" + std::to_string(finding.count) + ",\"worlds\":[" +
         worlds + "],\"protocol\":[" + std::to_string(finding.low) + "," +
         std::to_string(finding.high) +
         "],\"explain\":" + quoted(explain_command(comparison, finding)) +
         (finding.known ? ",\"cause\":" + quoted(finding.cause) : "") + "}}";
}

std::string stale_result(const Deviation& deviation) {
  return "{\"ruleId\":" + quoted(kStaleId) + ",\"ruleIndex\":" + std::to_string(kRuleCount) +
         ",\"level\":\"error\",\"message\":" +
         text_object(deviation.where + ": " + deviation.rule + ", " + deviation.observable +
                     ": expected " + deviation.expected + ", got " + deviation.got +
                     " no longer occurs") +
         "}";
}

std::string json_run(const Comparison& comparison) {
  std::string results;
  const auto add = [&](const std::string& one) { results += (results.empty() ? "" : ",\n") + one; };
  for (const Finding& finding : comparison.findings) add(json_result(comparison, finding));
  for (const Deviation& deviation : comparison.stale) add(stale_result(deviation));
  const Provenance& facts = comparison.provenance;
  const KnownCounts known = known_counts(comparison);
  return "{\"tool\":{\"driver\":" + json_driver() + "},\n\"automationDetails\":{\"id\":" +
         quoted("sockoracle/" + facts.subject + "/" + facts.release) + "},\n\"invocations\":" +
         "[{\"executionSuccessful\":true,\"toolExecutionNotifications\":[{\"level\":\"note\","
         "\"message\":" +
         text_object(verdict_line(comparison) + "; " + summary_line(comparison)) +
         "}]}],\n\"properties\":{\"causes\":" + std::to_string(known.causes) +
         ",\"rows\":" + std::to_string(known.rows) +
         ",\"classes\":" + std::to_string(known.classes) + "},\n\"results\":[" + results + "]}";
}

}  // namespace

std::string write_sarif_report(std::span<const Comparison> comparisons) {
  std::string runs;
  for (const Comparison& one : comparisons) runs += (runs.empty() ? "" : ",\n") + json_run(one);
  return "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\","
         "\"runs\":[" +
         runs + "]}\n";
}

}  // namespace sockoracle
