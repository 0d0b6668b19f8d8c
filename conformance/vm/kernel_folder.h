// SPDX-License-Identifier: GPL-2.0-only
// A kernel to boot, as `ci/run kernels fetch` leaves it: vmlinuz, config, modules/NAME.ko.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sockoracle {

struct KernelFolder {
  std::string image;    // path of vmlinuz
  std::string config;   // its text; empty where there is none
  std::string modules;  // folder of NAME.ko; empty where there is none
};

// "6.12" in $SOCKORACLE_KERNELS or ~/.cache/sockoracle/kernels; throws UnavailableError where it is
// not there.
KernelFolder find_kernel(const std::string& release);

// All modules of a folder, (name, bytes), each after those its .modinfo says it depends on.
std::vector<std::pair<std::string, std::string>> modules_in_order(const std::string& folder);

}  // namespace sockoracle
