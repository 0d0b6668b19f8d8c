// SPDX-License-Identifier: GPL-2.0-only
// A seccomp filter: classic BPF over struct seccomp_data, checked as the kernel checks it and run
// as the kernel runs it. Nothing here is ever loaded.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace sockoracle {

using FilterCode = std::vector<sock_filter>;

// Why the kernel answers EINVAL to a filter.
struct FilterFault {
  size_t index;  // of the instruction; the length where it is the program as a whole
  std::string reason;
};
// net/core/filter.c:bpf_check_classic and kernel/seccomp.c:seccomp_check_filter, v6.1.
std::optional<FilterFault> check_filter(std::span<const sock_filter> code);

// struct seccomp_data as the 32-bit words that a filter may load: nr, arch, the instruction pointer
// (low, high), six arguments (low, high). Of a little endian machine, as all of abis.def are.
struct FilterInput {
  static constexpr size_t kNr = 0, kArch = 1, kIp = 2, kArgs = 4;
  std::array<uint32_t, 16> words{};

  uint64_t argument(size_t index) const {
    return words[kArgs + 2 * index] | uint64_t{words[kArgs + 2 * index + 1]} << 32;
  }
  void set_argument(size_t index, uint64_t value) {
    words[kArgs + 2 * index] = static_cast<uint32_t>(value);
    words[kArgs + 2 * index + 1] = static_cast<uint32_t>(value >> 32);
  }
};
static_assert(sizeof(FilterInput) == sizeof(seccomp_data));

// Where a run stands: at an instruction, with what the registers hold.
struct FilterState {
  uint32_t pc = 0, a = 0, x = 0;
  std::array<uint32_t, BPF_MEMWORDS> memory{};
};

// What a filter answered, and which instruction said so.
struct FilterReturn {
  uint32_t value;  // SECCOMP_RET_*
  uint32_t pc;     // of the return; of the division by zero that ended it
};

// A filter that check_filter passes. What it does before it looks at an argument depends on the
// system call only and is done once: filters are long lists of numbers.
class Filter {
 public:
  explicit Filter(FilterCode code) : code_(std::move(code)) {}

  const FilterCode& code() const { return code_; }
  FilterReturn run(const FilterInput& input) const { return run(FilterState{}, input); }
  FilterReturn run(FilterState state, const FilterInput& input) const;
  // The state before the first load of anything but nr and arch, or before the return.
  FilterState start(uint32_t nr, uint32_t arch) const;

 private:
  FilterCode code_;
};

// One instruction that neither loads from the input, nor jumps, nor returns. False: a division by
// zero, which ends the program with 0 (net/core/filter.c:bpf_convert_filter).
bool step_filter(const sock_filter& instruction, FilterState& state);
// Whether a conditional jump is taken.
inline bool jump_taken(uint16_t code, uint32_t a, uint32_t operand) {
  switch (BPF_OP(code)) {
    case BPF_JEQ: return a == operand;
    case BPF_JGT: return a > operand;
    case BPF_JGE: return a >= operand;
    default: return (a & operand) != 0;  // BPF_JSET
  }
}

}  // namespace sockoracle
