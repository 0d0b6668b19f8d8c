// SPDX-License-Identifier: GPL-2.0-only
// What the command line says about the machine that a vm: or uml: subject boots.
#pragma once

#include <string>

namespace sockoracle {

struct MachineOptions {
  std::string kernel{};   // --kernel FILE: this image instead of one from the cache
  std::string modules{};  // --modules DIR: load the protocol modules found below it
  std::string config{};   // --kernel-config FILE, together with --kernel
  std::string append{};   // --append TEXT: more words for the kernel's command line
  int time_limit = 0;     // --time-limit SECONDS; 0 = the default
  bool empty() const {
    return kernel.empty() && modules.empty() && append.empty() && time_limit == 0;
  }
};

}  // namespace sockoracle
