// SPDX-License-Identifier: GPL-2.0-only
// The model asked over ranges of protocols, in the form in which subjects answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conformance/plan/answers.h"
#include "model/kernel.h"
#include "model/observables.h"

namespace sockoracle {

// All protocols of [low, high] take the same path.
struct Piece {
  int32_t low = 0, high = 0;
  int32_t error = 0;
  Rule rule{};
  bool requests_module = false;
};

// All protocols of [low, high] show this.
struct ShownState {
  int32_t low = 0, high = 0;
  // What each observable reads, as the probe writes it; indexed as observables() is. Empty: no
  // observable of this release or kind of socket.
  std::vector<std::string> texts;
};

class ModelAsker {
 public:
  explicit ModelAsker(const World& world);
  ~ModelAsker();

  const World& world() const { return world_; }
  // The piece around `protocol`; valid until the next question.
  const Piece& piece(int32_t family, int32_t type, int32_t protocol);
  // What a socket shows, for all the protocols around `protocol` that show the same. Valid until
  // the next question. Only for calls that create a socket.
  const ShownState& state(int32_t family, int32_t type, int32_t protocol);

 private:
  World world_;
  std::unique_ptr<Kernel> kernel_;
  Piece piece_;
  int32_t piece_family_ = 0, piece_type_ = 0;
  bool have_piece_ = false;
  int32_t state_family_ = 0, state_type_ = 0;
  bool have_state_ = false;
  ShownState state_;
};

// Is it something the probe reads? Fields of kernel objects need BTF.
inline bool probe_reads(const Observable& row) { return row.reading != Reading::field; }

// The text of a value as the probe writes it for a call with same.protocol, narrowing `same` to
// the protocols for which it writes the same.
std::string probe_text(const Observable& row, const Value& value, SameView& same);

}  // namespace sockoracle
