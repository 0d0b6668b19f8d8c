// SPDX-License-Identifier: GPL-2.0-only
// One staged context on the live host, with the model's kernel beside it.
#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "conformance/client/probe_client.h"
#include "conformance/whitebox/whitebox.h"
#include "model/kernel.h"

namespace sockoracle {

class LiveContext {
 public:
  // Throws UnavailableError where the context cannot be staged.
  LiveContext(ProbeLink& probe, const World& world, const std::string& name,
              const std::string& operations);
  ~LiveContext();
  LiveContext(const LiveContext&) = delete;
  LiveContext& operator=(const LiveContext&) = delete;

  // The probe's one line to "REQUEST FAMILY TYPE PROTOCOL", without its first word.
  std::string ask(const std::string& request, const Call& call);
  std::string ask_line(const std::string& line);
  // Of the probe's process that makes the calls: the kernel's own number, for tracers
  // (kernel_pid.h).
  pid_t process();
  // The model's answer; its steps and, unless told otherwise, those of the close after it.
  Verdict model(const Call& call, std::vector<Step>* steps, bool with_close = true);

 private:
  ProbeLink& probe_;
  std::optional<pid_t> process_;
  Kernel kernel_;
};

// In each context that has calls of deep_calls.h: stages it and lets `body` ask. A context that
// cannot be staged is a note.
void for_each_context(
    const World& base, const Plan& plan, DeepOracle& oracle,
    const std::function<std::string(const ContextPlan&)>& operations,
    const std::function<void(LiveContext&, const World&, const std::string&)>& body);
// The operations as the plan has them.
std::string plain_operations(const ContextPlan& plan);

// What one oracle found about one call.
DeepGroup call_group(std::string_view oracle, const std::string& context, const Call& call);
void compare_call(DeepGroup& group, Rule rule, const Call& call, const std::string& what,
                  const std::string& expected, const std::string& got);

}  // namespace sockoracle
