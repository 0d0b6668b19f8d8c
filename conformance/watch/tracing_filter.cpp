// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/watch/tracing_filter.h"

#include <linux/seccomp.h>
#include <sys/prctl.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>

#include "conformance/watch/entry_points.h"

namespace sockoracle {
namespace {

constexpr uint32_t kNumber = offsetof(seccomp_data, nr);
constexpr uint32_t kArch = offsetof(seccomp_data, arch);
constexpr uint32_t kFirst =
    offsetof(seccomp_data, args) + (std::endian::native == std::endian::big ? 4 : 0);

sock_filter load(uint32_t offset) { return {BPF_LD | BPF_W | BPF_ABS, 0, 0, offset}; }
sock_filter answer(uint32_t action) { return {BPF_RET | BPF_K, 0, 0, action}; }
// Otherwise `skipped` instructions are passed over.
sock_filter equal(uint32_t value, uint8_t skipped) {
  return {BPF_JMP | BPF_JEQ | BPF_K, 0, skipped, value};
}

// The accumulator holds the call's number, before and after.
void add_row(std::vector<sock_filter>& out, const EntryPoint& row) {
  if (row.first < 0) {
    out.insert(out.end(), {equal(row.number, 1), answer(SECCOMP_RET_TRACE)});
    return;
  }
  out.insert(out.end(),
             {equal(row.number, 4), load(kFirst), equal(static_cast<uint32_t>(row.first), 1),
              answer(SECCOMP_RET_TRACE), load(kNumber)});
}

}  // namespace

// Only numbers and architectures are compared, but for a few calls: so the kernel can keep the
// answer for all others (kernel/seccomp.c:seccomp_is_const_allow, v5.11).
std::vector<sock_filter> tracing_filter() {
  std::vector<sock_filter> filter{load(kArch)};
  const auto rows = entry_points();
  for (size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
    while (end < rows.size() && rows[end].arch == rows[begin].arch) ++end;
    std::vector<sock_filter> block{load(kNumber)};
    for (size_t i = begin; i < end; ++i) add_row(block, rows[i]);
    block.push_back(answer(SECCOMP_RET_ALLOW));
    filter.push_back(equal(rows[begin].arch, 1));
    filter.push_back({BPF_JMP | BPF_JA, 0, 0, 1});
    filter.push_back({BPF_JMP | BPF_JA, 0, 0, static_cast<uint32_t>(block.size())});
    filter.insert(filter.end(), block.begin(), block.end());
  }
  filter.push_back(answer(SECCOMP_RET_ALLOW));
  return filter;
}

int install_filter(const std::vector<sock_filter>& filter) {
  const sock_fprog program{static_cast<unsigned short>(filter.size()),
                           const_cast<sock_filter*>(filter.data())};
  const auto install = [&] {
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0 ? 0 : errno;
  };
  const int error = install();
  if (error != EACCES) return error;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return errno;
  return install();
}

}  // namespace sockoracle
