// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/plan/answers.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/world/host_world.h"
#include "conformance/world/kernel_config.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// "4096\t131072\t6291456"; false unless there are exactly row.count numbers.
bool parse_sysctl(std::string_view text, const SysctlRow& row, SysctlValue* value) {
  size_t count = 0;
  while (true) {
    const size_t begin = text.find_first_not_of(" \t\n");
    if (begin == std::string_view::npos) return count == row.count;
    text.remove_prefix(begin);
    const size_t end = std::min(text.find_first_of(" \t\n"), text.size());
    const std::optional<int64_t> number = whole_number(text.substr(0, end));
    if (count == row.count || !number) return false;
    value->v[count] = *number;
    ++count;
    text.remove_prefix(end);
  }
}

[[noreturn]] void refuse(std::string_view where, const std::string& why) {
  throw UsageError(std::string(where) + ": " + why);
}

}  // namespace

std::string outcome_name(int32_t error) {
  if (error == 0) return "success";
  const std::string_view name = errno_name(error);
  return name.empty() ? "E" + std::to_string(error) : std::string(name);
}

bool parse_outcome(std::string_view name, int32_t* error) {
  if (name == "SIGSYS") {
    *error = kKilledBySigsys;
    return true;
  }
  if (const ErrnoSymbol* symbol = find_errno(name)) {
    *error = symbol->number;
    return symbol->number != 0;
  }
  if (name.size() < 2 || name[0] != 'E') return false;
  const std::optional<int32_t> number = whole_number<int32_t>(name.substr(1));
  if (!number || *number <= 0 || *number > 4095) return false;
  *error = *number;
  return true;
}

void normalise(Answers& answers) {
  std::map<std::tuple<int32_t, int32_t, bool>, size_t> groups;
  const auto group_of = [&groups](const Observation& o) {
    return groups.try_emplace({o.family, o.type, o.deep}, groups.size()).first->second;
  };
  for (const Observation& o : answers.observations) group_of(o);
  std::sort(answers.observations.begin(), answers.observations.end(),
            [&](const Observation& one, const Observation& other) {
              return std::tuple(group_of(one), one.low, one.high) <
                     std::tuple(group_of(other), other.low, other.high);
            });
  std::vector<Observation> joined;
  for (const Observation& o : answers.observations) {
    if (!joined.empty()) {
      Observation& last = joined.back();
      Observation continued = o;
      continued.low = last.low;
      continued.high = last.high;
      if (continued == last && last.high == o.low - int64_t{1}) {
        last.high = o.high;
        continue;
      }
    }
    joined.push_back(o);
  }
  answers.observations = std::move(joined);
}

uint16_t StateTable::name_index(std::string_view name) {
  if (const auto found = name_of_.find(name); found != name_of_.end()) return found->second;
  const auto index = static_cast<uint16_t>(names_.size());
  names_.emplace_back(name);
  name_of_.emplace(name, index);
  return index;
}

uint32_t StateTable::add(StateText state) {
  size_t hash = 0;
  for (const auto& [name, text] : state.values) {
    hash = (hash ^ name ^ std::hash<std::string>()(text)) * 0x9e3779b97f4a7c15u;
  }
  const auto [begin, end] = by_hash_.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    if (states_[at->second] == state) return at->second;
  }
  const auto index = static_cast<uint32_t>(states_.size());
  states_.push_back(std::move(state));
  by_hash_.emplace(hash, index);
  return index;
}

World world_of(const Provenance& provenance, std::string_view where) {
  Release release;
  if (!parse_uname(provenance.release, provenance.uname, &release)) {
    refuse(where,
           "release \"" + provenance.release + "\" is not in the table, which reaches from " +
               std::string(releases().front().name) + " to " + std::string(releases().back().name));
  }
  World world = default_world(release);
  world.modules_enabled = provenance.autoload;
  for (const auto& [name, presence] : provenance.modules) {
    const ProviderRow* row = find_provider(name);
    if (row == nullptr) refuse(where, "\"" + name + "\" is no module of `list protocols`");
    if (!parse_presence(presence, &world.providers[static_cast<size_t>(row->id)])) {
      refuse(where,
             name + ": absent, loadable, loaded or builtin is accepted, not \"" + presence + "\"");
    }
  }
  // The other symbols' effects are seen in `modules`.
  if (const auto found = provenance.config.find("MPTCP_IPV6"); found != provenance.config.end())
    apply_config(world, found->first, found->second);
  for (const auto& [name, text] : provenance.sysctls) {
    const SysctlRow* row = find_sysctl(name);
    if (row == nullptr) continue;  // recorded for readers: kernel.modprobe and its like
    SysctlValue& value = world.sysctls[static_cast<size_t>(row->id)];
    value = {};
    if (!parse_sysctl(text, *row, &value)) {
      refuse(where, name + ": " + std::to_string(row->count) +
                        " whole numbers are accepted, not \"" + text + "\"");
    }
  }
  return world;
}

Provenance provenance_of(const World& world) {
  Provenance facts;
  facts.subject = "model";
  const ReleaseRow& release = releases()[world.release.index];
  facts.release = release.name;
  if (world.release.sublevel != 0) facts.release += "." + std::to_string(world.release.sublevel);
  facts.autoload = world.modules_enabled;
  for (const ProviderRow& row : providers()) {
    facts.modules.emplace(row.name, presence_name(world.providers[static_cast<size_t>(row.id)]));
  }
  for (const SysctlRow& row : sysctls()) {
    const SysctlValue& value = world.sysctls[static_cast<size_t>(row.id)];
    std::string text = std::to_string(value.v[0]);
    for (size_t i = 1; i < row.count; ++i) text += " " + std::to_string(value.v[i]);
    facts.sysctls.emplace(row.name, std::move(text));
  }
  return facts;
}

}  // namespace sockoracle
