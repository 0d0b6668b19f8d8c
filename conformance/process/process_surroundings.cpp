// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/process_surroundings.h"

#include "conformance/base/plural.h"
#include "conformance/process/cgroup_programs.h"

namespace sockoracle {
namespace {

std::string filters_text(const TaskStatus& status) {
  const std::string count = status.filters < 0
                                ? "seccomp filters"
                                : plural(static_cast<uint64_t>(status.filters), "seccomp filter");
  return "its " + count + (status.filters == 1 ? " lets" : " let") + " the call pass (";
}

}  // namespace

void add_filters(const TaskStatus& status, const SeccompFilters& filters, ProcessWorld* out) {
  constexpr int kStrict = 1;
  if (status.seccomp == 0) return;
  if (status.seccomp == kStrict) {
    out->holds_if.push_back("its strict seccomp mode is over: that kills whoever makes the call");
    return;
  }
  if (filters.unknown.empty()) out->filters = filters.programs;
  else out->holds_if.push_back(filters_text(status) + filters.unknown + ")");
}

std::string unjudged_filters_text(const std::vector<std::vector<sock_filter>>& filters) {
  size_t instructions = 0;
  for (const auto& program : filters) instructions += program.size();
  return "its " + plural(filters.size(), "seccomp filter") + " of " +
         plural(instructions, "instruction") + (filters.size() == 1 ? " lets" : " let") +
         " the call pass (sockoracle explain CALL --world pid:N asks them)";
}

namespace {

void add_cgroup(const ProcFolder& folder, ProcessWorld* out) {
  const CgroupPrograms programs = cgroup_programs_of(folder);
  if (!programs.unknown.empty())
    out->holds_if.push_back("no BPF program on its cgroup refuses (" + programs.unknown + ")");
  else if (programs.count != 0)
    out->holds_if.push_back("the " + plural(programs.count, "BPF program") + " on its cgroup " +
                            (programs.count == 1 ? "lets" : "let") +
                            " the call pass (not looked into)");
}

void add_label(const ProcFolder& folder, ProcessWorld* out) {
  std::string label = folder.text("attr/current").value_or("");
  while (!label.empty() && (label.back() == '\n' || label.back() == '\0')) label.pop_back();
  if (label.empty() || label.find("unconfined") != std::string::npos || label == "kernel") return;
  out->holds_if.push_back("the security module lets \"" + label +
                          "\" make the call (not looked into)");
}

}  // namespace

void add_surroundings(const ProcFolder& folder, const TaskStatus& status,
                      const SeccompFilters& filters, ProcessWorld* out) {
  add_filters(status, filters, out);
  add_cgroup(folder, out);
  add_label(folder, out);
}

}  // namespace sockoracle
