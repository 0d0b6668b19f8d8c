// SPDX-License-Identifier: GPL-2.0-only
// The oracles over cases and programs. Each is a pure function from an answer, or from a kernel
// that can be asked again, to an optional finding; check_case and check_program run them all.
#pragma once

#include <span>

#include "fuzz/oracles/facts.h"
#include "fuzz/oracles/finding.h"
#include "model/explore.h"

namespace sockoracle::fuzz {

// Everything about one call. `thorough` also asks what takes longer than the call itself: a second
// kernel, the folded table, the text.
MaybeFinding check_case(const Case& c, bool thorough);

struct ProgramOptions {
  bool observer = true;  // a tracer looks at sock->sk at every release, and at each failure point
  // Every hazard is a finding, admitted by the release or not: to look for known bugs.
  bool hunting = false;
  std::optional<Hazard> hunted;  // only this one, while hunting
};
MaybeFinding check_program(const Program& program, const ProgramOptions& options);

// Bytes and text round trips.
MaybeFinding check_case_codec(std::span<const uint8_t> bytes);
MaybeFinding check_program_codec(std::span<const uint8_t> bytes);
MaybeFinding check_text(const Program& program);

// -- the single oracles, for tests

MaybeFinding check_precedence(const Case& c, const Facts& facts, const Verdict& verdict);
MaybeFinding check_hazards(const World& world, const Verdict& verdict);
// `before` and `after` of a call that failed, or whose socket was closed again.
MaybeFinding check_balance(const Balance& before, const Balance& after, HazardSet known, Rule rule);
// The verdict where the n-th fallible step fails, against the one where none does.
MaybeFinding check_fault(const World& world, const Facts& facts, const Verdict& clean,
                         const Verdict& faulted);
MaybeFinding check_state(const Kernel& k, const Facts& facts, const Verdict& verdict);
MaybeFinding check_equivalence(const Verdict& by_socket, const Verdict& other, Entry entry);
// What the call's path condition says: every protocol of [low, high] is answered alike.
MaybeFinding check_range(Kernel& k, const Call& call, const Verdict& verdict,
                         const PathCondition& path);
MaybeFinding check_table(std::span<const TableRange> table, const Call& call,
                         const Verdict& verdict);
MaybeFinding check_same(const Verdict& first, const Verdict& second);

}  // namespace sockoracle::fuzz
