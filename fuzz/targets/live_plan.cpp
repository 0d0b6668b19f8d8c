// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/targets/live_plan.h"

#include <algorithm>

#include "model/observables.h"
#include "model/symbols.h"

namespace sockoracle::fuzz {
namespace {

// Options that tell sockets apart, cheap to read, each a plain int.
constexpr std::string_view kOptions[] = {"SO_TYPE",   "SO_PROTOCOL", "SO_DOMAIN",
                                         "SO_RCVBUF", "IP_TTL",      "IP_MTU_DISCOVER"};

bool asks_for_module(const Kernel& k) {
  for (const Step& step : k.trace())
    if (step.kind == StepKind::request_module) return true;
  return false;
}

LiveDifference differ(const LiveExpectation& e, int64_t protocol, Oracle oracle,
                      std::string_view what, std::pair<int64_t, int64_t> expected_got) {
  LiveDifference difference{{}, e.call};
  difference.call.protocol = static_cast<int32_t>(protocol);
  difference.finding.oracle = oracle;
  difference.finding.rule = e.verdict.rule;
  difference.finding.what = what;
  difference.finding.expected = expected_got.first;
  difference.finding.got = expected_got.second;
  return difference;
}

}  // namespace

std::optional<LiveDifference> compare_batch(const LiveSlot& slot,
                                            const std::vector<LiveExpectation>& expectations,
                                            const std::vector<LiveAnswer>& values,
                                            const std::vector<size_t>& rows) {
  size_t at = 0;
  for (size_t r = 0; r < expectations.size(); ++r) {
    const LiveExpectation& e = expectations[r];
    for (int64_t n = 0; n < slot.runs[r].count; ++n, ++at) {
      const int64_t protocol = e.call.protocol + n;
      const LiveAnswer& got = slot.answers[at];
      if (got.error != e.verdict.error)
        return differ(e, protocol, Oracle::live, "errno", {e.verdict.error, got.error});
      for (size_t i = 0; e.verdict.error == 0 && i < rows.size(); ++i)
        if (got.values[i] != values[at].values[i])
          return differ(e, protocol, Oracle::live_state, observables()[rows[i]].name,
                        {values[at].values[i], got.values[i]});
    }
  }
  return {};
}

std::vector<size_t> live_rows() {
  std::vector<size_t> rows;
  for (const std::string_view name : kOptions)
    if (const int row = find_observable(name); row >= 0) rows.push_back(static_cast<size_t>(row));
  return rows;
}

std::vector<LiveOption> live_options(const std::vector<size_t>& rows) {
  std::vector<LiveOption> options;
  for (const size_t row : rows)
    options.push_back({observables()[row].level, observables()[row].option});
  return options;
}

LivePlan::LivePlan(const LivePool& pool, std::vector<size_t> rows)
    : pool_(pool), rows_(std::move(rows)), kernels_(pool.contexts.size()) {}

Kernel& LivePlan::kernel_of(size_t index) {
  std::unique_ptr<Kernel>& k = kernels_[index];
  if (k == nullptr || k->changed()) k = std::make_unique<Kernel>(pool_.contexts[index].world);
  return *k;
}

bool LivePlan::is_left_out(const Kernel& k, const Call& call, const Verdict& v) const {
  if (v.rule == Rule::family_not_modelled) return true;
  const bool packet = call.family == kAF_PACKET ||
                      (call.family == kAF_INET && (call.type & kSOCK_TYPE_MASK) == kSOCK_PACKET);
  if (packet && v.rule > Rule::packet_type) return true;
  return pool_.can_autoload && asks_for_module(k);
}

LivePlan::Piece LivePlan::ask(size_t index, const Call& call) {
  Kernel& k = kernel_of(index);
  PathCondition path;
  const Verdict verdict = [&] {
    const CallScope scope(k, {.path = &path});
    return k.call(call);
  }();
  Piece piece{path.low, path.high, verdict, is_left_out(k, call, verdict), {}};
  if (verdict.fd >= 0) k.close(verdict.fd);
  constexpr int64_t kRemembered = 4096;
  if (verdict.error == 0 && path.high - path.low < kRemembered)
    piece.values.resize(static_cast<size_t>(path.high - path.low + 1));
  return piece;
}

LivePlan::Piece& LivePlan::piece_of(size_t index, const Call& call) {
  constexpr size_t kTypesMax = 20000;
  if (pieces_.size() > kTypesMax) pieces_.clear();
  std::vector<Piece>& pieces = pieces_[{index, call.entry, call.family, call.type}];
  for (Piece& piece : pieces)
    if (call.protocol >= piece.low && call.protocol <= piece.high) return piece;
  pieces.push_back(ask(index, call));
  return pieces.back();
}

int32_t LivePlan::prepare(const LiveContext& context, size_t index, const LiveInput& input) {
  LiveSlot& slot = *context.slot;
  slot.run_count = 0;
  expectations_.clear();
  int32_t answers = 0;
  for (const LiveCall& c : input.calls) {
    const int64_t last = std::min<int64_t>(int64_t{c.protocol} + c.more, INT32_MAX);
    for (int64_t at = c.protocol; at <= last;) {
      if (slot.run_count == live_runs_max || answers == live_answers_max) return answers;
      const Call call{c.pair ? Entry::socketpair : Entry::socket, c.family, c.type,
                      static_cast<int32_t>(at)};
      const Piece& piece = piece_of(index, call);
      const int64_t end = std::min(piece.high, last);
      const int64_t count = std::min<int64_t>(end - at + 1, live_answers_max - answers);
      if (!piece.left_out) {
        slot.runs[slot.run_count++] = {c.pair ? 1 : 0, c.family, c.type, call.protocol,
                                       static_cast<int32_t>(count)};
        expectations_.push_back({call, piece.verdict});
        answers += static_cast<int32_t>(count);
      }
      at = end + 1;
    }
  }
  return answers;
}

LiveAnswer LivePlan::read_values(size_t index, const Call& call) {
  Kernel& k = kernel_of(index);
  const Verdict verdict = k.call(call);
  const struct socket* sock = k.lookup(verdict.fd);
  LiveAnswer answer{};
  for (size_t i = 0; sock != nullptr && i < rows_.size(); ++i) {
    const Value value = observables()[rows_[i]].expect(k, *sock);
    answer.values[i] =
        value.kind == Value::Kind::error ? -value.error : static_cast<int32_t>(value.v[0]);
  }
  if (verdict.fd >= 0) k.close(verdict.fd);
  return answer;
}

void LivePlan::expect_values(size_t index, const Call& call, LiveAnswer* answer) {
  Piece& piece = piece_of(index, call);
  if (piece.values.empty()) {
    *answer = read_values(index, call);
    return;
  }
  std::optional<LiveAnswer>& known = piece.values[static_cast<size_t>(call.protocol - piece.low)];
  if (!known) known = read_values(index, call);
  *answer = *known;
}

}  // namespace sockoracle::fuzz
