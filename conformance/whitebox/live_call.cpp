// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/live_call.h"

#include <cstdlib>
#include <map>

#include "conformance/base/cli_error.h"
#include "conformance/whitebox/deep_calls.h"
#include "conformance/whitebox/kernel_pid.h"

namespace sockoracle {

LiveContext::LiveContext(ProbeLink& probe, const World& world, const std::string& name,
                         const std::string& operations)
    : probe_(probe), kernel_(world) {
  const std::string answer = ask_line("context " + name + " " + operations);
  if (answer == "context " + name + " ok") return;
  ask_line("leave");
  const std::string skip = "context " + name + " skip ";
  throw UnavailableError(answer.starts_with(skip) ? staging_reason(answer.substr(skip.size()), name)
                                                  : answer);
}

pid_t LiveContext::process() {
  if (process_) return *process_;
  constexpr std::string_view kProcess = "process ";
  const std::string answer = ask_line("process");
  if (!answer.starts_with(kProcess)) throw UnavailableError("the probe answered: " + answer);
  const char* number = answer.c_str() + kProcess.size();
  process_ = kernel_pid(static_cast<pid_t>(std::strtol(number, nullptr, 10)));
  return *process_;
}

LiveContext::~LiveContext() {
  try {
    ask_line("leave");
  } catch (const UnavailableError&) {  // a probe that is gone has left
  }
}

std::string LiveContext::ask_line(const std::string& line) {
  probe_.send(line);
  return std::string(probe_.receive());
}

std::string LiveContext::ask(const std::string& request, const Call& call) {
  const std::string answer =
      ask_line(request + " " + std::to_string(call.family) + " " + std::to_string(call.type) + " " +
               std::to_string(call.protocol));
  const size_t blank = answer.find(' ');
  if (blank == std::string::npos || answer.starts_with("error ")) {
    throw UnavailableError("the probe answered: " + answer);
  }
  return unescape_value(answer.substr(blank + 1));
}

Verdict LiveContext::model(const Call& call, std::vector<Step>* steps, bool with_close) {
  const Verdict verdict = kernel_.call(call);
  const size_t of_call = kernel_.trace().size();
  if (verdict.fd >= 0) kernel_.close(verdict.fd);  // goes on with the call's trace
  steps->assign(kernel_.trace().begin(), kernel_.trace().end());
  if (!with_close) steps->resize(of_call);
  return verdict;
}

std::string plain_operations(const ContextPlan& plan) { return plan.operations; }

void for_each_context(
    const World& base, const Plan& plan, DeepOracle& oracle,
    const std::function<std::string(const ContextPlan&)>& operations,
    const std::function<void(LiveContext&, const World&, const std::string&)>& body) {
  ProbeProcess probe;
  std::map<std::string, std::string> unstaged;  // reason: contexts
  for (const ContextPlan& part : plan.contexts) {
    if (!has_deep_calls(part)) continue;
    const World world = context_world(base, *part.context);
    const std::string name(part.context->name);
    std::optional<LiveContext> context;
    try {
      context.emplace(probe, world, name, operations(part));
    } catch (const UnavailableError& error) {
      std::string& names = unstaged[error.what()];
      names += (names.empty() ? "" : ", ") + name;
      continue;
    }
    body(*context, world, name);
  }
  for (const auto& [reason, names] : unstaged) {
    oracle.notes.push_back(names + ": " + reason);
  }
  if (oracle.compared == 0 && !unstaged.empty()) {
    oracle.skipped = unstaged.begin()->first;
  }
}

DeepGroup call_group(std::string_view oracle, const std::string& context, const Call& call) {
  DeepGroup group;
  group.context = context;
  group.group.family = call.family;
  group.group.type = call.type;
  group.group.low = group.group.high = call.protocol;
  group.group.oracle = oracle;
  return group;
}

void compare_call(DeepGroup& group, Rule rule, const Call& call, const std::string& what,
                  const std::string& expected, const std::string& got) {
  if (expected == got) return;
  group.differences.push_back({group.context, rule, call, call.protocol, what, expected, got});
}

}  // namespace sockoracle
