// SPDX-License-Identifier: GPL-2.0-only
// What the calls do to credentials: kernel/sys.c, security/commoncap.c, kernel/fork.c.
#include "conformance/judge/strace_caller.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "conformance/base/scan.h"
#include "conformance/judge/strace_line.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

enum Id : size_t { real, effective, saved };

void doubt(LoggedCaller& caller, std::string reason) {
  if (caller.doubt.empty()) caller.doubt = std::move(reason);
}

// Ids that the log shows are those of the process's own user namespace.
bool ids_are_known(LoggedCaller& caller, std::string_view name) {
  if (caller.world.caller.user_ns == 0) return true;
  doubt(caller, std::string(name) + " inside a user namespace, whose id map the log does not show");
  return false;
}

// security/commoncap.c:cap_emulate_setxuid
void fix_capabilities(LoggedCaller& caller, const std::array<uint32_t, 3>& old) {
  Caller& cred = caller.world.caller;
  const auto is_root = [](uint32_t id) { return id == 0; };
  const bool was = std::any_of(old.begin(), old.end(), is_root);
  if (was && std::none_of(caller.uid.begin(), caller.uid.end(), is_root) && !caller.keep_caps)
    caller.permitted = cred.caps = 0;
  if (old[effective] == 0 && caller.uid[effective] != 0) cred.caps = 0;
  if (old[effective] != 0 && caller.uid[effective] == 0) cred.caps = caller.permitted;
}

// set*uid and set*gid, successful: the new real, effective and saved ids.
void set_ids(const LoggedLine& line, std::array<uint32_t, 3>& ids, bool privileged) {
  const auto given = [&](size_t index) {
    return static_cast<uint32_t>(number_of_text(argument(line, index)).value_or(kUnchanged));
  };
  const std::array<uint32_t, 3> old = ids;
  if (line.name.substr(0, 6) == "setres") {
    for (size_t i = 0; i < ids.size(); ++i)
      if (given(i) != kUnchanged) ids[i] = given(i);
  } else if (line.name.substr(0, 5) == "setre") {
    if (given(0) != kUnchanged) ids[real] = given(0);
    if (given(1) != kUnchanged) ids[effective] = given(1);
    if (given(0) != kUnchanged || (given(1) != kUnchanged && given(1) != old[real]))
      ids[saved] = ids[effective];
  } else if (privileged) {
    ids.fill(given(0));
  } else {
    ids[effective] = given(0);
  }
}

bool has_cap(const LoggedCaller& caller, std::string_view name) {
  const Symbol* row = find_symbol(capability_symbols(), name);
  return row != nullptr && (caller.world.caller.caps >> row->number & 1) != 0;
}

void set_uid(LoggedCaller& caller, const LoggedLine& line) {
  if (!ids_are_known(caller, line.name)) return;
  const std::array<uint32_t, 3> old = caller.uid;
  set_ids(line, caller.uid, has_cap(caller, "CAP_SETUID"));
  caller.world.caller.euid = caller.world.caller.fsuid = caller.uid[effective];
  fix_capabilities(caller, old);
}

void set_gid(LoggedCaller& caller, const LoggedLine& line) {
  if (!ids_are_known(caller, line.name)) return;
  set_ids(line, caller.gid, has_cap(caller, "CAP_SETGID"));
  caller.world.caller.egid = caller.world.caller.fsgid = caller.gid[effective];
}

void set_groups(LoggedCaller& caller, const LoggedLine& line) {
  if (!ids_are_known(caller, line.name)) return;
  std::string_view list = argument(line, 1);
  const bool none = number_of_text(argument(line, 0)) == 0u;
  Caller& cred = caller.world.caller;
  cred.group_count = 0;
  cred.groups = {};
  if (none) return;
  if (list.size() < 2 || list.front() != '[')
    return doubt(caller, "setgroups with groups that the log does not show");
  list = list.substr(1, list.size() - 2);
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    const std::optional<uint64_t> id = number_of_text(list.substr(0, end));
    if (!id || cred.group_count == kGroupsMax)
      return doubt(caller, "setgroups with groups that the log does not show");
    cred.groups[cred.group_count++] = static_cast<uint32_t>(*id);
    list.remove_prefix(std::min(end + 1, list.size()));
  }
}

void set_capabilities(LoggedCaller& caller, const LoggedLine& line) {
  const std::string_view data = argument(line, 1);
  const auto effective_caps = capability_mask(member_of(data, "effective="));
  const auto permitted_caps = capability_mask(member_of(data, "permitted="));
  if (!effective_caps || !permitted_caps)
    return doubt(caller, "capset with capabilities that the log does not show");
  caller.world.caller.caps = *effective_caps & kAllCaps;
  caller.permitted = *permitted_caps & kAllCaps;
}

void enter_namespaces(LoggedCaller& caller, uint64_t flags) {
  World& world = caller.world;
  if ((flags & kNewUser) != 0) {
    if (world.user_ns_count == kUserNsMax)
      return doubt(caller, "more user namespaces than the model holds");
    world.user_ns[world.user_ns_count] = {world.caller.user_ns, world.caller.euid, 0,
                                          world.caller.euid, 1};
    world.caller.user_ns = world.user_ns_count++;
    world.caller.caps = caller.permitted = caller.bounding = kAllCaps;
  }
  if ((flags & kNewNet) == 0) return;
  world.net_user_ns = world.caller.user_ns;
  world.net_is_init = world.mib_ready = false;
  for (const SysctlRow& row : sysctls())
    if (row.per_netns)
      world.sysctls[static_cast<size_t>(row.id)] = default_sysctl(row.id, world.release);
}

void join_namespace(LoggedCaller& caller, const LoggedLine& line) {
  const std::string_view kind = argument(line, 1);
  const uint64_t flags = clone_flags(kind);
  const bool named = kind.find("CLONE_") != std::string_view::npos || flags != 0;
  if (named && (flags & (kNewUser | kNewNet)) == 0) return;
  doubt(caller, "setns into a namespace that the log does not describe");
}

void control(LoggedCaller& caller, const LoggedLine& line) {
  const std::string_view what = argument(line, 0), value = argument(line, 1);
  const auto is = [&](std::string_view name, uint64_t number) {
    return what == name || number_of_text(what) == number;
  };
  if (is("PR_SET_KEEPCAPS", 8)) caller.keep_caps = value != "0";
  if (is("PR_SET_NO_NEW_PRIVS", 38)) caller.no_new_privs = true;
  if (is("PR_CAP_AMBIENT", 47)) caller.ambient = true;
  if (is("PR_SET_SECUREBITS", 28)) doubt(caller, "prctl(PR_SET_SECUREBITS)");
  if (!is("PR_CAPBSET_DROP", 24)) return;
  const Symbol* row = find_symbol(capability_symbols(), value);
  const uint64_t number =
      row != nullptr ? static_cast<uint64_t>(row->number) : number_of_text(value).value_or(64);
  if (number < 64) caller.bounding &= ~(uint64_t{1} << number);
}

bool same_person(LoggedCaller a, LoggedCaller b) {
  a.seen_uid = b.seen_uid = {};
  a.seen_caps = b.seen_caps = {};
  return a == b;
}

// fs/exec.c, security/commoncap.c:cap_bprm_creds_from_file, without a privileged file.
void execute(LoggedCaller& caller, const LoggedCaller& start) {
  if (same_person(caller, start)) return;  // the flags say who the program is, not who started it
  caller.keep_caps = false;
  const bool root = caller.uid[effective] == 0 || caller.uid[real] == 0;
  if (caller.world.caller.user_ns != 0)
    return doubt(caller, "execve inside a user namespace, whose id map the log does not show");
  caller.permitted = root ? caller.bounding : 0;
  caller.world.caller.caps = caller.uid[effective] == 0 ? caller.permitted : 0;
  if (caller.ambient && !root) doubt(caller, "execve with ambient capabilities");
  if (!root && !caller.no_new_privs)
    doubt(caller, "execve of a program that may be privileged itself (set-user-ID, file "
                  "capabilities)");
}

using CallerChange = void (*)(LoggedCaller&, const LoggedLine&);
struct TrackedCall {
  std::string_view name;
  CallerChange change;  // null: it starts a process, or is execve
};
constexpr TrackedCall kCalls[] = {
    {"setuid", set_uid},
    {"setresuid", set_uid},
    {"setreuid", set_uid},
    {"setgid", set_gid},
    {"setresgid", set_gid},
    {"setregid", set_gid},
    {"setgroups", set_groups},
    {"capset", set_capabilities},
    {"setns", join_namespace},
    {"prctl", control},
    {"unshare",
     [](LoggedCaller& caller, const LoggedLine& line) {
       enter_namespaces(caller, clone_flags(argument(line, 0)));
     }},
    {"execve", nullptr},
    {"execveat", nullptr},
    {"fork", nullptr},
    {"vfork", nullptr},
    {"clone", nullptr},
    {"clone3", nullptr},
};

const TrackedCall* tracked(std::string_view name) {
  for (const TrackedCall& call : kCalls)
    if (call.name == name) return &call;
  return nullptr;
}

bool starts_process(std::string_view name) {
  return name == "fork" || name == "vfork" || name == "clone" || name == "clone3";
}

}  // namespace

std::string caller_text(const LoggedCaller& caller, const World& start) {
  const Caller& cred = caller.world.caller;
  std::string text = "uid " + std::to_string(cred.euid) + ", gid " + std::to_string(cred.egid);
  if (cred.caps == 0) text += ", no capability";
  else if ((cred.caps & kAllCaps) == kAllCaps) text += ", every capability";
  else
    text += has_cap(caller, "CAP_NET_RAW") ? ", CAP_NET_RAW among its capabilities"
                                           : ", without CAP_NET_RAW";
  if (cred.user_ns != start.caller.user_ns) text += ", in a user namespace of its own";
  if (caller.world.net_is_init != start.net_is_init ||
      caller.world.net_user_ns != start.net_user_ns)
    text += ", in a network namespace of its own";
  return text;
}

LoggedCaller caller_of_world(const World& start) {
  LoggedCaller caller;
  caller.world = start;
  caller.uid.fill(start.caller.euid);
  caller.gid.fill(start.caller.egid);
  caller.permitted = start.caller.caps;
  return caller;
}

bool CallerTracker::concerns(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('('));
  if (name.size() == text.size()) return false;
  return tracked(name_of_line(name)) != nullptr || shows_caller(name_of_line(name));
}

// A process that no line has started: like all the others, where those are alike.
LoggedCaller CallerTracker::first_state() const {
  if (processes_.empty()) return start_;
  LoggedCaller first = processes_.begin()->second;
  for (const auto& [name, other] : processes_)
    if (!(other == first)) doubt(first, "no line says which process started this one");
  return first;
}

LoggedCaller& CallerTracker::state(const std::string& process) {
  const auto found = processes_.find(process);
  if (found != processes_.end()) return found->second;
  if (starting_.size() == 1) {
    const auto [parent, text] = *starting_.begin();
    started(parent, text, process);
    return processes_.at(process);
  }
  return processes_[process] = first_state();
}

void CallerTracker::started(const std::string& parent, std::string_view text,
                            const std::string& child) {
  if (processes_.contains(child)) return;
  LoggedCaller caller = state(parent);
  enter_namespaces(caller, clone_flags(member_of(text, "flags=")));
  processes_[child] = std::move(caller);
}

void CallerTracker::begun(const std::string& process, std::string_view text) {
  state(process);
  if (starts_process(name_of_line(text))) starting_[process] = without_comments(text);
}

void CallerTracker::exited(const std::string& process) {
  processes_.erase(process);
  starting_.erase(process);
}

void CallerTracker::line(const std::string& process, std::string_view raw) {
  const std::string text = without_comments(raw);
  const LoggedLine line = split_line(text);
  const TrackedCall* call = tracked(line.name);
  LoggedCaller& caller = state(process);
  const bool unchanged =
      first_shown_ ? process == first_process_ && caller == *first_shown_ : caller == start_;
  if (starts_process(line.name)) {
    starting_.erase(process);
    // With --decode-pids=comm the child's name follows: "124<nginx>".
    const std::string child(line.result.substr(0, line.result.find_first_not_of("0123456789")));
    if (number_of_text(child).value_or(0) > 0) started(process, text, child);
    return;
  }
  if (shows_caller(line.name)) {
    show_caller(caller, line);
    // Nothing had changed it before: so it was from the beginning.
    if (!unchanged) return;
    first_shown_ = caller;
    first_process_ = process;
    return;
  }
  if (call == nullptr || line.result != "0") return;
  const LoggedCaller before = caller;
  if (call->change != nullptr) call->change(caller, line);
  else execute(caller, start_);
  if (caller == before) return;
  caller.seen_uid.reset();
  caller.seen_caps.reset();
}

size_t CallerTracker::number_of(const std::string& process) {
  const LoggedCaller& caller = state(process);
  const auto found = std::find(callers_.begin(), callers_.end(), caller);
  if (found != callers_.end()) return static_cast<size_t>(found - callers_.begin());
  callers_.push_back(caller);
  return callers_.size() - 1;
}

}  // namespace sockoracle
