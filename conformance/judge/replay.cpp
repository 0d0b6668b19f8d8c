// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/judge/replay.h"

#include <fmt/format.h>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/base/terminal.h"
#include "conformance/base/text_file.h"
#include "conformance/words/step_text.h"
#include "model/codec.h"
#include "model/program_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

struct Loaded {
  Program program;
  std::vector<Expectation> expectations;
};

// Fuzz inputs start with the codec's version byte, which no text does.
bool looks_like_text(const std::string& content) {
  for (const char c : content) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 && c != '\n' && c != '\t' && c != '\r') return false;
  }
  return !content.empty();
}

Loaded load(const std::string& path, const ReplayOptions& options) {
  const std::string content = load_text(path);
  Loaded loaded;
  if (looks_like_text(content)) {
    ProgramError error;
    if (!parse_program(content, &loaded.program, &loaded.expectations, &error))
      throw UsageError(fmt::format("{}:{}: {}", name_of_input(path), error.line, error.reason));
    return loaded;
  }
  const std::span bytes(reinterpret_cast<const uint8_t*>(content.data()), content.size());
  if (!stored_version(bytes))
    throw UsageError(fmt::format(
        "{}: accepted is a text program, or a fuzz input whose first byte is its version, 1 to {}",
        name_of_input(path), kCodecVersion));
  if (options.bytes == ReplayBytes::program) {
    loaded.program = decode_program(bytes);
  } else {
    const Case c = decode_case(bytes);
    loaded.program.world = c.world;
    Operation create;
    create.op = Op::create;
    create.call = c.call;
    loaded.program.operations = {create};
  }
  return loaded;
}

std::string program_text(const Program& program) {
  std::string text(print_program(program, {}), '\0');
  print_program(program, text);
  return text;
}

std::string outcome_text(const Outcome& outcome) {
  if (outcome.skipped) return "skipped";
  std::string text = outcome.error == 0
                         ? (outcome.op == Op::create ? std::to_string(outcome.verdict.fd) : "0")
                         : fmt::format("-1 {}", errno_name(outcome.error));
  if (outcome.op == Op::create) text += fmt::format("  {}", row(outcome.verdict.rule).name);
  return text;
}

class Run {
 public:
  explicit Run(const Loaded& loaded) : loaded_(loaded), machine_(loaded.program.world) {}

  void go() {
    const std::string text = program_text(loaded_.program);
    size_t line_start = text.find('\n') + 1;  // behind the world line
    lines_.push_back(text.substr(0, line_start - 1));
    for (size_t i = 0; i < loaded_.program.operations.size(); ++i) {
      const Outcome outcome = machine_.run(loaded_.program.operations[i]);
      const size_t line_end = text.find('\n', line_start);
      lines_.push_back(fmt::format("{:<56} = {}", text.substr(line_start, line_end - line_start),
                                   outcome_text(outcome)));
      line_start = line_end + 1;
      check_outcome(i, outcome);
    }
    machine_.close_all();
    check_end();
  }

  const std::vector<std::string>& lines() const { return lines_; }
  const std::vector<std::string>& faults() const { return faults_; }

 private:
  void check_outcome(size_t index, const Outcome& outcome) {
    for (const Expectation& e : loaded_.expectations) {
      if (e.operation != index || e.error < 0) continue;
      if (e.error != outcome.error)
        faults_.push_back(fmt::format("operation {}: got {}; expected {}", index + 1,
                                      outcome_text(outcome),
                                      e.error == 0 ? "success" : errno_name(e.error)));
      if (e.has_rule && e.rule != outcome.verdict.rule)
        faults_.push_back(fmt::format("operation {}: decided by {}; expected {}", index + 1,
                                      row(outcome.verdict.rule).name, row(e.rule).name));
    }
  }

  void check_end() {
    HazardSet wanted;
    bool asked = false;
    for (const Expectation& e : loaded_.expectations) {
      wanted.bits = static_cast<uint16_t>(wanted.bits | e.hazards.bits);
      asked = asked || e.hazards.bits != 0 || e.no_hazard;
    }
    const HazardSet seen = machine_.hazards();
    for (size_t i = 0; i < kHazardCount; ++i) {
      const auto h = static_cast<Hazard>(i);
      if (seen.has(h))
        lines_.push_back(fmt::format("hazard {}: {}", hazard_name(h), hazard_sentence(h)));
      if (wanted.has(h) && !seen.has(h))
        faults_.push_back(
            fmt::format("expected the hazard {}, which did not show", hazard_name(h)));
      if (!wanted.has(h) && seen.has(h) && (!asked || wanted.bits == 0))
        faults_.push_back(fmt::format("hazard {} was not expected", hazard_name(h)));
    }
    const bool even = machine_.kernel().balance() == machine_.at_boot();
    lines_.push_back(even ? "balance: as at boot" : "balance: something was never given back");
    if (!even && wanted.bits == 0) faults_.push_back("the balance is not what it was at boot");
  }

  const Loaded& loaded_;
  Machine machine_;
  std::vector<std::string> lines_;
  std::vector<std::string> faults_;
};

}  // namespace

int command_replay(const ReplayOptions& options) {
  size_t failed = 0;
  std::string text;
  for (const std::string& path : options.files) {
    const Loaded loaded = load(path, options);
    Run run(loaded);
    run.go();
    failed += run.faults().empty() ? 0 : 1;
    if (options.quiet && run.faults().empty()) continue;
    text += fmt::format("{}: {}\n", name_of_input(path), run.faults().empty() ? "ok" : "FAILED");
    for (const std::string& line : run.lines()) text += fmt::format("  {}\n", line);
    for (const std::string& fault : run.faults()) text += fmt::format("  ! {}\n", fault);
  }
  text += fmt::format("{}, {} failed\n", plural(options.files.size(), "file"), failed);
  show_lines(text);
  return failed == 0 ? kExitOk : kExitDifference;
}

}  // namespace sockoracle
