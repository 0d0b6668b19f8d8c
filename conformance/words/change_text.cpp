// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <optional>

#include "conformance/base/scan.h"
#include "conformance/words/step_text.h"
#include "conformance/world/world_text.h"
#include "model/strace.h"
#include "model/symbols.h"
#include "model/text_out.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

std::string fact_flag(const FactRow& fact, int64_t value) {
  char room[32];
  TextOut out(room);
  put_fact(out, fact, value);
  return std::string(row(fact.kind).flag) + " " + std::string(fact.name) + "=" +
         std::string(room, out.length());
}

std::string sysctl_flag(uint8_t index, const SysctlValue& value) {
  const SysctlRow& row = sysctls()[index];
  const std::string text = sysctl_text(row.id, value);
  const bool single = row.count == 1;
  return "--sysctl " + std::string(row.name) + "=" + (single ? text : '"' + text + '"');
}

// The context of a set of changes, and everything else in it as text.
struct Parts {
  std::optional<Call> call;
  std::string flags;
  int context = -1;  // row number
};

Parts parts_of(const std::vector<Change>& changes) {
  Parts parts;
  for (const Change& change : changes) {
    if (change.kind == Change::Kind::context) {
      parts.context = change.index;
    } else if (change.kind == Change::Kind::call) {
      parts.call = change.call;
    } else {
      parts.flags += " " + change_text(change);
    }
  }
  return parts;
}

// Contexts whose callers are the same person in the same namespaces, as root and pmtu-0 are.
bool same_caller(size_t a, size_t b) {
  World one = default_world(newest_release()), other = one;
  apply_context(one, contexts()[a]);
  apply_context(other, contexts()[b]);
  return one.caller == other.caller && one.user_ns == other.user_ns &&
         one.net_user_ns == other.net_user_ns && one.limits == other.limits &&
         one.policies == other.policies;
}

// Sets that are shown on one line: they differ in the context only, or in the protocol only.
struct RemedyLine {
  Parts parts;
  std::vector<size_t> contexts;
  std::vector<std::string> protocols;
};

bool extends(const RemedyLine& group, const Parts& parts) {
  if (group.parts.flags != parts.flags || (group.parts.context < 0) != (parts.context < 0))
    return false;
  if (parts.context >= 0) return group.parts.call == parts.call;
  if (!group.parts.call || !parts.call) return false;
  Call one = *group.parts.call;
  one.protocol = parts.call->protocol;
  return one == *parts.call;
}

std::string protocol_text(const Call& call) {
  char room[kCallTextMax];
  return std::string(room, print_protocol(call.family, call.protocol, room));
}

std::string line_of(const RemedyLine& group) {
  std::string flags = group.parts.flags;
  std::vector<std::string> names;
  for (const size_t context : group.contexts) names.emplace_back(contexts()[context].name);
  if (!names.empty()) flags += " --as " + choices(names);
  std::string line = group.parts.call ? "as " + call_text(*group.parts.call) : "";
  if (!flags.empty()) line += (line.empty() ? "with" : " with") + flags;
  if (!group.protocols.empty()) line += ", or " + choices(group.protocols);
  return line;
}

// " (stable: at the latest from 7.0.13, 7.1.13)": backports that were seen and not dated.
std::string undated_text(Behaviour behaviour) {
  std::string text;
  for (const Backport& b : backports_of(behaviour)) {
    if (b.known != Backport::Known::at_latest) continue;
    text += text.empty() ? " (stable: at the latest from " : ", ";
    text += std::to_string(b.numbers.major) + "." + std::to_string(b.numbers.minor) + "." +
            std::to_string(b.numbers.sublevel);
  }
  return text.empty() ? text : text + ")";
}

}  // namespace

std::string change_text(const Change& change) {
  switch (change.kind) {
    case Change::Kind::context: return "--as " + std::string(contexts()[change.index].name);
    case Change::Kind::capability: return "--cap " + capability_flag_name(change.number);
    case Change::Kind::module:
      return "--module " + std::string(providers()[change.index].name) + "=" +
             std::string(presence_name(change.presence));
    case Change::Kind::sysctl: return sysctl_flag(change.index, change.sysctl);
    case Change::Kind::policy:
    case Change::Kind::limit: return fact_flag(row(static_cast<Fact>(change.index)), change.number);
    case Change::Kind::fault:
      return change.number == 0 ? "no --fault" : "--fault " + std::to_string(change.number);
    case Change::Kind::release: return "--release " + release_text(change.release);
    case Change::Kind::call: return call_text(change.call);
  }
  return {};
}

std::vector<std::string> change_lines(const std::vector<std::vector<Change>>& sets) {
  std::vector<RemedyLine> groups;
  for (const std::vector<Change>& changes : sets) {
    const Parts parts = parts_of(changes);
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const RemedyLine& known) { return extends(known, parts); });
    const bool fresh = group == groups.end();
    if (fresh) group = groups.insert(groups.end(), RemedyLine{parts, {}, {}});
    if (parts.context >= 0) {
      const auto context = static_cast<size_t>(parts.context);
      const auto same = [&](size_t known) { return same_caller(known, context); };
      if (std::none_of(group->contexts.begin(), group->contexts.end(), same))
        group->contexts.push_back(context);
    } else if (!fresh && !(*parts.call == *group->parts.call)) {
      group->protocols.push_back(protocol_text(*parts.call));
    }
  }
  std::vector<std::string> lines;
  for (const RemedyLine& group : groups) lines.push_back(line_of(group));
  return lines;
}

std::string behaviour_text(Behaviour behaviour) {
  const BehaviourRow& facts = row(behaviour);
  std::string text(facts.name), source(facts.commit);
  if (!facts.cve.empty()) source += (source.empty() ? "" : ", ") + std::string(facts.cve);
  if (!source.empty()) text += " (" + source + ")";
  return text + ": " + std::string(facts.sentence) + undated_text(behaviour);
}

}  // namespace sockoracle
