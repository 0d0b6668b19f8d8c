// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/plan/model_answers.h"
#include "conformance/plan/plan.h"
#include "conformance/report/html.h"
#include "model/release.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

struct Kind {
  const char* name;
  int32_t family, type, protocol;
};
constexpr Kind kKinds[] = {
    {"TCP", kAF_INET, kSOCK_STREAM, 6},       {"UDP", kAF_INET, kSOCK_DGRAM, 17},
    {"ICMP", kAF_INET, kSOCK_RAW, 1},         {"RAW", kAF_INET, kSOCK_RAW, 255},
    {"UDP-Lite", kAF_INET, kSOCK_DGRAM, 136}, {"MPTCP", kAF_INET, kSOCK_STREAM, 262},
    {"SCTP", kAF_INET, kSOCK_SEQPACKET, 132}, {"TCPv6", kAF_INET6, kSOCK_STREAM, 6},
    {"UDPv6", kAF_INET6, kSOCK_DGRAM, 17},
};

// What was read instead at this kind of socket, "" if nothing else was.
std::string got_instead(const Comparison& comparison, const Kind& kind, std::string_view name) {
  for (const ContextResult& context : comparison.contexts)
    for (const Group& group : context.groups) {
      if (group.family != kind.family || group.type != kind.type || group.low > kind.protocol ||
          group.high < kind.protocol)
        continue;
      for (const size_t index : group.findings)
        if (comparison.findings[index].observable == name) return comparison.findings[index].got;
    }
  return {};
}

std::string state_table(const Comparison& comparison, const World& world) {
  ModelAsker asker(world);
  std::vector<std::vector<std::string>> columns;
  std::string out = "<tr><th scope=col>observable";
  std::vector<Kind> kinds;
  for (const Kind& kind : kKinds) {
    if (asker.piece(kind.family, kind.type, kind.protocol).error != 0) continue;
    kinds.push_back(kind);
    columns.push_back(asker.state(kind.family, kind.type, kind.protocol).texts);
    out += std::string("<th scope=col>") + kind.name;
  }
  out += "</tr>\n";
  const auto rows = observables();
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string line, all;
    for (size_t k = 0; k < kinds.size(); ++k) {
      const std::string& value = columns[k][i];
      const std::string got = got_instead(comparison, kinds[k], rows[i].name);
      line += "<td class=mono>" + html_text(value);
      if (!got.empty()) line += " <span class=bad>got " + html_text(got) + "</span>";
      all += value;
    }
    if (!all.empty())
      out += "<tr class=sift><th scope=row><code title=\"" + html_text(rows[i].source) + "\">" +
             html_text(rows[i].name) + "</code>" + line + "</tr>\n";
  }
  return html_table("Fresh sockets", out);
}

}  // namespace

std::string html_state(const Comparison& comparison) {
  return state_table(comparison, context_world(comparison.world, *find_context("root")));
}

}  // namespace sockoracle
