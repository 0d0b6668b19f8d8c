// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/process_words.h"

#include <sys/prctl.h>

#include "conformance/base/plural.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// Those that this kernel has.
uint64_t known_capabilities() {
  static const uint64_t known = [] {
    uint64_t set = 0;
    for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; ++cap)
      set |= uint64_t{1} << cap;
    return set & kAllCaps;
  }();
  return known;
}

std::string capabilities_text(uint64_t caps) {
  const uint64_t known = known_capabilities(), held = caps & known;
  if (held == 0) return "no capability";
  if (held == known) return "every capability";
  const auto names = [](uint64_t set) {
    std::string text;
    for (const Symbol& symbol : capability_symbols())
      if ((set >> symbol.number & 1) != 0)
        text += (text.empty() ? "" : ", ") + std::string(symbol.name);
    return text;
  };
  const auto bits = [](uint64_t set) { return __builtin_popcountll(set); };
  constexpr int kFew = 3;
  if (bits(held) <= kFew) return "of the capabilities " + names(held);
  if (bits(known & ~held) <= kFew) return "every capability but " + names(known & ~held);
  const bool raw = (held >> kCAP_NET_RAW & 1) != 0;
  return std::to_string(bits(held)) + " capabilities, " + (raw ? "also" : "not") + " CAP_NET_RAW";
}

std::string namespaces_text(const World& world) {
  const uint8_t own = world.caller.user_ns, net = world.net_user_ns;
  if (own == 0 && net == 0)
    return world.net_is_init ? "" : ", in a network namespace of the initial user namespace";
  if (own == net) return ", in a user namespace that owns the network namespace";
  if (own != 0 && net == 0) return ", in a user namespace that does not own the network namespace";
  return ", outside the user namespace that owns the network namespace";
}

}  // namespace

std::string who_text(const World& world, uint32_t uid, uint32_t gid) {
  const Caller& caller = world.caller;
  std::string text = "uid " + std::to_string(uid) + ", gid " + std::to_string(gid);
  for (size_t i = 0; i < caller.group_count; ++i)
    if (caller.group_count > 1 || caller.groups[i] != caller.egid)
      text += (i == 0 ? ", groups " : " ") + std::to_string(caller.groups[i]);
  text += ", " + capabilities_text(caller.caps) + namespaces_text(world);
  const int32_t left = world.limits.fds_left;
  if (left != kUnlimited)
    text += ", " + plural(static_cast<uint64_t>(left), "descriptor") + " left";
  if (world.limits.files_left == 0) text += ", the file table full";
  return text;
}

}  // namespace sockoracle
