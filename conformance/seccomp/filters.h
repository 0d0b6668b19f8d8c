// SPDX-License-Identifier: GPL-2.0-only
// The filters of a caller, in the order in which they were loaded, as a world's CallFilter.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "conformance/seccomp/profile.h"
#include "conformance/world/call_filter.h"

namespace sockoracle {

// One call as one filter sees it, and what that filter answers.
struct FilteredCall {
  EntryNumber number;
  FilterInput input;
  FilterReturn answer;
};

// Where a filter comes from: who can say more about its answers than the instruction.
class FilterOrigin {
 public:
  FilterOrigin() = default;
  virtual ~FilterOrigin() = default;
  FilterOrigin(const FilterOrigin&) = delete;
  FilterOrigin& operator=(const FilterOrigin&) = delete;

  virtual std::vector<std::string> reasons(const FilteredCall& call, Release release) const = 0;
  // Changes after each of which this filter lets the call through; each was tried.
  virtual std::vector<std::string> changes(const FilteredCall& call, Release release) const = 0;
};

struct FilterLayer {
  Filter filter;
  std::unique_ptr<FilterOrigin> origin;
};

// A profile that was compiled, and one that was dumped from somewhere.
FilterLayer profile_layer(SeccompProfile profile, const ProfileTarget& target);
// `code` is checked here. Throws UsageError where the kernel would refuse it.
FilterLayer raw_layer(FilterCode code, const std::string& name);

class LoadedFilters : public CallFilter {
 public:
  // Throws UsageError where the kernel would not take so many.
  LoadedFilters(std::vector<FilterLayer> layers, const AbiRow& abi, Release release);

  int32_t answer(const Call& call, const UpperHalves& upper) const override;
  std::vector<std::string> reasons(const Call& call, const UpperHalves& upper) const override;
  std::vector<std::string> changes(const Call& call) const override;
  std::vector<FilteredClass> classes(Entry entry, int32_t family) const override;

  const std::vector<FilterLayer>& layers() const { return layers_; }

 private:
  struct EntryState {
    EntryNumber number;
    std::vector<FilterState> starts;  // one for each layer
  };
  const EntryState& state_of(Entry entry) const { return states_[static_cast<size_t>(entry)]; }
  // The layer whose answer counts: none where all allow.
  const FilterLayer* deciding(const EntryState& state, const FilterInput& input,
                              FilterReturn* answer) const;

  std::vector<FilterLayer> layers_;
  std::array<EntryState, 4> states_;
  Release release_;
  bool full_mask_;
};

}  // namespace sockoracle
