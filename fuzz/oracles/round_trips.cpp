// SPDX-License-Identifier: GPL-2.0-only
#include <vector>

#include "fuzz/oracles/oracles.h"
#include "model/codec.h"
#include "model/program_text.h"

namespace sockoracle::fuzz {
namespace {

MaybeFinding differs(Oracle oracle, std::string_view what, size_t expected, size_t got) {
  Finding finding;
  finding.oracle = oracle;
  finding.what = what;
  finding.expected = static_cast<int64_t>(expected);
  finding.got = static_cast<int64_t>(got);
  return finding;
}

}  // namespace

MaybeFinding check_case_codec(std::span<const uint8_t> bytes) {
  const Case c = decode_case(bytes);
  const std::vector<uint8_t> canonical = encode_case(c);
  static const size_t longest = case_bytes_max();
  if (canonical.size() > longest)
    return differs(Oracle::codec, "length", longest, canonical.size());
  if (!(decode_case(canonical) == c)) return differs(Oracle::codec, "decode(encode(c)) == c", 1, 0);
  return {};
}

MaybeFinding check_program_codec(std::span<const uint8_t> bytes) {
  const Program program = decode_program(bytes);
  const std::vector<uint8_t> canonical = encode_program(program);
  static const size_t longest = program_bytes_max();
  if (canonical.size() > longest)
    return differs(Oracle::codec, "length", longest, canonical.size());
  if (!(decode_program(canonical) == program))
    return differs(Oracle::codec, "decode(encode(p)) == p", 1, 0);
  return {};
}

MaybeFinding check_text(const Program& program) {
  std::vector<char> text(print_program(program, {}));
  print_program(program, text);
  Program again;
  std::vector<Expectation> expectations;
  ProgramError error;
  if (!parse_program({text.data(), text.size()}, &again, &expectations, &error))
    return differs(Oracle::text, "line that its own reader refuses", 0, error.line);
  if (!(again == program)) return differs(Oracle::text, "parse(print(p)) == p", 1, 0);
  return {};
}

}  // namespace sockoracle::fuzz
