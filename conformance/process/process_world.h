// SPDX-License-Identifier: GPL-2.0-only
// A process as a part of a world: `me` and `self`, this very one, and `pid:N`. Read from the
// kernel's own words about it: /proc/N, the namespaces' descriptors. Never from the answer of a
// socket().
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/process/descriptors_left.h"
#include "conformance/process/net_sysctls.h"
#include "conformance/process/task_status.h"
#include "model/case.h"

struct sock_filter;  // linux/filter.h, which a page has not

namespace sockoracle {

inline constexpr std::string_view kOwnCaller = "me";
inline constexpr std::string_view kOwnCallerSentence =
    "the caller that runs this command: its ids, groups, capabilities, namespaces and limits "
    "(the default with --world host)";
inline constexpr std::string_view kOwnProcess = "self";
inline constexpr std::string_view kOtherProcess = "pid:";
inline constexpr std::string_view kOtherProcessSentence =
    "process N: all that, and what filters, BPF programs and security modules it is subject to";

struct ProcessWorld {
  // Of this world only caller, user_ns*, net_user_ns, net_is_init and limits mean something.
  World world;
  // Of its network namespace, where that is not this process's: text as read.
  std::map<std::string, std::string> sysctls;
  std::string who;                    // "uid 1000, gid 1000, no capability"
  std::vector<std::string> notes;     // what is taken as something, for it cannot be read
  std::vector<std::string> holds_if;  // what may answer otherwise, and is not looked into
  // Its seccomp filters, in the order of installation, where they could be read; who does not run
  // them says so (unjudged_filters_text).
  std::vector<std::vector<sock_filter>> filters;
};

// "me", "self" or "pid:..."?
bool names_process(std::string_view name);
// The same but "me", which is a caller only.
bool names_process_world(std::string_view name);

// Read once in a run. `origin` ("--world") is for error messages. Throws UsageError where there is
// no such process or this is no Linux, UnavailableError where nothing of it can be read.
const ProcessWorld& process_named(std::string_view name, const std::string& origin);

// As it is now. False where it has ended, or is none that makes calls, with the reason in `why`.
bool read_process(const std::string& number, ProcessWorld* out, std::string* why);

// The same without its surroundings (process_surroundings.h), for who reads often; `sysctls` are
// there whichever its network namespace is.
ProcessWorld read_task(const ProcFolder& folder, const TaskStatus& status, NetNamespaces* known);

// Makes the caller, namespaces and limits those of the process; everything else stays.
void apply_process(World& world, const ProcessWorld& process);

}  // namespace sockoracle
