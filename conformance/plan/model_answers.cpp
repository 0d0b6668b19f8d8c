// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/plan/model_answers.h"

#include <algorithm>
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

// The word that the probe puts in a number's place so that runs of protocols fold; empty: none.
std::string_view protocol_word(int64_t number, int32_t protocol) {
  if (number == protocol) return "$protocol";
  return number == (protocol & 0xffff) ? "$protocol16" : "";
}

// `bits` low bits of the protocol, written as a word: which others are written with the same one?
void narrow_to_word(uint8_t bits, SameView& same) {
  const int64_t end = int64_t{1} << bits;
  if (same.protocol >= 0 && same.protocol < end) return same.within(0, end - 1);  // $protocol
  if (bits == 16) {  // $protocol16, above and below
    return same.protocol < 0 ? same.within(INT32_MIN, -1) : same.within(end, INT32_MAX);
  }
  const int64_t block = same.protocol & ~int64_t{0xff};
  same.within(block, block + 0xff);
}

std::string symbolic_text(int64_t number, uint8_t bits, SameView& same) {
  const std::string_view word = protocol_word(number, same.protocol);
  if (bits != 0) {
    word.empty() ? same.within(same.protocol, same.protocol) : narrow_to_word(bits, same);
  } else if (number == (number & 0xffff)) {
    same.compared(16, number);  // protocols that happen to be, or to end in, this number
  } else {
    same.compared(32, number & UINT32_MAX);
  }
  return word.empty() ? std::to_string(number) : std::string(word);
}

}  // namespace

std::string probe_text(const Observable& row, const Value& value, SameView& same) {
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
  if (!row.symbolic && value.protocol_bits != 0) same.within(same.protocol, same.protocol);
  if (!row.symbolic) return text_of(value);
  if (value.kind == Value::Kind::number) {
    return symbolic_text(value.v[0], value.protocol_bits, same);
  }
  if (value.kind != Value::Kind::list || value.count == 0) return text_of(value);
  // An address: the port, its last number, is what may equal the protocol.
  const size_t last = value.count - size_t{1};
  return text_of(Value::list(std::span(value.v).first(last))) + "," +
         symbolic_text(value.v[last], value.protocol_bits, same);
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
  const CallScope scope(*kernel_, {.path = &path});
  const Verdict verdict =
      kernel_->call({.entry = Entry::socket, .family = family, .type = type, .protocol = protocol});
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

const ShownState& ModelAsker::state(int32_t family, int32_t type, int32_t protocol) {
  if (have_state_ && family == state_family_ && type == state_type_ && state_.low <= protocol &&
      protocol <= state_.high) {
    return state_;
  }
  if (!kernel_ || kernel_->changed()) kernel_ = std::make_unique<Kernel>(world_);
  const auto rows = observables();
  state_.texts.assign(rows.size(), {});
  PathCondition path;
  SameView same{.protocol = protocol};
  const CallScope scope(*kernel_, {.path = &path, .same = &same});
  const Verdict verdict =
      kernel_->call({.entry = Entry::socket, .family = family, .type = type, .protocol = protocol});
  const socket* sock = verdict.fd >= 0 ? kernel_->lookup(verdict.fd) : nullptr;
  for (size_t i = 0; sock != nullptr && i < rows.size(); ++i) {
    if (probe_reads(rows[i])) {
      state_.texts[i] = probe_text(rows[i], rows[i].expect(*kernel_, *sock), same);
    }
  }
  if (verdict.fd >= 0) kernel_->close(verdict.fd);
  state_.low = static_cast<int32_t>(std::max(path.low, same.low));
  state_.high = static_cast<int32_t>(std::min(path.high, same.high));
  state_family_ = family;
  state_type_ = type;
  have_state_ = true;
  return state_;
}

}  // namespace sockoracle
