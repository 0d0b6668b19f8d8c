// SPDX-License-Identifier: GPL-2.0-only
// The model asked over ranges of protocols, in the form in which subjects answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "conformance/answers.h"
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

class ModelAsker {
 public:
  explicit ModelAsker(const World& world);
  ~ModelAsker();

  const World& world() const { return world_; }
  // The piece around `protocol`; valid until the next question.
  const Piece& piece(int32_t family, int32_t type, int32_t protocol);
  // What each observable reads, as the probe writes it; indexed as observables() is. An empty text:
  // no observable of this release or kind of socket. Only for calls that create a socket.
  const std::vector<std::string>& state(int32_t family, int32_t type, int32_t protocol);

 private:
  World world_;
  std::unique_ptr<Kernel> kernel_;
  Piece piece_;
  int32_t piece_family_ = 0, piece_type_ = 0;
  bool have_piece_ = false;
  Call state_call_;
  bool have_state_ = false;
  std::vector<std::string> state_;
};

// Is it something the probe reads? Fields of kernel objects need BTF.
inline bool probe_reads(const Observable& row) { return row.reading != Reading::field; }

// The text of a value as the probe writes it for a call with that protocol.
std::string probe_text(const Observable& row, const Value& value, int32_t protocol);

}  // namespace sockoracle
