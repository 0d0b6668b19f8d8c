// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>

#include "conformance/step_text.h"
#include "conformance/world_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

std::string policy_text(uint8_t field, int32_t number) {
  const std::string head = "--policy " + std::string(kPolicyNames[field]) + "=";
  if (kPolicyNames[field] == "update_protocol")
    return head + (number == kUnlimited ? "none" : std::to_string(number));
  return head + (number == 0 ? "allow" : std::string(errno_name(number)));
}

std::string sysctl_flag(uint8_t index, const SysctlValue& value) {
  const SysctlRow& row = sysctls()[index];
  const std::string text = sysctl_text(row.id, value);
  const bool single = row.count == 1;
  return "--sysctl " + std::string(row.name) + "=" + (single ? text : '"' + text + '"');
}

// The context of a set of changes, and everything else in it as text.
struct Parts {
  std::string call, flags, context;
};

Parts parts_of(const std::vector<Change>& changes) {
  Parts parts;
  for (const Change& change : changes) {
    if (change.kind == Change::Kind::context) {
      parts.context = contexts()[change.index].name;
    } else if (change.kind == Change::Kind::call) {
      parts.call = call_text(change.call);
    } else {
      parts.flags += " " + change_text(change);
    }
  }
  return parts;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return text;
}

struct Group {
  Parts parts;
  std::vector<std::string> contexts;
};

}  // namespace

std::string change_text(const Change& change) {
  switch (change.kind) {
    case Change::Kind::context: return "--as " + std::string(contexts()[change.index].name);
    case Change::Kind::capability: return "--cap " + capability_flag_name(change.number);
    case Change::Kind::module:
      return "--module " + std::string(providers()[change.index].name) + "=" +
             std::string(presence_name(change.presence));
    case Change::Kind::sysctl: return sysctl_flag(change.index, change.sysctl);
    case Change::Kind::policy: return policy_text(change.index, change.number);
    case Change::Kind::limit:
      return "--limit " + std::string(kLimitNames[change.index]) + "=" +
             (change.number == kUnlimited ? "unlimited" : std::to_string(change.number));
    case Change::Kind::fault: return "--fault " + std::to_string(change.number);
    case Change::Kind::release: return "--release " + release_text(change.release);
    case Change::Kind::behaviour:
      return (change.number != 0 ? "--with " : "--without ") +
             std::string(behaviours()[change.index].name);
    case Change::Kind::call: return call_text(change.call);
    case Change::Kind::group: return "--groups " + std::to_string(change.number);
  }
  return {};
}

std::vector<std::string> change_lines(const std::vector<std::vector<Change>>& sets) {
  std::vector<Group> groups;
  for (const std::vector<Change>& changes : sets) {
    const Parts parts = parts_of(changes);
    const auto same = [&](const Group& group) {
      return group.contexts.empty() == parts.context.empty() && !parts.context.empty() &&
             group.parts.call == parts.call && group.parts.flags == parts.flags;
    };
    auto group = std::find_if(groups.begin(), groups.end(), same);
    if (group == groups.end()) group = groups.insert(groups.end(), Group{parts, {}});
    if (!parts.context.empty()) group->contexts.push_back(parts.context);
  }
  std::vector<std::string> lines;
  for (const Group& group : groups) {
    std::string flags = group.parts.flags;
    if (!group.contexts.empty()) flags += " --as " + joined(group.contexts);
    std::string line = group.parts.call.empty() ? "" : "as " + group.parts.call;
    if (!flags.empty()) line += (line.empty() ? "with" : " with") + flags;
    lines.push_back(line);
  }
  return lines;
}

}  // namespace sockoracle
