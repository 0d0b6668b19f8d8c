// SPDX-License-Identifier: GPL-2.0-only
// What a target's input means, in words; and how long it may be.
//   describe limit KIND         the longest input: the engines' max_len
//   describe text TARGET FILE   the input as a text program, as its target settles it
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/bugs.h"
#include "fuzz/finding.h"
#include "fuzz/live_input.h"
#include "fuzz/settings.h"
#include "model/codec.h"
#include "model/program_text.h"
#include "model/strace.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

int refuse(const char* about) {
  std::fprintf(stderr, "%s: accepted: limit case|program|live|text, or text TARGET FILE\n", about);
  return 64;
}

void print(const Program& program) {
  std::vector<char> text(print_program(program, {}));
  print_program(program, text);
  std::fwrite(text.data(), 1, text.size(), stdout);
}

void print(const LiveInput& input) {
  std::printf("# context %u of those that could be staged\n", unsigned{input.context});
  for (const LiveCall& call : input.calls) {
    char text[kCallTextMax];
    const Call c{call.pair ? Entry::socketpair : Entry::socket, call.family, call.type,
                 call.protocol};
    const size_t length = print_call(c, text);
    std::printf("# %.*s and the %u protocols behind it\n", static_cast<int>(length), text,
                unsigned{call.more});
  }
}

int limit(const char* kind) {
  if (std::strcmp(kind, "case") == 0) std::printf("%zu\n", case_bytes_max());
  else if (std::strcmp(kind, "program") == 0) std::printf("%zu\n", program_bytes_max());
  else if (std::strcmp(kind, "live") == 0) std::printf("%zu\n", kLiveBytesMax);
  else if (std::strcmp(kind, "text") == 0) std::printf("%d\n", 4096);
  else return refuse(kind);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::strcmp(argv[1], "limit") == 0) return limit(argv[2]);
  if (argc != 4 || std::strcmp(argv[1], "text") != 0) return refuse("describe");
  std::ifstream file(argv[3], std::ios::binary);
  if (!file) return refuse(argv[3]);
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string_view target = argv[2];
  if (target == "create_fuzzer") {
    Case c = decode_case(bytes);
    settle(c.world);
    print(program_of(c));
  } else if (target == "program_fuzzer") {
    Program program = decode_program(bytes);
    settle(program.world);
    make_possible(program);
    if (!hunt().on) repair(program.world);
    print(program);
  } else if (target == "live_fuzzer") {
    print(decode_live(bytes));
  } else {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  }
  return 0;
}
