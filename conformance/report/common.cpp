// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "conformance/report/report.h"
#include "model/strace.h"

namespace sockoracle {
namespace {

constexpr ReportFormat kFormats[] = {
#define FORMAT(name, sentence) {#name, write_##name##_report, sentence},
#include "conformance/report/formats.def"
};

}  // namespace

std::span<const ReportFormat> all_report_formats() { return kFormats; }

const ReportFormat* find_report_format(std::string_view name) {
  for (const ReportFormat& format : kFormats) {
    if (format.name == name) return &format;
  }
  return nullptr;
}

std::string title_of(const Comparison& comparison) {
  const Provenance& facts = comparison.provenance;
  const std::string got = facts.subject == "model" ? "Linux " + facts.release + " (model)"
                                                   : facts.subject + ", Linux " + facts.release;
  // A system that says it is another Linux than the one it is compared with was told so.
  Release said, expected;
  const std::string_view other = comparison.expected_from;
  const bool chosen = facts.subject != "model" && other.starts_with("Linux ") &&
                      parse_release(facts.release, &said) &&
                      parse_release(other.substr(6), &expected) && said.index != expected.index;
  return got + ", against " + comparison.expected_from + (chosen ? " (as chosen)" : "");
}

std::string group_name(const Group& group) {
  char room[kCallTextMax];
  std::string name(room, std::min(print_family(group.family, room), sizeof room));
  name += ' ';
  name.append(room, std::min(print_type(group.type, room), sizeof room));
  name += ' ' + range_text(group.low, group.high);
  if (!group.oracle.empty()) name += ", " + std::string(group.oracle);
  return group.deep ? name + ", deep" : name;
}

std::string first_names(const std::vector<std::string>& names) {
  constexpr size_t kShown = 12;
  std::vector<std::string> once;
  for (const std::string& name : names)
    if (std::find(once.begin(), once.end(), name) == once.end()) once.push_back(name);
  std::string text;
  for (size_t i = 0; i < once.size() && i < kShown; ++i) text += (i > 0 ? ", " : "") + once[i];
  if (once.size() > kShown) text += " and " + std::to_string(once.size() - kShown) + " more";
  return text;
}

std::string where_text(const Finding& finding) {
  std::string text = "in " + finding.contexts.front();
  if (finding.contexts.size() > 1) {
    text += " and " + plural(finding.contexts.size() - 1, "other context");
  }
  return text;
}

}  // namespace sockoracle
