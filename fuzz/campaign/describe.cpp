// SPDX-License-Identifier: GPL-2.0-only
// What a target's input means, in words; and how long it may be.
//   describe limit KIND         the longest input: the engines' max_len
//   describe text TARGET FILE   the input as a text program, as its target settles it
//   describe reach TARGET FILE...   the rules that inputs meet and the behaviours that matter to
//                               them: without which one of them would be answered otherwise. Each
//                               with the first input that shows it.
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "fuzz/campaign/reach.h"
#include "fuzz/generators/live_input.h"
#include "fuzz/oracles/bugs.h"
#include "fuzz/oracles/finding.h"
#include "fuzz/oracles/settings.h"
#include "model/codec.h"
#include "model/program_text.h"
#include "model/strace.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

int refuse(const char* about) {
  std::fprintf(stderr,
               "%s: accepted: limit case|program|live|text; text TARGET FILE; "
               "reach create_fuzzer|program_fuzzer FILE...\n",
               about);
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

bool read(const char* path, std::vector<uint8_t>* bytes) {
  std::ifstream file(path, std::ios::binary);
  *bytes = {std::istreambuf_iterator<char>(file), {}};
  return file.good() || file.eof();
}

Program program_of(std::string_view target, const std::vector<uint8_t>& bytes) {
  if (target == "create_fuzzer") {
    Case c = decode_case(bytes);
    settle(c.world);
    return fuzz::program_of(c);
  }
  Program program = decode_program(bytes);
  settle(program.world);
  make_possible(program);
  if (!hunt().on) repair(program.world);
  return program;
}

int reach(std::string_view target, int count, char** paths) {
  Reach reached;
  std::vector<uint8_t> bytes;
  for (int i = 0; i < count; ++i) {
    if (!read(paths[i], &bytes)) return refuse(paths[i]);
    reached.add(program_of(target, bytes), paths[i]);
  }
  reached.print();
  return 0;
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
  if (argc >= 3 && std::strcmp(argv[1], "reach") == 0) return reach(argv[2], argc - 3, argv + 3);
  if (argc != 4 || std::strcmp(argv[1], "text") != 0) return refuse("describe");
  std::vector<uint8_t> bytes;
  if (!read(argv[3], &bytes)) return refuse(argv[3]);
  const std::string_view target = argv[2];
  if (target == "create_fuzzer" || target == "program_fuzzer") {
    print(program_of(target, bytes));
  } else if (target == "live_fuzzer") {
    print(decode_live(bytes));
  } else {
    std::fwrite(bytes.data(), 1, bytes.size(), stdout);
  }
  return 0;
}
