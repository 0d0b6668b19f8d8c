// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <map>
#include <memory>
#include <tuple>

#include "conformance/model_answers.h"
#include "conformance/plan.h"
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
  friend bool operator==(const Segment&, const Segment&) = default;
};

bool continues(const Segment& one, const Segment& next) {
  return one.family == next.family && one.type == next.type && one.error == next.error &&
         one.differs == next.differs && one.known == next.known && one.high < next.low;
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
  std::stable_sort(groups.begin(), groups.end(), [](const Group* a, const Group* b) {
    return std::tuple(a->family, a->type, a->low) < std::tuple(b->family, b->type, b->low);
  });
  std::vector<Segment> all;
  for (const Group* one : groups) {
    const Group& group = *one;
    Segment segment{group.family, group.type, group.low, group.high, group.error, false, false};
    for (const size_t index : group.findings)
      (comparison.findings[index].known ? segment.known : segment.differs) = true;
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

class Matrix {
 public:
  Matrix(const Comparison& comparison, std::string anchor, const std::string& context)
      : comparison_(comparison), anchor_(std::move(anchor)), context_(context) {
    const ContextRow* row = find_context(context);
    if (row != nullptr)
      asker_ = std::make_unique<ModelAsker>(context_world(comparison.world, *row));
  }

  std::string write(const std::vector<Segment>& segments) {
    std::string out;
    for (size_t i = 0; i < segments.size(); ++i) {
      const Segment& s = segments[i];
      const bool new_family = i == 0 || segments[i - 1].family != s.family;
      if (new_family || segments[i - 1].type != s.type) {
        if (i != 0) out += "</div>\n";
        if (new_family)
          out += s.family == kAF_INET ? "<h3>AF_INET</h3>\n" : "<h3>AF_INET6</h3>\n";
        out += "<div class=strip><b>" + type_name(s.type) + "</b>";
      }
      out += cell(s);
    }
    return out + (segments.empty() ? "" : "</div>\n");
  }

 private:
  std::string cell(const Segment& s) {
    const Call call{Entry::socket, s.family, s.type, s.low};
    const std::string id = anchor_ + html_text(context_) + "-" + std::to_string(s.family) + "-" +
                           std::to_string(s.type) + "-" + std::to_string(s.low);
    std::string title = call_text(call) + " as " + context_ + " = " + outcome_name(s.error);
    if (s.high != s.low) title += ", and up to protocol " + std::to_string(s.high);
    if (s.differs || s.known) title += s.differs ? " DIFFERS" : " known deviation";
    if (asker_ != nullptr) {
      const RuleRow& rule = row(asker_->piece(s.family, s.type, s.low).rule);
      title += ". The model: " + std::string(rule.name) + ", " + std::string(rule.function) +
               ", " + std::string(rule.file);
    }
    const std::string world = comparison_.explain_flags + " --as " + context_;
    title += ". sockoracle explain '" + call_text(call) + "'" + world;
    std::string range = std::to_string(s.low);
    if (s.high != s.low) range += "…" + std::to_string(s.high);
    return std::string("<a class=\"cell a") + colour(s.error) + (s.differs ? " differs" : "") +
           (s.known ? " known" : "") + "\" id=\"" + id + "\" href=\"#" + id + "\" title=\"" +
           html_text(title) + "\">" + range + " " +
           html_text(s.error == 0 ? "ok" : outcome_name(s.error)) + (s.differs ? " ≠" : "") +
           "</a>";
  }

  const Comparison& comparison_;
  std::string anchor_, context_;
  std::unique_ptr<ModelAsker> asker_;
};

struct Witness {
  Call call;
  std::string context;
  uint64_t cases = 0;
};

}  // namespace

std::string html_matrix(const Comparison& comparison, const std::string& anchor) {
  std::vector<std::pair<std::vector<Segment>, std::vector<std::string>>> maps;
  for (const ContextResult& context : comparison.contexts) {
    if (!context.skipped.empty()) continue;
    std::vector<Segment> segments = segments_of(comparison, context);
    const auto same = std::find_if(maps.begin(), maps.end(),
                                   [&](const auto& map) { return map.first == segments; });
    if (same == maps.end()) maps.push_back({std::move(segments), {context.name}});
    else same->second.push_back(context.name);
  }
  std::string out;
  for (const auto& [segments, contexts] : maps) {
    std::string names;
    for (const std::string& name : contexts) names += (names.empty() ? "" : ", ") + name;
    out += std::string("<details") + (out.empty() ? " open" : "") + "><summary>" +
           html_text(names) + "</summary>\n" +
           Matrix(comparison, anchor, contexts.front()).write(segments) + "</details>\n";
  }
  return out;
}

std::string html_coverage(const Comparison& comparison) {
  std::map<Rule, Witness> seen;
  for (const ContextResult& context : comparison.contexts) {
    const ContextRow* facts = find_context(context.name);
    if (facts == nullptr || !context.skipped.empty()) continue;
    ModelAsker asker(context_world(comparison.world, *facts));
    for (const Group& group : context.groups) {
      if (!group.skipped.empty() || !group.oracle.empty()) continue;
      for (int64_t at = group.low; at <= group.high;) {
        const Piece piece = asker.piece(group.family, group.type, static_cast<int32_t>(at));
        const int32_t high = std::min(piece.high, group.high);
        const Call call{Entry::socket, group.family, group.type, static_cast<int32_t>(at)};
        Witness& witness = seen.try_emplace(piece.rule, Witness{call, context.name}).first->second;
        witness.cases += static_cast<uint64_t>(high - at + 1);
        at = high + int64_t{1};
      }
    }
  }
  std::string out = "<div class=wide><table><tr><th>rule<th>errno<th>cases<th>first case, or how a "
                    "kernel shows it</tr>\n";
  for (const RuleRow& rule : rules()) {
    const auto found = seen.find(rule.id);
    out += "<tr class=sift><td><code title=\"" + html_text(rule.sentence) + "\">" +
           html_text(rule.name) + "</code><td>" + html_text(rule.errnos) + "<td>";
    if (found == seen.end())
      out += "<span class=dim>none</span><td class=dim>" + html_text(rule.where_seen);
    else
      out += std::to_string(found->second.cases) + "<td><code>" +
             html_text(call_text(found->second.call)) + "</code> as " +
             html_text(found->second.context);
    out += "</tr>\n";
  }
  return out + "</table></div>\n";
}

}  // namespace sockoracle
