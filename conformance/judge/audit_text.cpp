// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "conformance/base/json_out.h"
#include "conformance/base/plural.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/judge/audit.h"
#include "conformance/words/answer_json.h"
#include "conformance/words/step_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kBeside = 15;

std::string answer(int32_t error) { return error == 0 ? "ok" : std::string(errno_name(error)); }

std::string expected_text(const AuditRow& row) {
  std::string text;
  for (const int32_t error : row.expected) text += (text.empty() ? "" : " or ") + answer(error);
  return text;
}

std::string caller_of(const AuditRow& row, const Setting& setting) {
  return row.context.empty() ? setting.caller : row.context;
}

std::string span_text(uint8_t first, uint8_t last) {
  const std::string text(releases()[first].name);
  return first == last ? text : text + " to " + std::string(releases()[last].name);
}

// The releases on which it holds, eras that touch joined.
std::vector<std::pair<uint8_t, uint8_t>> spans_of(const AuditVerdict& verdict) {
  std::vector<std::pair<uint8_t, uint8_t>> spans;
  for (const AuditEra& part : verdict.eras) {
    if (!part.holds) continue;
    if (!spans.empty() && spans.back().second + 1 == part.era.first) {
      spans.back().second = part.era.last;
    } else {
      spans.emplace_back(part.era.first, part.era.last);
    }
  }
  return spans;
}

bool holds_always(const AuditVerdict& verdict) {
  return std::all_of(verdict.eras.begin(), verdict.eras.end(),
                     [](const AuditEra& part) { return part.holds; });
}

std::string_view word_of(const AuditVerdict& verdict) {
  if (!verdict.modelled) return "outside";
  if (!verdict.holds_here) return "differs";
  if (!verdict.wrong.empty()) return "wrong reason";
  return holds_always(verdict) ? "holds" : "holds here";
}

struct Counts {
  size_t all = 0, hold = 0, wrong = 0, differ = 0, outside = 0;
};

Counts count(const Audit& audit) {
  Counts counts;
  for (const AuditVerdict& verdict : audit.rows) {
    ++counts.all;
    if (!verdict.modelled) {
      ++counts.outside;
    } else if (!verdict.holds_here) {
      ++counts.differ;
    } else {
      ++(verdict.wrong.empty() ? counts.hold : counts.wrong);
    }
  }
  return counts;
}

void add_line(std::string& out, std::string_view label, const std::string& text) {
  out += padded("", 2) + padded(label, kBeside - 2) + paragraph(text, kBeside) + "\n";
}

std::string releases_text(const AuditVerdict& verdict) {
  std::string text;
  for (const auto& [first, last] : spans_of(verdict)) {
    text += (text.empty() ? "" : ", ") + span_text(first, last);
  }
  return text.empty() ? "no release" : text;
}

void add_row(std::string& out, const AuditVerdict& verdict, const Setting& setting) {
  const AuditRow& row = verdict.row;
  out += padded(word_of(verdict), kBeside) + call_text(row.call) + " = " + expected_text(row) +
         "   as " + caller_of(row, setting) + ", line " + std::to_string(row.line) + "\n";
  std::string about = row.name;
  if (!row.description.empty()) about += (about.empty() ? "" : ": ") + row.description;
  if (!about.empty()) add_line(out, "test", about);
  if (!verdict.modelled) return;
  add_line(
      out, "decided by",
      std::string(sockoracle::row(verdict.here.rule).name) +
          (verdict.holds_here ? ""
                              : ": " + answer(verdict.here.error) + ", not " + expected_text(row)));
  if (!holds_always(verdict)) {
    add_line(out, "holds on", releases_text(verdict));
    for (const AuditEra& part : verdict.eras) {
      if (part.holds) continue;
      add_line(out, "but",
               span_text(part.era.first, part.era.last) + ": " + answer(part.era.error) + " by " +
                   std::string(sockoracle::row(part.era.rule).name));
    }
  }
  if (!verdict.wrong.empty()) add_line(out, "reason", verdict.wrong);
}

std::vector<std::string> names_of(const std::vector<Rule>& rules) {
  std::vector<std::string> names;
  for (const Rule rule : rules) names.emplace_back(row(rule).name);
  return names;
}

void put_names(JsonOut& out, std::string_view key, const std::vector<Rule>& rules) {
  out.key(key);
  out.begin_list();
  for (const Rule rule : rules) out.text(row(rule).name);
  out.end_list();
}

void put_row(JsonOut& out, const AuditVerdict& verdict, const Setting& setting) {
  const AuditRow& row = verdict.row;
  out.begin_object();
  out.member("file", row.file);
  out.member("line", static_cast<int64_t>(row.line));
  out.member("name", row.name);
  out.member("description", row.description);
  out.member("call", call_text(row.call));
  out.member("as", caller_of(row, setting));
  out.key("expected");
  out.begin_list();
  for (const int32_t error : row.expected) put_errno_value(out, error);
  out.end_list();
  out.member("verdict", word_of(verdict));
  out.member("claim", claim_name(row.claim));
  out.member("wrong_reason", verdict.wrong);
  out.key("eras");
  out.begin_list();
  for (const AuditEra& part : verdict.eras) {
    out.begin_object();
    out.member("first", releases()[part.era.first].name);
    out.member("last", releases()[part.era.last].name);
    put_errno(out, part.era.error, part.era.rule);
    out.member("rule", sockoracle::row(part.era.rule).name);
    out.key("holds");
    out.boolean(part.holds);
    out.end_object();
  }
  out.end_list();
  out.end_object();
}

}  // namespace

std::string audit_text(const Audit& audit, const Setting& setting,
                       const std::vector<std::string>& files) {
  std::string out;
  auto verdict = audit.rows.begin();
  for (const std::string& file : files) {
    out += file + ", on " + setting_text(setting) + "\n\n";
    for (; verdict != audit.rows.end() && verdict->row.file == file; ++verdict) {
      add_row(out, *verdict, setting);
      out += "\n";
    }
  }
  const size_t all = audit.covered.size() + audit.uncovered.size();
  out += padded("meets", kBeside) + std::to_string(audit.covered.size()) + " of " +
         plural(all, "rule") + "\n";
  out += padded("", kBeside) + wrapped(names_of(audit.covered), kBeside) + "\n";
  out += padded("not met", kBeside) + wrapped(names_of(audit.uncovered), kBeside) + "\n\n";
  const Counts counts = count(audit);
  out += plural(counts.all, "test") + ": " + plural(counts.hold, "holds", "hold") + ", " +
         std::to_string(counts.wrong) + " right for the wrong reason, " +
         plural(counts.differ, "differs", "differ") + ", " + std::to_string(counts.outside) +
         " outside the model\n";
  return out;
}

std::string audit_json(const Audit& audit, const Setting& setting,
                       const std::vector<std::string>& files) {
  const Counts counts = count(audit);
  JsonOut out;
  out.begin_object();
  out.key("files");
  out.begin_list();
  for (const std::string& file : files) out.text(file);
  out.end_list();
  out.member("release", release_text(setting.world.release));
  if (!setting.release_note.empty()) out.member("release_note", setting.release_note);
  out.key("counts");
  out.begin_object();
  out.member("tests", static_cast<int64_t>(counts.all));
  out.member("hold", static_cast<int64_t>(counts.hold));
  out.member("wrong_reason", static_cast<int64_t>(counts.wrong));
  out.member("differ", static_cast<int64_t>(counts.differ));
  out.member("outside", static_cast<int64_t>(counts.outside));
  out.end_object();
  out.key("tests");
  out.begin_list();
  for (const AuditVerdict& verdict : audit.rows) put_row(out, verdict, setting);
  out.end_list();
  put_names(out, "covered", audit.covered);
  put_names(out, "uncovered", audit.uncovered);
  out.end_object();
  return out.take();
}

}  // namespace sockoracle
