// SPDX-License-Identifier: GPL-2.0-only
// Who stands before the kernel and answers calls by itself: seccomp filters. What they are is read
// elsewhere (conformance/seccomp/); a world only knows that it has one.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "model/case.h"

namespace sockoracle {

// The type words that agree with `value` in the bits of `mask`.
struct TypeWords {
  uint32_t mask, value;
  bool has(uint32_t word) const { return (word & mask) == value; }
  uint64_t count() const { return uint64_t{1} << (32 - __builtin_popcount(mask)); }
};

// Protocols that the filter answers alike; `answer` as Policies::seccomp_filter has it: 0 lets the
// call through, -1 kills the caller, else it is the errno.
struct FilteredRange {
  int32_t low, high, answer;
  friend bool operator==(const FilteredRange&, const FilteredRange&) = default;
};

// Type words whose protocols are all answered alike.
struct FilteredClass {
  std::vector<TypeWords> words;
  std::vector<FilteredRange> protocols;  // ascending, without a gap
};

// Of family, type and protocol: what a 64-bit register holds above the int. The kernel does not
// look at it, filters do; compilers leave it 0.
using UpperHalves = std::array<uint32_t, 3>;

class CallFilter {
 public:
  CallFilter() = default;
  virtual ~CallFilter() = default;
  CallFilter(const CallFilter&) = delete;
  CallFilter& operator=(const CallFilter&) = delete;

  // For Policies::seccomp_filter. Cheap: it is asked for each call.
  virtual int32_t answer(const Call& call, const UpperHalves& upper = {}) const = 0;
  // Which filter and which of its rules decides, a sentence for each line of an explanation.
  virtual std::vector<std::string> reasons(const Call& call,
                                           const UpperHalves& upper = {}) const = 0;
  // The smallest changes after which it lets a refused call through, in words.
  virtual std::vector<std::string> changes(const Call& call) const = 0;
  // All 2^32 type words, each in one class. Throws UsageError where they cannot be folded.
  virtual std::vector<FilteredClass> classes(Entry entry, int32_t family) const = 0;
};

}  // namespace sockoracle
