// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/words/remedy_text.h"

#include <algorithm>

#include "conformance/words/step_text.h"
#include "conformance/world/world_text.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

struct Deed {
  Change::Kind kind;
  std::string_view name, text;
};
constexpr Deed kDeeds[] = {
#define REMEDY(kind, name, text) {Change::Kind::kind, name, text},
#include "conformance/words/remedies.def"
};

std::string name_of_change(const Change& change) {
  switch (change.kind) {
    case Change::Kind::capability: return capability_flag_name(change.number);
    case Change::Kind::context: return std::string(contexts()[change.index].name);
    case Change::Kind::module: return std::string(providers()[change.index].name);
    case Change::Kind::limit:
    case Change::Kind::policy: return std::string(row(static_cast<Fact>(change.index)).name);
    default: return {};
  }
}

bool only_kind(const std::vector<Change>& changes, Change::Kind kind) {
  return std::all_of(changes.begin(), changes.end(),
                     [&](const Change& change) { return change.kind == kind; });
}

// "setcap cap_net_raw+ep PROGRAM" of all the ways there are.
std::string first_way(const std::string& deed) { return deed.substr(0, deed.find(", ")); }

// What somebody does for one set; parts that only flags can say are left out.
std::string deeds_of(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    const std::string deed = deed_of(change);
    if (deed.empty()) continue;
    text += (text.empty() ? "" : " and ") + (changes.size() == 1 ? deed : first_way(deed));
  }
  return text;
}

// "as CALL with FLAGS, or IPPROTO_TCP" becomes "as CALL, or IPPROTO_TCP, with DEED (FLAGS)".
std::string with_deed(const std::string& line, const std::string& deed, bool sysctl) {
  const size_t with = line.find("with ");
  if (deed.empty() || with == std::string::npos) return line;
  std::string head = line.substr(0, with), flags = line.substr(with + 5);
  if (const size_t others = flags.find(", or "); others != std::string::npos) {
    head = head.substr(0, head.size() - 1) + flags.substr(others) + ", ";
    flags.resize(others);
  }
  return head + "with " + deed + " (" + (sysctl ? "--sysctl" : flags) + ")";
}

}  // namespace

std::string deed_of(const Change& change) {
  if (change.kind == Change::Kind::sysctl) return "sysctl -w " + change_text(change).substr(9);
  if (change.kind == Change::Kind::release) return "Linux " + release_text(change.release);
  if (change.kind == Change::Kind::fault) return "memory that can be had";
  const std::string name = name_of_change(change);
  for (const Deed& row : kDeeds)
    if (row.kind == change.kind && row.name == name) return std::string(row.text);
  return {};
}

std::vector<std::string> remedy_lines(const std::vector<std::vector<Change>>& sets) {
  std::vector<std::vector<Change>> callers;
  std::string caller_deeds, last_deed;
  for (const std::vector<Change>& changes : sets) {
    if (!only_kind(changes, Change::Kind::context)) continue;
    callers.push_back(changes);
    if (const std::string deed = deeds_of(changes); !deed.empty())
      caller_deeds += (caller_deeds.empty() ? "" : ", or ") + deed;
  }
  std::vector<std::string> lines;
  for (size_t i = 0; i < sets.size(); ++i) {
    if (only_kind(sets[i], Change::Kind::context)) {
      // Callers stand on one line, each with what it takes to be one.
      if (!callers.empty())
        lines.push_back(with_deed(change_lines(callers).front(), caller_deeds, false));
      callers.clear();
      continue;
    }
    const std::string deed = deeds_of(sets[i]);
    // modprobe brings it, whether it could be loaded or is there then.
    if (only_kind(sets[i], Change::Kind::module) && !deed.empty() && deed == last_deed) continue;
    last_deed = deed;
    std::vector<std::vector<Change>> group{sets[i]};
    while (i + 1 < sets.size() && !only_kind(sets[i + 1], Change::Kind::context)) {
      group.push_back(sets[i + 1]);
      if (change_lines(group).size() == 1) {
        ++i;
        continue;
      }
      group.pop_back();
      break;
    }
    const auto is_sysctl = [](const Change& change) {
      return change.kind == Change::Kind::sysctl || change.kind == Change::Kind::call;
    };
    const bool sysctl = std::all_of(sets[i].begin(), sets[i].end(), is_sysctl);
    lines.push_back(with_deed(change_lines(group).front(), deed, sysctl));
  }
  return lines;
}

}  // namespace sockoracle
