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
#include "finding_list.h"  // written by CMake from fuzz/oracles/oracles.def and model/hazards.def

static const Stop* const kOracleStops[] = {
#define ORACLE(id, ...) kStops##id##__all,
#include "fuzz/oracles/oracles.def"
};
static const Stop* const kHazardStops[] = {
#define HAZARD(id, sentence) kStops##id##__all,
#include "model/hazards.def"
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

static void put_number(int64_t number) {
  std::fprintf(stderr, "%lld", static_cast<long long>(number));
}

static void put_quoted(std::string_view text) {
  put("\"");
  for (const char c : text) {
    if (c == '"' || c == '\\') std::fprintf(stderr, "\\%c", c);
    else if (static_cast<unsigned char>(c) < ' ')
      std::fprintf(stderr, "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    else std::fputc(c, stderr);
  }
  put("\"");
}

static void put_member(std::string_view key, std::string_view value) {
  put(",\"");
  put(key);
  put("\":");
  put_quoted(value);
}

static void put_member(std::string_view key, int64_t value) {
  put(",\"");
  put(key);
  put("\":");
  put_number(value);
}

// The call that the finding speaks of, as the system call's words.
static void put_call(const Finding& f, const Program& program) {
  for (size_t i = 0; i < program.operations.size(); ++i) {
    const Operation& o = program.operations[i];
    if (o.op != Op::create || (f.operation != SIZE_MAX && f.operation != i)) continue;
    put(",\"call\":{\"entry\":");
    put_quoted(entry_name(o.call.entry));
    put_member("family", o.call.family);
    put_member("type", o.call.type);
    put_member("protocol", o.call.protocol);
    put("}");
    return;
  }
}

void describe(const Finding& f, const Program& program) {
  std::vector<char> text(print_program(program, {}));
  print_program(program, text);
  const std::string_view question =
      f.hazard ? hazard_sentence(*f.hazard) : oracle_question(f.oracle);
  put("finding ");
  put(finding_name(f));
  put(", rule ");
  put(row(f.rule).name);
  put(": ");
  put(f.what);
  put(": expected ");
  put_number(f.expected);
  put(", got ");
  put_number(f.got);
  put("\n{\"finding\":");
  put_quoted(finding_name(f));
  put_member("rule", row(f.rule).name);
  put_member("question", question);
  put_member("what", f.what);
  put_member("expected", f.expected);
  put_member("got", f.got);
  if (f.operation != SIZE_MAX) put_member("operation", static_cast<int64_t>(f.operation));
  if (!f.context.empty()) put_member("context", f.context);
  put_call(f, program);
  put_member("program", std::string_view(text.data(), text.size()));
  put("}\n");
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

#define RULE(id, ...)                                                             \
  SOCKORACLE_NOINLINE static void during__##id(void (*f)(void*), void* context) { \
    f(context);                                                                   \
    after_call = static_cast<int>(Rule::id);                                      \
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
