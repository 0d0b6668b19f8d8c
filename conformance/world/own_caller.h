// SPDX-License-Identifier: GPL-2.0-only
// `--as me`: the caller that this very process is. Read from the kernel's own words about it:
// system calls, /proc/self, the namespaces' descriptors. Never from the answer of a socket().
#pragma once

#include <string>
#include <vector>

#include "model/case.h"

namespace sockoracle {

inline constexpr std::string_view kOwnCaller = "me";
inline constexpr std::string_view kOwnCallerSentence =
    "the caller that runs this command: its ids, groups, capabilities, namespaces and limits "
    "(the default with --world host)";

struct OwnCaller {
  // Of this world only caller, user_ns*, net_user_ns, net_is_init and limits mean something.
  World world;
  std::string who;                 // "uid 1000, gid 1000, no capability"
  std::vector<std::string> notes;  // what could not be read, or may answer before the kernel does
};

// Read once. Throws UsageError where this is no Linux, UnavailableError where nothing can be read.
const OwnCaller& own_caller();

// Makes the caller, namespaces and limits those of this process; everything else stays.
void apply_own_caller(World& world);

// While it lives, files can be read although RLIMIT_NOFILE is used up, where the hard limit allows.
class DescriptorRoom {
 public:
  DescriptorRoom();
  ~DescriptorRoom();
  DescriptorRoom(const DescriptorRoom&) = delete;
  DescriptorRoom& operator=(const DescriptorRoom&) = delete;

 private:
  unsigned long soft_ = 0;
  bool raised_ = false;
};

}  // namespace sockoracle
