// SPDX-License-Identifier: GPL-2.0-only
// What lines show of who asks, without changing it: geteuid(), getresuid(), capget().
#include "conformance/base/scan.h"
#include "conformance/judge/strace_caller.h"
#include "conformance/judge/strace_line.h"

namespace sockoracle {
namespace {

// The uid as the process's own user namespace numbers it: user_namespace.c:from_kuid.
uint32_t seen_uid_of(const World& world) {
  const UserNs& ns = world.user_ns[world.caller.user_ns];
  const uint32_t kuid = world.caller.euid;
  constexpr uint32_t kOverflow = 65534;
  return kuid >= ns.outside && kuid - ns.outside < ns.count ? ns.inside + (kuid - ns.outside)
                                                            : kOverflow;
}

// A process that was taken for somebody else: it has what such a one usually has.
void take_uid(LoggedCaller& caller, uint32_t uid) {
  caller.seen_uid = uid;
  Caller& cred = caller.world.caller;
  if (cred.user_ns != 0 || seen_uid_of(caller.world) == uid) return;
  if (cred.euid == 0) cred.caps = caller.permitted = 0;
  else if (uid == 0) cred.caps = caller.permitted = caller.bounding;
  caller.uid.fill(uid);
  cred.euid = cred.fsuid = uid;
}

void take_gid(LoggedCaller& caller, uint32_t gid) {
  if (caller.world.caller.user_ns != 0) return;
  caller.gid.fill(gid);
  caller.world.caller.egid = caller.world.caller.fsgid = gid;
}

void take_capabilities(LoggedCaller& caller, std::string_view data) {
  const auto effective = capability_mask(member_of(data, "effective="));
  const auto permitted = capability_mask(member_of(data, "permitted="));
  if (!effective || !permitted) return;
  caller.world.caller.caps = *effective & kAllCaps;
  caller.permitted = *permitted & kAllCaps;
  caller.seen_caps = caller.world.caller.caps;
}

// "[1000]", as getresuid's arguments are shown.
std::optional<uint64_t> pointed(std::string_view text) {
  if (text.size() < 2 || text.front() != '[') return std::nullopt;
  return number_of_text(text.substr(1, text.size() - 2));
}

}  // namespace

bool shows_caller(std::string_view name) {
  for (const std::string_view known : {"geteuid", "getegid", "getresuid", "getresgid", "capget"})
    if (name == known) return true;
  return false;
}

void show_caller(LoggedCaller& caller, const LoggedLine& line) {
  const std::optional<uint64_t> result = number_of_text(line.result);
  if (!result || *result > UINT32_MAX || *result == kUnchanged) return;
  const auto number = static_cast<uint32_t>(*result);
  if (line.name == "geteuid") return take_uid(caller, number);
  if (line.name == "getegid") return take_gid(caller, number);
  if (line.name == "capget") return take_capabilities(caller, argument(line, 1));
  const std::optional<uint64_t> effective = pointed(argument(line, 1));
  if (number != 0 || !effective || *effective > UINT32_MAX) return;
  const auto id = static_cast<uint32_t>(*effective);
  if (line.name == "getresuid") take_uid(caller, id);
  else take_gid(caller, id);
}

bool agrees_with_log(const LoggedCaller& caller, const World& world) {
  if (caller.seen_uid && seen_uid_of(world) != *caller.seen_uid) return false;
  return !caller.seen_caps || world.caller.caps == *caller.seen_caps;
}

}  // namespace sockoracle
