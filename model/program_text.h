// SPDX-License-Identifier: GPL-2.0-only
// Programs as text, one statement a line, calls in strace's notation:
//
//     # CVE-2015-8543: the protocol is cut to 16 bits
//     world release=3.12 as=root
//     s0 = socket(AF_INET, SOCK_RAW, 65536) = 0
//     connect(s0)
//     expect hazard null_get_port
//
// print_program's text, read again, is the same program. The grammar is in model/README.md.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "model/program.h"

namespace sockoracle {

// What a text demands of the run: a statement's `= -1 EPERM`, an `expect` line.
struct Expectation {
  size_t operation = 0;  // index of the operation it speaks of; hazards: of the whole program
  int32_t error = -1;    // positive errno, 0 = success, -1 = nothing said
  Rule rule = Rule::created;
  bool has_rule = false;
  HazardSet hazards;       // the hazards the whole program must show (an `expect hazard` line)
  bool no_hazard = false;  // `expect clean`: none at all
};

struct ProgramError {
  size_t line = 0;          // 1-based
  std::string_view reason;  // static: what is accepted there
};

bool parse_program(std::string_view text, Program* out, std::vector<Expectation>* expectations,
                   ProgramError* error);
// Returns the full length; writes what fits.
size_t print_program(const Program& program, std::span<char> out);
// The `world ...` lines alone.
size_t print_world(const World& world, std::span<char> out);

}  // namespace sockoracle
