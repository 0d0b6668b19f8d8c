// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/list_text.h"
#include "conformance/base/scan.h"

#include "conformance/base/cli_error.h"
#include "conformance/base/json_out.h"
#include "conformance/base/text_layout.h"
#include "conformance/compare/subjects.h"
#include "conformance/process/process_world.h"
#include "conformance/words/step_text.h"
#include "conformance/world/sysctls_elsewhere.h"
#include "conformance/world/world_text.h"
#include "model/observables.h"
#include "model/symbols.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

// A table on its way out: the same rows as aligned text or as JSON objects.
struct Listing {
  std::vector<std::string_view> columns;
  std::vector<std::vector<std::string>> rows;
};

std::string str(std::string_view text) { return std::string(text); }

Listing list_releases() {
  Listing listing{{"release", "seen"}, {}};
  for (const ReleaseRow& row : releases()) listing.rows.push_back({str(row.name), str(row.seen)});
  return listing;
}

Listing list_rules() {
  Listing listing{{"rule", "errnos", "where", "since", "until", "sentence"}, {}};
  for (const RuleRow& row : rules())
    listing.rows.push_back({str(row.name), str(row.errnos),
                            str(row.file()) + ":" + str(row.function()), str(row.since),
                            str(row.until), str(row.sentence)});
  return listing;
}

Listing list_behaviours() {
  Listing listing{{"behaviour", "since", "until", "backports", "commit", "cve", "evidence", "where",
                   "sentence"},
                  {}};
  for (const BehaviourRow& row : behaviours())
    listing.rows.push_back({str(row.name), str(row.since), str(row.until), str(row.backports),
                            str(row.commit), str(row.cve), str(row.evidence), str(row.where),
                            str(row.sentence)});
  return listing;
}

std::string how_read(const Observable& row) {
  std::string text(reading_name(row.reading));
  if (row.reading == Reading::sockopt)
    text += " " + std::to_string(row.level) + " " + std::to_string(row.option);
  if (!row.argument.empty() && row.reading != Reading::field) text += " " + str(row.argument);
  return text;
}

Listing list_observables() {
  Listing listing{{"observable", "reading", "format", "since", "until", "source"}, {}};
  for (const Observable& row : observables())
    listing.rows.push_back({str(row.name), how_read(row), str(format_name(row.format)),
                            str(row.since), str(row.until), str(row.source)});
  return listing;
}

Listing list_worlds() {
  Listing listing{{"world flag", "value", "sentence"}, {}};
  listing.rows.push_back({"--as", str(kOwnCaller), str(kOwnCallerSentence)});
  listing.rows.push_back({"--as", str(kOtherProcess) + "N", str(kOtherProcessSentence)});
  for (const ContextRow& row : contexts())
    listing.rows.push_back({"--as", str(row.name), str(row.sentence)});
  for (const ProviderRow& row : providers())
    listing.rows.push_back(
        {"--module", str(row.name) + "=absent|loadable|loaded|builtin", str(row.sentence)});
  for (const SysctlRow& row : sysctls())
    listing.rows.push_back(
        {"--sysctl", str(row.name) + "=" + sysctl_text(row.id, row.usual), str(row.sentence)});
  for (const FactRow& fact : world_facts())
    listing.rows.push_back({str(row(fact.kind).flag),
                            str(fact.name) + "=" + std::string(row(fact.kind).form),
                            str(fact.sentence)});
  return listing;
}

Listing list_protocols() {
  Listing listing{{"protocol", "number"}, {}};
  for (const Symbol& row : protocol_symbols())
    listing.rows.push_back({str(row.name), std::to_string(row.number)});
  return listing;
}

// Those that socket() reads, and those that are suspected of it.
Listing list_sysctls() {
  Listing listing{{"sysctl", "socket() reads it", "sentence"}, {}};
  for (const SysctlRow& row : sysctls())
    listing.rows.push_back({str(row.name), "yes", str(row.sentence)});
  for (const SysctlElsewhere& row : sysctls_elsewhere())
    listing.rows.push_back({str(row.pattern), "no", str(row.sentence)});
  return listing;
}

// Where an observation can come from; a kind of subject each.
Listing list_subjects() {
  Listing listing{
      {"subject", "sentence"},
      {{"host", "the running kernel, asked by the probe"},
       {"RELEASE", "the model at a release, like 6.12"},
       {"FILE", "a recording (*.jsonl)"},
       {"cmd:COMMAND", "what a command runs that passes the probe's input and output on"}}};
  for (const NamedSubject& subject : named_subjects()) {
    if (!subject.launch.empty()) listing.rows.push_back({subject.name, subject.sentence});
  }
  return listing;
}

struct What {
  std::string_view name;
  Listing (*make)();
};
constexpr What kWhats[] = {
    {"releases", list_releases},       {"rules", list_rules},
    {"behaviours", list_behaviours},   {"subjects", list_subjects},
    {"observables", list_observables}, {"worlds", list_worlds},
    {"protocols", list_protocols},     {"sysctls", list_sysctls},
};

// The first cell alone, what else is known of it below, the last column's sentence as such.
std::string paragraphs_of(const Listing& listing) {
  constexpr size_t kIndent = 4;
  const std::string indent(kIndent, ' ');
  std::string text;
  for (const auto& row : listing.rows) {
    std::vector<std::string> words;
    for (size_t i = 1; i + 1 < row.size(); ++i)
      if (!row[i].empty()) words.push_back(str(listing.columns[i]) + " " + row[i]);
    text += row.front() + "\n";
    if (!words.empty()) text += indent + wrapped(words, kIndent) + "\n";
    if (!row.back().empty()) text += indent + paragraph(row.back(), kIndent) + "\n";
  }
  return text;
}

std::vector<size_t> widths_of(const Listing& listing) {
  std::vector<size_t> widths(listing.columns.size(), 0);
  for (size_t i = 0; i < widths.size(); ++i) {
    widths[i] = listing.columns[i].size();
    for (const auto& row : listing.rows) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

// Whether the last column begins so far left that its text can stand below itself.
bool fits(const Listing& listing) {
  constexpr size_t kLastColumn = 30;
  size_t begin = 0;
  for (const size_t width : widths_of(listing)) begin += width + 2;
  begin -= widths_of(listing).back() + 2;
  return begin + std::min(kLastColumn, widths_of(listing).back()) <= layout_width();
}

// The last column is not filled up; an empty cell shows as "-".
std::string text_of(const Listing& listing) {
  const std::vector<size_t> widths = widths_of(listing);
  const auto line = [&](const auto& cells) {
    std::string text;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string_view cell = cells[i].empty() ? std::string_view("-") : cells[i];
      text += i + 1 == cells.size() ? std::string(cell) : padded(cell, widths[i] + 2);
    }
    return text + "\n";
  };
  std::string text = line(listing.columns);
  for (const auto& row : listing.rows) text += line(row);
  return text;
}

std::string json_of(const Listing& listing) {
  JsonOut out;
  out.begin_list();
  for (const auto& row : listing.rows) {
    out.begin_object();
    for (size_t i = 0; i < row.size(); ++i) out.member(listing.columns[i], row[i]);
    out.end_object();
  }
  out.end_list();
  return out.take();
}

}  // namespace

std::vector<std::string_view> list_names() {
  std::vector<std::string_view> names;
  for (const What& what : kWhats) names.push_back(what.name);
  return names;
}

std::string list_text(std::string_view what, bool json, bool fitted) {
  for (const What& row : kWhats) {
    if (row.name != what) continue;
    const Listing listing = row.make();
    if (json) return json_of(listing);
    return fitted && !fits(listing) ? paragraphs_of(listing) : text_of(listing);
  }
  throw UsageError("list " + std::string(what) + ": accepted is " + choices(list_names()));
}

}  // namespace sockoracle
