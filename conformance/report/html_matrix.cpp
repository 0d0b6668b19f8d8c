// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include "conformance/explain/repro.h"
#include "conformance/plan/model_answers.h"
#include "conformance/plan/plan.h"
#include "conformance/report/html.h"
#include "conformance/report/report.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// Neighbours with the same answer; protocols between them that nobody asked about are passed over.
struct Segment {
  int32_t family, type, low, high, error;
  bool differs, known;
  size_t finding;  // the first one's number, from 1; 0 = none
  friend bool operator==(const Segment&, const Segment&) = default;
};

bool continues(const Segment& one, const Segment& next) {
  return one.family == next.family && one.type == next.type && one.error == next.error &&
         one.differs == next.differs && one.known == next.known && one.finding == next.finding &&
         one.high < next.low;
}

// Flag bits change no errno: they are left to the other formats.
bool shown(const Group& group) {
  const bool family = group.family == kAF_INET || group.family == kAF_INET6;
  return family && group.type >= 0 && group.type <= 11 && group.skipped.empty() && !group.deep &&
         group.oracle.empty();
}

std::vector<Segment> segments_of(const Comparison& comparison, const ContextResult& context) {
  std::vector<const Group*> groups;
  for (const Group& group : context.groups)
    if (shown(group)) groups.push_back(&group);
  std::sort(groups.begin(), groups.end(), [](const Group* a, const Group* b) {
    return std::tuple(a->family, a->type, a->low, a) < std::tuple(b->family, b->type, b->low, b);
  });
  std::vector<Segment> all;
  for (const Group* one : groups) {
    const Group& group = *one;
    Segment segment{group.family, group.type, group.low, group.high, group.error, false, false, 0};
    for (const size_t index : group.findings) {
      (comparison.findings[index].known ? segment.known : segment.differs) = true;
      segment.finding = segment.finding == 0 ? index + 1 : std::min(segment.finding, index + 1);
    }
    if (!all.empty() && continues(all.back(), segment)) all.back().high = segment.high;
    else all.push_back(segment);
  }
  return all;
}

char colour(int32_t error) {
  switch (error) {
    case 0: return '0';
    case kEACCES: return '1';
    case kEPERM: return '2';
    case kEPROTONOSUPPORT: return '3';
    case kESOCKTNOSUPPORT: return '4';
    case kENOPROTOOPT: return '5';
    case kEAFNOSUPPORT: return '6';
    default: return '7';
  }
}

std::string type_name(int32_t type) {
  char room[kCallTextMax];
  return {room, std::min(print_type(type, room), sizeof room)};
}

// "1", "1…254", and of the ends of all numbers "below 0", "from 263".
std::string range_label(int32_t low, int32_t high) {
  if (low == high) return std::to_string(low);
  if (low == INT32_MIN && high == INT32_MAX) return "any";
  if (low == INT32_MIN) return "below " + std::to_string(high + 1);
  if (high == INT32_MAX) return "from " + std::to_string(low);
  return std::to_string(low) + "…" + std::to_string(high);
}

class Matrix {
 public:
  Matrix(const Comparison& comparison, std::string anchor, const std::string& context,
         TextBook& book)
      : comparison_(comparison), anchor_(std::move(anchor)), context_(context), book_(book) {
    const ContextRow* row = find_context(context);
    if (row == nullptr) return;
    setting_ = setting_of(comparison, *row);
    asker_ = std::make_unique<ModelAsker>(setting_.world);
  }

  std::string write(const std::vector<Segment>& segments) {
    std::string out;
    for (size_t i = 0; i < segments.size(); ++i) {
      const Segment& s = segments[i];
      const bool new_family = i == 0 || segments[i - 1].family != s.family;
      if (new_family || segments[i - 1].type != s.type) {
        if (i != 0) out += "</div>\n";
        if (new_family) out += s.family == kAF_INET ? "<h3>AF_INET</h3>\n" : "<h3>AF_INET6</h3>\n";
        out += "<div class=strip><b>" + type_name(s.type) + "</b>";
      }
      out += cell(s);
    }
    return out + (segments.empty() ? "" : "</div>\n");
  }

 private:
  // What a click shows of the case beyond its title.
  std::string details(const Segment& s, const Call& call) {
    std::string out;
    if (s.finding != 0) out += " data-finding=" + std::to_string(s.finding);
    if (asker_ == nullptr) return out;
    const Piece& piece = asker_->piece(s.family, s.type, s.low);
    out += " data-rule=" + std::string(row(piece.rule).name);
    out += " data-steps=" + std::to_string(book_.add(steps_of(setting_, call)));
    return out + " data-program=" + std::to_string(book_.add(repro_text(setting_, call, {})));
  }

  std::string cell(const Segment& s) {
    const Call call{Entry::socket, s.family, s.type, s.low};
    const std::string id = anchor_ + html_text(context_) + "-" + std::to_string(s.family) + "-" +
                           std::to_string(s.type) + "-" + std::to_string(s.low);
    std::string title = call_text(call) + " as " + context_ + " = " + outcome_name(s.error);
    if (s.high != s.low) title += ", and up to protocol " + std::to_string(s.high);
    if (s.differs || s.known) title += s.differs ? " DIFFERS" : " known deviation";
    if (asker_ != nullptr) {
      const RuleRow& rule = row(asker_->piece(s.family, s.type, s.low).rule);
      title += ". The model: " + std::string(rule.name) + ", " + std::string(rule.function()) +
               ", " + std::string(rule.file());
    }
    const std::string world = comparison_.explain_flags + " --as " + context_;
    title += ". sockoracle explain '" + call_text(call) + "'" + world;
    return std::string("<a class=\"cell a") + colour(s.error) + (s.differs ? " differs" : "") +
           (s.known ? " known" : "") + "\" id=\"" + id + "\" href=\"#" + id + "\" title=\"" +
           html_text(title) + "\"" + details(s, call) + ">" + range_label(s.low, s.high) + " " +
           html_text(s.error == 0 ? "ok" : outcome_name(s.error)) + (s.differs ? " ≠" : "") +
           "</a>";
  }

  const Comparison& comparison_;
  std::string anchor_, context_;
  TextBook& book_;
  Setting setting_;
  std::unique_ptr<ModelAsker> asker_;
};

}  // namespace

std::string html_matrix(const Comparison& comparison, const std::string& anchor, TextBook& book) {
  std::vector<std::pair<std::vector<Segment>, std::vector<std::string>>> maps;
  std::string tabs;
  for (const ContextResult& context : comparison.contexts) {
    if (!context.skipped.empty()) continue;
    tabs += " <a href=\"#" + anchor + "map-" + html_text(context.name) + "\">" +
            html_text(context.name) + "</a>";
    std::vector<Segment> segments = segments_of(comparison, context);
    const auto same = std::find_if(maps.begin(), maps.end(),
                                   [&](const auto& map) { return map.first == segments; });
    if (same == maps.end()) maps.push_back({std::move(segments), {context.name}});
    else same->second.push_back(context.name);
  }
  std::string out = "<nav class=tabs aria-label=\"Contexts of " + anchor + "\">" + tabs +
                    "</nav>\n<div class=maps>\n";
  bool first = true;
  for (const auto& [segments, contexts] : maps) {
    std::string names;
    for (const std::string& name : contexts)
      names += (names.empty() ? "<span id=\"" : ", <span id=\"") + anchor + "map-" +
               html_text(name) + "\">" + html_text(name) + "</span>";
    out += std::string("<details") + (first ? " open" : "") + "><summary>" + names +
           "</summary>\n" + Matrix(comparison, anchor, contexts.front(), book).write(segments) +
           "</details>\n";
    first = false;
  }
  return out + "</div>\n";
}

}  // namespace sockoracle
