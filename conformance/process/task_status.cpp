// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/task_status.h"

#include "conformance/base/scan.h"

namespace sockoracle {
namespace {

// The next word of a line whose columns are separated by tabs and blanks.
std::string_view next_column(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  const size_t end = std::min(line.find_first_of(" \t"), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end);
  return word;
}

template <class Number>
bool read_number(std::string_view& line, Number* out, int base = 10) {
  const std::optional<Number> number = whole_number<Number>(next_column(line), base);
  if (number) *out = *number;
  return number.has_value();
}

bool read_ids(std::string_view line, std::array<uint32_t, 4>* ids) {
  for (uint32_t& id : *ids)
    if (!read_number(line, &id)) return false;
  return true;
}

void read_groups(std::string_view line, std::vector<uint32_t>* groups) {
  uint32_t group = 0;
  while (read_number(line, &group)) groups->push_back(group);
}

enum Seen : unsigned { kUid = 1, kGid = 2, kCaps = 4, kAll = 7 };

unsigned read_line(std::string_view key, std::string_view rest, TaskStatus* out) {
  if (key == "Name") out->name = trimmed(rest);
  if (key == "State" && !trimmed(rest).empty()) out->state = trimmed(rest)[0];
  if (key == "Uid" && read_ids(rest, &out->uid)) return kUid;
  if (key == "Gid" && read_ids(rest, &out->gid)) return kGid;
  if (key == "Groups") read_groups(rest, &out->groups);
  if (key == "CapEff" && read_number(rest, &out->effective, 16)) return kCaps;
  if (key == "NoNewPrivs") out->no_new_privs = trimmed(rest) == "1";
  if (key == "Seccomp") read_number(rest, &out->seccomp);
  if (key == "Seccomp_filters") read_number(rest, &out->filters);
  return 0;
}

}  // namespace

std::optional<TaskStatus> parse_task_status(std::string_view text) {
  TaskStatus status;
  unsigned seen = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    const size_t colon = line.find(':');
    if (colon != std::string_view::npos)
      seen |= read_line(line.substr(0, colon), line.substr(colon + 1), &status);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (seen != kAll) return std::nullopt;
  return status;
}

bool is_kernel_thread(std::string_view stat) {
  constexpr uint32_t kKthread = 0x00200000;
  constexpr int kColumnsBefore = 6;  // state, ppid, pgrp, session, tty, tpgid
  const size_t name_end = stat.rfind(')');
  if (name_end == std::string_view::npos) return false;
  std::string_view rest = stat.substr(name_end + 1);
  for (int i = 0; i < kColumnsBefore; ++i) next_column(rest);
  uint32_t flags = 0;
  return read_number(rest, &flags) && (flags & kKthread) != 0;
}

}  // namespace sockoracle
