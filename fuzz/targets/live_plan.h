// SPDX-License-Identifier: GPL-2.0-only
// What the model says of a live input, and which of its calls may be made on this machine at all.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <vector>

#include "fuzz/generators/live_input.h"
#include "fuzz/oracles/finding.h"
#include "fuzz/targets/live_pool.h"
#include "model/kernel.h"

namespace sockoracle::fuzz {

// One run of the batch; every protocol of it takes the same path.
struct LiveExpectation {
  Call call;  // of its first protocol
  Verdict verdict;
};

// The first difference between what the worker wrote and what is expected, and which protocol it is
// about. `values` holds one entry per answer.
struct LiveDifference {
  Finding finding;
  Call call;
};
std::optional<LiveDifference> compare_batch(const LiveSlot& slot,
                                            const std::vector<LiveExpectation>& expectations,
                                            const std::vector<LiveAnswer>& values,
                                            const std::vector<size_t>& rows);

class LivePlan {
 public:
  LivePlan(const LivePool& pool, std::vector<size_t> rows);

  // Fills the slot's runs; returns how many answers there will be. Left out are calls that would
  // make the kernel run modprobe, packet sockets that would be created (closing one waits for a
  // grace period), and families outside the model.
  int32_t prepare(const LiveContext& context, size_t index, const LiveInput& input);
  const std::vector<LiveExpectation>& expectations() const { return expectations_; }

  // What the options of a socket read that is created by the call, in the slot's form.
  void expect_values(size_t index, const Call& call, LiveAnswer* answer);

 private:
  // Protocols [low, high] take the same path; the world of a context never changes, so that the
  // model is asked once for each.
  struct Piece {
    int64_t low = 0, high = 0;
    Verdict verdict;
    bool left_out = false;
    std::vector<std::optional<LiveAnswer>> values;  // by protocol, once asked for
  };
  using Key = std::tuple<size_t, Entry, int32_t, int32_t>;  // context, entry, family, type

  Kernel& kernel_of(size_t index);
  Piece& piece_of(size_t index, const Call& call);
  Piece ask(size_t index, const Call& call);
  LiveAnswer read_values(size_t index, const Call& call);
  bool is_left_out(const Kernel& k, const Call& call, const Verdict& verdict) const;

  const LivePool& pool_;
  std::vector<size_t> rows_;  // of observables()
  std::vector<std::unique_ptr<Kernel>> kernels_;
  std::map<Key, std::vector<Piece>> pieces_;
  std::vector<LiveExpectation> expectations_;
};

// The observables that are read of every fresh socket, as rows, and as the worker is told.
std::vector<size_t> live_rows();
std::vector<LiveOption> live_options(const std::vector<size_t>& rows);

}  // namespace sockoracle::fuzz
