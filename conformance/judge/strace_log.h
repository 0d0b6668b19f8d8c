// SPDX-License-Identifier: GPL-2.0-only
// An strace log, read: its socket() calls and who made them. What strace puts before a line
// (process and its name, time, instruction pointer) is passed over; calls that were unfinished are
// joined with the line that resumes them. setuid, capset, unshare and their like change the world
// of what follows (strace_caller.h). No line makes a log unreadable.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/judge/strace_caller.h"

namespace sockoracle {

// One socket() or socketpair() call of a log.
struct LoggedCall {
  size_t line = 0;  // where it began, from 1
  Call call;
  std::string words;  // as logged: of another family, and not read further. Empty = `call` says it
  bool finished = false;  // its result is known
  int32_t error = 0;      // 0 = it gave a descriptor
  std::string said;       // the result in words: "a descriptor", "-1 EPERM", "?"
  size_t caller = 0;      // who made it: into StraceLog::callers
  // Of a record that names who refused: in words, and the rule where that is.
  std::string refused_by;
  std::string_view refusing_rule;
};

struct NotUnderstood {
  size_t line, character;  // of the call, from 1
  std::string accepted;
};

struct StraceLog {
  std::string name;
  std::vector<LoggedCall> calls;
  std::vector<NotUnderstood> not_understood;
  size_t injected = 0;  // results that strace itself made up
  std::vector<LoggedCaller> callers;
  LoggedCaller start;        // its first process
  std::string_view system;   // "gvisor", "qemu-user": no Linux writes such lines; empty = one may
  bool start_shown = false;  // a line of the log says who that is
  size_t lines = 0, recognised = 0;  // that are not empty; that strace writes
};

// Any text is safe; one in which no line is strace's throws UsageError. `start`: the world of the
// log's first process.
StraceLog read_strace_log(std::string_view text, const std::string& name, const World& start);

}  // namespace sockoracle
