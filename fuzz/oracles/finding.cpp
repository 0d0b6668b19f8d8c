// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/oracles/finding.h"

#include <cstdio>
#include <cstdlib>
#include <vector>

#include "model/program_text.h"

// One frame per function on the stack: not inlined, not merged, not a tail call.
#if defined(__clang__)
#define SOCKORACLE_NOINLINE __attribute__((noinline))
#else
#define SOCKORACLE_NOINLINE __attribute__((noinline, noclone))
#endif

namespace sockoracle::fuzz {

[[noreturn]] static void stop() { std::abort(); }

using Stop = void (*)();

// Findings of an oracle, then those that are hazards. Not in an unnamed namespace: the stack should
// read finding__balance__ping_group and nothing more.
#include "finding_list.h"  // written by CMake from fuzz/oracles/oracles.def and model/verdict.h

static const Stop* const kOracleStops[] = {
#define ORACLE(id, ...) kStops##id##__all,
#include "fuzz/oracles/oracles.def"
};
static const Stop* const kHazardStops[] = {
#define X(id, sentence) kStops##id##__all,
    SOCKORACLE_HAZARDS(X)
#undef X
};

struct OracleRow {
  std::string_view name, question;
};

static constexpr OracleRow kOracles[] = {
#define ORACLE(id, question) {#id, question},
#include "fuzz/oracles/oracles.def"
};

std::string_view oracle_name(Oracle oracle) { return kOracles[static_cast<size_t>(oracle)].name; }

std::string_view oracle_question(Oracle oracle) {
  return kOracles[static_cast<size_t>(oracle)].question;
}

std::string_view finding_name(const Finding& f) {
  return f.hazard ? hazard_name(*f.hazard) : oracle_name(f.oracle);
}

static void put(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); }

void describe(const Finding& f, const Program& program) {
  std::vector<char> text(print_program(program, {}));
  print_program(program, text);
  put("== finding ");
  put(finding_name(f));
  put(" rule ");
  put(row(f.rule).name);
  put("\n== ");
  put(f.hazard ? hazard_sentence(*f.hazard) : oracle_question(f.oracle));
  put("\n== ");
  put(f.what);
  std::fprintf(stderr, ": expected %lld, got %lld", static_cast<long long>(f.expected),
               static_cast<long long>(f.got));
  if (f.operation != SIZE_MAX) std::fprintf(stderr, ", at operation %zu", f.operation + 1);
  for (const Operation& o : program.operations) {
    if (o.op != Op::create) continue;
    std::fprintf(stderr, "\n== numbers %d %d %d %d", static_cast<int>(o.call.entry), o.call.family,
                 o.call.type, o.call.protocol);
    break;
  }
  put("\n== program\n");
  put({text.data(), text.size()});
  put("== end\n");
  std::fflush(stderr);
}

void report(const Finding& f, const Program& program) {
  describe(f, program);
  const auto rule = static_cast<size_t>(f.rule);
  if (f.hazard) kHazardStops[static_cast<size_t>(*f.hazard)][rule]();
  kOracleStops[static_cast<size_t>(f.oracle)][rule]();
  std::abort();  // not reached
}

void report(const Finding& f, const Case& c) { report(f, program_of(c)); }

Program program_of(const Case& c) {
  Operation create;
  create.op = Op::create;
  create.call = c.call;
  Program program;
  program.world = c.world;
  program.operations.push_back(create);
  return program;
}

// The call after f keeps the frame: without it f would be a tail call.
static volatile int after_call;

using During = void (*)(void (*f)(void*), void* context);

#define RULE(id, ...)                                                              \
  SOCKORACLE_NOINLINE static void during__##id(void (*f)(void*), void* context) { \
    f(context);                                                                    \
    after_call = static_cast<int>(Rule::id);                                       \
  }
#include "model/rules.def"

static constexpr During kDuring[] = {
#define RULE(id, ...) during__##id,
#include "model/rules.def"
};

void during(Rule rule, void (*f)(void*), void* context) {
  kDuring[static_cast<size_t>(rule)](f, context);
}

}  // namespace sockoracle::fuzz
