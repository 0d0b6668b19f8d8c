// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/descriptors_left.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <string_view>

#include "conformance/base/scan.h"

namespace sockoracle {
namespace {

constexpr rlim_t kLooked = 2048;  // so many numbers of descriptors are looked at
constexpr rlim_t kRoom = 8;       // what reading a file here needs, with some to spare

rlim_t left_below(rlim_t limit) {
  const rlim_t looked = std::min(limit, kLooked);
  rlim_t left = limit - looked;
  for (rlim_t fd = 0; fd < looked; ++fd)
    if (fcntl(static_cast<int>(fd), F_GETFD) < 0) ++left;
  return left;
}

// "Max open files            1024                 524288               files"
std::optional<uint64_t> soft_limit(std::string_view limits) {
  constexpr std::string_view kName = "Max open files";
  const size_t at = limits.find(kName);
  if (at == std::string_view::npos) return std::nullopt;
  limits.remove_prefix(at + kName.size());
  limits.remove_prefix(std::min(limits.find_first_not_of(' '), limits.size()));
  const std::string_view word = limits.substr(0, limits.find(' '));
  return word == "unlimited" ? UINT64_MAX : whole_number<uint64_t>(word);
}

// How many open files have a number below the limit; nothing where the folder may not be read.
std::optional<uint64_t> used_below(const ProcFolder& folder, uint64_t limit) {
  OpenFile opened = folder.file("fd", O_DIRECTORY);
  DIR* const directory = opened.is_open() ? fdopendir(opened.get()) : nullptr;
  if (directory == nullptr) return std::nullopt;
  opened.release();  // it is the directory's now
  uint64_t used = 0;
  while (const dirent* entry = readdir(directory)) {
    const auto number = whole_number<uint64_t>(entry->d_name);
    if (number && *number < limit) ++used;
  }
  closedir(directory);
  return used;
}

}  // namespace

uint64_t own_descriptors_left() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return left_below(limit.rlim_cur);
}

std::optional<uint64_t> descriptors_left_of(const ProcFolder& folder) {
  const auto limit = soft_limit(folder.text("limits").value_or(""));
  if (!limit) return std::nullopt;
  const std::optional<uint64_t> open_files = folder.size("fd");
  if (open_files && *limit > *open_files && *limit - *open_files >= kPlentyOfDescriptors)
    return *limit - *open_files;
  const std::optional<uint64_t> used = used_below(folder, *limit);
  if (used) return *limit - std::min(*limit, *used);
  // Who may not list the folder may see its size: files beyond a lowered limit are counted then.
  if (open_files) return *limit - std::min(*limit, *open_files);
  return std::nullopt;
}

DescriptorRoom::DescriptorRoom() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || left_below(limit.rlim_cur) >= kRoom) return;
  soft_ = limit.rlim_cur;
  limit.rlim_cur = std::min(limit.rlim_max, soft_ + kRoom + kRoom);
  raised_ = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

DescriptorRoom::~DescriptorRoom() {
  rlimit limit{};
  if (!raised_ || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = soft_;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace sockoracle
