// SPDX-License-Identifier: GPL-2.0-only
// Who makes the calls of an strace log: credentials and namespaces of each process, as far as the
// log's own lines tell. What they do not tell is a doubt, with its reason.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/case.h"

namespace sockoracle {

struct LoggedCaller {
  World world;  // in which its calls are made
  // Real, effective and saved, as the initial user namespace numbers them.
  std::array<uint32_t, 3> uid{}, gid{};
  uint64_t permitted = kAllCaps, bounding = kAllCaps;
  bool keep_caps = false, no_new_privs = false, ambient = false;
  std::string doubt;  // why it may be somebody else; empty = the log says it all
  // What a line has shown, as the process itself sees it: no other caller may contradict that.
  std::optional<uint32_t> seen_uid;
  std::optional<uint64_t> seen_caps;
  friend bool operator==(const LoggedCaller&, const LoggedCaller&) = default;
};

// The first process of a log, as the flags say it.
LoggedCaller caller_of_world(const World& start);
// Would a process of that world see what the log shows of this one?
bool agrees_with_log(const LoggedCaller& caller, const World& world);

// Lines that only tell who asks: geteuid() = 0, capget(...).
bool shows_caller(std::string_view name);
struct LoggedLine;
void show_caller(LoggedCaller& caller, const LoggedLine& line);

// "uid 1000, gid 1000, no capability, in a network namespace of its own".
std::string caller_text(const LoggedCaller& caller, const World& start);

class CallerTracker {
 public:
  explicit CallerTracker(const LoggedCaller& start) : start_(start) {}

  // Does a line with this text concern the caller?
  static bool concerns(std::string_view text);
  // A finished line; `text` begins with the call's name and holds its result.
  void line(const std::string& process, std::string_view text);
  // A process began a call that may start another one; that may be seen first.
  void begun(const std::string& process, std::string_view text);
  void exited(const std::string& process);

  // The number of the caller that the process is now.
  size_t number_of(const std::string& process);
  const std::vector<LoggedCaller>& callers() const { return callers_; }
  // What the first process turned out to be, by a line that shows it.
  const std::optional<LoggedCaller>& first_shown() const { return first_shown_; }

 private:
  LoggedCaller& state(const std::string& process);
  LoggedCaller first_state() const;
  void started(const std::string& parent, std::string_view arguments, const std::string& child);

  LoggedCaller start_;
  std::map<std::string, LoggedCaller> processes_;
  std::map<std::string, std::string> starting_;  // process: the unfinished fork, clone ...
  std::vector<LoggedCaller> callers_;
  std::optional<LoggedCaller> first_shown_;
  std::string first_process_;
};

}  // namespace sockoracle
