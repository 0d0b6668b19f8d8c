// SPDX-License-Identifier: GPL-2.0-only
// How many more files a process may open, as far as a call can feel it (RLIMIT_NOFILE).
#pragma once

#include <cstdint>
#include <optional>

#include "conformance/process/proc_folder.h"

namespace sockoracle {

// So many that no call can feel it.
inline constexpr uint64_t kPlentyOfDescriptors = 1000;

uint64_t own_descriptors_left();
// Of another process; nothing where that may not be read.
std::optional<uint64_t> descriptors_left_of(const ProcFolder& folder);

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
