// SPDX-License-Identifier: GPL-2.0-only
// Text -> call, and text -> program: whatever is read prints as text that reads the same.
#include <cstdlib>
#include <vector>

#include "fuzz/oracles/oracles.h"
#include "fuzz/targets/entry.h"
#include "model/program_text.h"
#include "model/strace.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

[[noreturn]] void fail(std::string_view what, const Program& program) {
  Finding finding;
  finding.oracle = Oracle::text;
  finding.what = what;
  finding.expected = 1;
  report(finding, program);
}

void check_call(std::string_view text) {
  Call call;
  CallError error;
  size_t consumed = 0;
  if (!parse_call(text, &call, &error, &consumed)) {
    if (error.position > text.size() || error.accepted.empty())
      fail("a refusal says where and what is accepted", {});
    return;
  }
  const Program program = program_of({default_world(newest_release()), call});
  if (consumed > text.size()) fail("no more is consumed than there is", program);
  char printed[kCallTextMax];
  const size_t length = print_call(call, printed);
  Call again;
  if (length > sizeof printed) fail("kCallTextMax is enough", program);
  if (!parse_call({printed, length}, &again, &error)) fail("the printed call is read", program);
  if (!(again == call)) fail("parse(print(call)) == call", program);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check_call(text);
  Program program;
  std::vector<Expectation> expectations;
  ProgramError error;
  if (!parse_program(text, &program, &expectations, &error)) {
    if (error.line == 0 || error.reason.empty()) fail("a refusal names its line", {});
    return 0;
  }
  if (const MaybeFinding f = check_text(program)) report(*f, program);
  return 0;
}
