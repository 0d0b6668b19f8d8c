// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/autoload.h"

#include "conformance/base/cli_error.h"
#include "conformance/compare/autoload.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// AF_INET with every type that some protocol has, and one that none has; AF_INET6 where the same
// module serves both families.
std::vector<Call> build_calls() {
  std::vector<Call> calls;
  for (const int32_t type : {0, kSOCK_STREAM, kSOCK_DGRAM, kSOCK_RAW, 4, kSOCK_SEQPACKET, 6}) {
    for (const int32_t protocol : {0, 17, 33, kIPPROTO_L2TP, kIPPROTO_SCTP, 200, kIPPROTO_SMC})
      calls.push_back({Entry::socket, kAF_INET, type, protocol});
  }
  for (const int32_t type : {kSOCK_STREAM, kSOCK_SEQPACKET}) {
    for (const int32_t protocol : {0, 17, kIPPROTO_SCTP, 200, kIPPROTO_SMC})
      calls.push_back({Entry::socket, kAF_INET6, type, protocol});
  }
  return calls;
}

const std::vector<Call>& calls() {
  static const std::vector<Call> kCalls = build_calls();
  return kCalls;
}

[[noreturn]] void refuse(std::string_view line) {
  throw UnavailableError("the probe answered about modules: " + std::string(line.substr(0, 160)));
}

void expect_line(ProbeLink& probe, const std::string& expected) {
  const std::string line(probe.receive());
  if (line != expected) refuse(line);
}

std::vector<std::string> words_of(std::string_view line) {
  std::vector<std::string> words;
  while (!line.empty()) {
    const size_t blank = line.find(' ');
    const std::string_view word = line.substr(0, blank);
    if (!is_module_word(word)) refuse(line);
    words.emplace_back(word);
    line = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
  }
  return words;
}

// `alias NAME [MODULE...]` lines, then `called ok` or `called ERRNO`.
AutoloadCall collect_call(ProbeLink& probe, const AutoloadPhase& phase, const Call& call) {
  AutoloadCall seen{.modules = phase.modules,
                    .family = call.family,
                    .type = call.type,
                    .protocol = call.protocol,
                    .asked = {},
                    .came = {}};
  std::string line(probe.receive());
  for (; line.substr(0, 6) == "alias "; line = probe.receive()) {
    std::vector<std::string> words = words_of(std::string_view(line).substr(6));
    if (words.empty() || seen.asked.size() == kAutoloadAsksMax) refuse(line);
    std::vector<std::string>* came = words.size() > 1 ? &seen.came[words[0]] : nullptr;
    if (came != nullptr) came->insert(came->end(), words.begin() + 1, words.end());
    seen.asked.push_back(std::move(words[0]));
  }
  if (line.substr(0, 7) != "called ") refuse(line);
  if (line != "called ok" && !parse_outcome(line.substr(7), &seen.error)) refuse(line);
  return seen;
}

}  // namespace

void queue_autoload(ProbeLink& probe) {
  for (const AutoloadPhase& phase : autoload_phases()) {
    probe.send(phase.loads ? "modprobe load" : "modprobe log");
    probe.send("context " + std::string(phase.context) + " " +
               std::string(find_context(phase.context)->operations));
    for (const Call& call : calls()) {
      probe.send("autoload " + std::to_string(call.family) + " " + std::to_string(call.type) + " " +
                 std::to_string(call.protocol));
    }
    probe.send("leave");
  }
  probe.send("modprobe off");
  probe.send("modules");
}

AutoloadAnswers collect_autoload(ProbeLink& probe, const Modules& modules) {
  AutoloadAnswers answers;
  const std::string aliases = alias_lines(modules);
  for (size_t at = 0, end = 0; (end = aliases.find('\n', at)) != std::string::npos; at = end + 1)
    answers.aliases.push_back(words_of(std::string_view(aliases).substr(at, end - at)));
  for (const AutoloadPhase& phase : autoload_phases()) {
    expect_line(probe, "modprobe ok");
    expect_line(probe, "context " + std::string(phase.context) + " ok");
    for (const Call& call : calls()) answers.calls.push_back(collect_call(probe, phase, call));
    expect_line(probe, "left " + std::string(phase.context));
  }
  expect_line(probe, "modprobe ok");
  while (probe.receive() != ".") {
  }
  return answers;
}

}  // namespace sockoracle
