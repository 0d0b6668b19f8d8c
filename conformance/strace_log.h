// SPDX-License-Identifier: GPL-2.0-only
// The command strace: the socket() lines of an strace log against the model. What strace puts
// before a line (process, time, instruction pointer) is passed over; calls that were unfinished
// are joined with the line that resumes them. setuid, capset, unshare and their like change the
// world of what follows (strace_caller.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/strace_caller.h"
#include "conformance/world_text.h"

namespace sockoracle {

// One socket() or socketpair() call of a log.
struct LoggedCall {
  size_t line = 0;  // where it began, from 1
  Call call;
  bool finished = false;  // its result is known
  int32_t error = 0;      // 0 = it gave a descriptor
  size_t caller = 0;      // who made it: into StraceLog::callers
};

struct StraceLog {
  std::vector<LoggedCall> calls;
  std::vector<std::string> unreadable;  // "NAME:12: accepted is ..."
  size_t injected = 0;                  // results that strace itself made up
  std::vector<LoggedCaller> callers;
};

// Any text is safe. `start`: the world of the log's first process.
StraceLog read_strace_log(std::string_view text, const std::string& name, const World& start);

struct StraceVerdicts {
  std::string text;
  size_t differ = 0;   // nor does any world near this one answer so
  size_t unknown = 0;  // answered otherwise, but the log does not say who asked
  size_t checked = 0;  // calls with a result, of a family that is modelled
};
StraceVerdicts strace_verdicts(const StraceLog& log, const Setting& setting);

// 0 every line is explained, 1 some differ, 4 nothing to check, 64 lines that cannot be read.
int command_strace(const std::string& file, const std::vector<Item>& items);

}  // namespace sockoracle
