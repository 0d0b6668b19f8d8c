// SPDX-License-Identifier: GPL-2.0-only
// Text -> recording: refused in one line, or written and read again it is the same.
#include "conformance/base/cli_error.h"
#include "conformance/recording/recording.h"
#include "fuzz/oracles/finding.h"
#include "fuzz/targets/entry.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

[[noreturn]] void fail(std::string_view what) {
  Finding finding;
  finding.oracle = Oracle::text;
  finding.what = what;
  finding.expected = 1;
  report(finding, Program{});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  Recording recording;
  try {
    recording = parse_recording(text, "fuzz.jsonl", false);
  } catch (const UsageError& error) {
    const std::string_view line = error.what();
    if (line.substr(0, 10) != "fuzz.jsonl") fail("a refusal names its file");
    if (line.find('\n') != std::string_view::npos) fail("a refusal is one line");
    return 0;
  }
  const std::string written = recording_text(recording);
  try {
    if (recording_text(parse_recording(written, "again.jsonl")) != written)
      fail("write(read(write(r))) == write(r)");
  } catch (const UsageError&) {
    fail("what is written is read");
  }
  return 0;
}
