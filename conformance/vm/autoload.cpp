// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/autoload.h"

#include <algorithm>

#include "conformance/cli_error.h"
#include "conformance/step_text.h"
#include "model/kernel.h"
#include "model/module.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

enum class Modprobe { finds_nothing, loads };

constexpr struct Phase {
  std::string_view name, context;
  Modprobe modprobe;
  Presence presence;  // of the modules that some alias brings
} kPhases[] = {
    {"absent", "root", Modprobe::finds_nothing, Presence::absent},
    {"loadable", "nobody", Modprobe::loads, Presence::loadable},
    {"loaded", "root", Modprobe::finds_nothing, Presence::loaded},
};

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

std::string expect_line(ProbeLink& probe, std::string_view begin) {
  const std::string line(probe.receive());
  if (line.substr(0, begin.size()) != begin) {
    throw UnavailableError("the probe answered about modules: " + line.substr(0, 160));
  }
  return line.substr(begin.size());
}

// What the model's kernel asks for in one call, and what comes.
std::string model_text(Kernel& kernel, const Call& call, Rule* rule) {
  const Verdict verdict = kernel.call(call);
  std::string text;
  for (const Step& step : kernel.trace()) {
    if (step.kind != StepKind::request_module) continue;
    char room[64];
    text += std::string(room, std::min(alias_text(step, room), sizeof room));
    text += step.result == 1 ? "+ " : " ";
  }
  *rule = verdict.rule;
  if (verdict.fd >= 0) kernel.close(verdict.fd);
  return text + "= " + (verdict.error == 0 ? "ok" : std::string(errno_name(verdict.error)));
}

}  // namespace

void Autoload::queue(ProbeLink& probe) {
  for (const Phase& phase : kPhases) {
    probe.send(phase.modprobe == Modprobe::loads ? "modprobe load" : "modprobe log");
    probe.send("context " + std::string(phase.context) + " " +
               std::string(find_context(phase.context)->operations));
    for (const Call& call : calls()) {
      probe.send("autoload " + std::to_string(call.family) + " " + std::to_string(call.type) +
                 " " + std::to_string(call.protocol));
    }
    probe.send("leave");
  }
  probe.send("modprobe off");
  probe.send("modules");
}

void Autoload::collect(ProbeLink& probe, const Modules& modules) {
  const std::string aliases = alias_lines(modules);
  for (size_t at = 0, end = 0; (end = aliases.find('\n', at)) != std::string::npos; at = end + 1) {
    const std::string line = aliases.substr(at, end - at);
    brought_.push_back(line.substr(line.rfind(' ') + 1));
  }
  for (const Phase& phase : kPhases) {
    expect_line(probe, "modprobe ok");
    expect_line(probe, "context " + std::string(phase.context) + " ok");
    for (size_t i = 0; i < calls().size(); ++i) {
      Seen& seen = seen_.emplace_back();
      std::string line(probe.receive());
      for (; line.substr(0, 6) == "alias "; line = probe.receive()) {
        line.erase(0, 6);
        const size_t blank = line.find(' ');
        seen.text += line.substr(0, blank) + (blank == std::string::npos ? " " : "+ ");
        if (blank != std::string::npos) {
          seen.came.push_back(line.substr(0, blank) + " brought " + line.substr(blank + 1));
        }
      }
      if (line.substr(0, 7) != "called ")
        throw UnavailableError("the probe answered about modules: " + line.substr(0, 160));
      seen.text += "= " + line.substr(7);
    }
    expect_line(probe, "left " + std::string(phase.context));
  }
  expect_line(probe, "modprobe ok");
  while (probe.receive() != ".") {
  }
}

DeepResult Autoload::compare(const World& world) const {
  DeepResult result;
  DeepOracle oracle{.name = "autoload", .counts = {}, .skipped = {}, .notes = {}, .compared = 0};
  size_t at = 0, asked = 0;
  std::string loads;
  for (const Phase& phase : kPhases) {
    World base = world;
    base.modules_enabled = true;
    for (const ProviderRow& row : providers()) {
      Presence& presence = base.providers[static_cast<size_t>(row.id)];
      if (presence != Presence::loaded) continue;
      const std::string name(row.name);
      const bool comes = std::any_of(brought_.begin(), brought_.end(), [&](const auto& module) {
        return module == name || module == name + "_ipv4";
      });
      presence = comes ? phase.presence : Presence::absent;
    }
    Kernel kernel(context_world(base, *find_context(phase.context)));
    for (const Call& call : calls()) {
      const Seen& seen = seen_.at(at++);
      DeepGroup group{.context = std::string(phase.context), .group = {}, .differences = {}};
      group.group = {.family = call.family, .type = call.type, .low = call.protocol,
                     .high = call.protocol, .deep = true, .skipped = {}, .oracle = "autoload"};
      Rule rule{};
      const std::string expected = model_text(kernel, call, &rule);
      if (expected != seen.text) {
        group.differences.push_back({group.context, rule, call, call.protocol,
                                     "modules where they are " + std::string(phase.name), expected,
                                     seen.text});
      }
      for (const std::string& came : seen.came)
        loads += "\n  " + call_text(call) + " as " + group.context + ": " + came;
      asked += static_cast<size_t>(std::count(seen.text.begin(), seen.text.end(), '-') > 0);
      ++oracle.compared;
      result.groups.push_back(std::move(group));
    }
  }
  oracle.counts = std::to_string(seen_.size()) + " calls, " + std::to_string(asked) +
                  " of which asked for modules, absent, loadable and loaded" + loads;
  result.oracles.push_back(std::move(oracle));
  return result;
}

}  // namespace sockoracle
