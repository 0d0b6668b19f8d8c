// SPDX-License-Identifier: GPL-2.0-only
// What an oracle found, and how it is reported: in words on stderr, then by an abort whose stack
// names oracle (or hazard) and rule.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "model/program.h"

namespace sockoracle::fuzz {

enum class Oracle : uint8_t {
#define ORACLE(id, ...) id,
#include "fuzz/oracles/oracles.def"
};
std::string_view oracle_name(Oracle oracle);
std::string_view oracle_question(Oracle oracle);

struct Finding {
  Oracle oracle{};
  Rule rule = Rule::created;
  std::string_view what;  // of static life time
  int64_t expected = 0, got = 0;
  std::optional<Hazard> hazard;  // then the hazard's name stands in the oracle's place
  size_t operation = SIZE_MAX;   // of the program
  std::string_view context{};    // whose real kernel answered; empty = the model alone
};
using MaybeFinding = std::optional<Finding>;

// "dangling_sock_sk", "balance" ...
std::string_view finding_name(const Finding& finding);

// Writes the finding to stderr: a line for people, and one JSON object on a line of its own, which
// campaign/findings.py reads.
void describe(const Finding& finding, const Program& program);

// describe(), then aborts inside finding__<oracle>__<rule>().
[[noreturn]] void report(const Finding& finding, const Program& program);
[[noreturn]] void report(const Finding& finding, const Case& c);

// Runs f inside a frame named during__<rule>: what a sanitizer reports in it keeps the rule's name.
void during(Rule rule, void (*f)(void* context), void* context);

// A program of one create.
Program program_of(const Case& c);

}  // namespace sockoracle::fuzz
