// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/model_answers.h"

#include <span>

#include "model/value.h"

namespace sockoracle {
namespace {

std::string text_of(const Value& value) {
  char room[kValueTextMax];
  const size_t length = value_text(value, room);
  if (length <= sizeof room) return std::string(room, length);
  std::string text(length, '\0');
  value_text(value, text);
  return text;
}

// The number, or the word that the probe puts in its place so that runs of protocols fold.
std::string symbolic_text(int64_t number, int32_t protocol) {
  if (number == protocol) return "$protocol";
  if (number == (protocol & 0xffff)) return "$protocol16";
  return std::to_string(number);
}

}  // namespace

std::string probe_text(const Observable& row, const Value& value, int32_t protocol) {
  if (value.kind == Value::Kind::none) return {};
  if (row.reading == Reading::fstat && row.argument == "mode" &&
      value.kind == Value::Kind::number) {
    char room[24];
    size_t at = sizeof room;
    for (auto rest = static_cast<uint64_t>(value.v[0]); rest != 0; rest /= 8) {
      room[--at] = static_cast<char>('0' + rest % 8);
    }
    return "0" + std::string(room + at, sizeof room - at);
  }
  if (!row.symbolic) return text_of(value);
  if (value.kind == Value::Kind::number) return symbolic_text(value.v[0], protocol);
  if (value.kind != Value::Kind::list || value.count == 0) return text_of(value);
  // An address: the port, its last number, is what may equal the protocol.
  const size_t last = value.count - size_t{1};
  return text_of(Value::list(std::span(value.v).first(last))) + "," +
         symbolic_text(value.v[last], protocol);
}

ModelAsker::ModelAsker(const World& world) : world_(world) {}
ModelAsker::~ModelAsker() = default;

const Piece& ModelAsker::piece(int32_t family, int32_t type, int32_t protocol) {
  if (have_piece_ && family == piece_family_ && type == piece_type_ && piece_.low <= protocol &&
      protocol <= piece_.high) {
    return piece_;
  }
  // A call that loaded a module answers later ones differently; each is asked in the world as it
  // was.
  if (!kernel_ || kernel_->changed()) kernel_ = std::make_unique<Kernel>(world_);
  PathCondition path;
  kernel_->path = &path;
  const Verdict verdict =
      kernel_->call({.entry = Entry::socket, .family = family, .type = type, .protocol = protocol});
  kernel_->path = nullptr;
  if (verdict.error == 0 && verdict.fd >= 0) kernel_->close(verdict.fd);
  piece_ = {.low = static_cast<int32_t>(path.low),
            .high = static_cast<int32_t>(path.high),
            .error = verdict.error,
            .rule = verdict.rule};
  for (const Step& step : kernel_->trace()) {
    if (step.kind == StepKind::request_module) piece_.requests_module = true;
  }
  piece_family_ = family;
  piece_type_ = type;
  have_piece_ = true;
  return piece_;
}

const std::vector<std::string>& ModelAsker::state(int32_t family, int32_t type, int32_t protocol) {
  const Call call{.entry = Entry::socket, .family = family, .type = type, .protocol = protocol};
  if (have_state_ && call == state_call_) return state_;
  if (!kernel_ || kernel_->changed()) kernel_ = std::make_unique<Kernel>(world_);
  const auto rows = observables();
  state_.assign(rows.size(), {});
  const Verdict verdict = kernel_->call(call);
  const socket* sock = verdict.fd >= 0 ? kernel_->lookup(verdict.fd) : nullptr;
  for (size_t i = 0; sock != nullptr && i < rows.size(); ++i) {
    if (probe_reads(rows[i])) {
      state_[i] = probe_text(rows[i], rows[i].expect(*kernel_, *sock), protocol);
    }
  }
  if (verdict.fd >= 0) kernel_->close(verdict.fd);
  state_call_ = call;
  have_state_ = true;
  return state_;
}

}  // namespace sockoracle
