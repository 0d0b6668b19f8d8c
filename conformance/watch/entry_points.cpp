// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/watch/entry_points.h"

#include <linux/audit.h>

#include <algorithm>

namespace sockoracle {
namespace {

constexpr EntryPoint kEntryPoints[] = {
#define ENTRY_POINT(arch, number, first, what) {AUDIT_ARCH_##arch, number, first, Watched::what},
#include "conformance/watch/entry_points.def"
};

}  // namespace

std::span<const EntryPoint> entry_points() { return kEntryPoints; }

Watched watched_call(uint32_t arch, uint64_t number, uint64_t first) {
  for (const EntryPoint& row : kEntryPoints) {
    if (row.number != number || row.arch != arch) continue;
    if (row.first < 0 || row.first == static_cast<int64_t>(first & UINT32_MAX)) return row.what;
  }
  return Watched::nothing;
}

bool knows_this_machine() {
#if defined(__x86_64__)
  constexpr uint32_t kHere = AUDIT_ARCH_X86_64;
#elif defined(__i386__)
  constexpr uint32_t kHere = AUDIT_ARCH_I386;
#elif defined(__aarch64__)
  constexpr uint32_t kHere = AUDIT_ARCH_AARCH64;
#else
  constexpr uint32_t kHere = 0;
#endif
  return std::any_of(std::begin(kEntryPoints), std::end(kEntryPoints),
                     [](const EntryPoint& row) { return row.arch == kHere; });
}

}  // namespace sockoracle
