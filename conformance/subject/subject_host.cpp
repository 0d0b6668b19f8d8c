// SPDX-License-Identifier: GPL-2.0-only
// This machine's kernel, asked by the probe.
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>

#include "conformance/base/cli_error.h"
#include "conformance/base/tool_name.h"
#include "conformance/client/probe_client.h"
#include "conformance/subject/subject.h"
#include "conformance/whitebox/cgroup_deny.h"
#include "conformance/world/host_world.h"

namespace sockoracle {
namespace {

// What only root may stage says so to others: "needs root: netns unshare EPERM".
std::string as_user(std::string reason) {
  constexpr std::string_view kHere = "cannot be staged here: ", kWhy = " lack of privilege";
  if (geteuid() == 0 || !reason.starts_with(kHere) || !reason.ends_with(kWhy)) return reason;
  reason.resize(reason.size() - kWhy.size());
  return "needs root: " + reason.substr(kHere.size());
}

class HostSubject final : public Subject {
 public:
  explicit HostSubject(const AdjustWorld& adjust) {
    const HostFacts facts = host_facts();
    if (!facts.in_table) {
      throw UnavailableError("this machine runs " + facts.sysname + " " + facts.uname_release +
                             "; the model has Linux " + std::string(releases().front().name) +
                             " to " + std::string(releases().back().name));
    }
    if (!facts.release_note.empty())
      std::fprintf(stderr, "sockoracle: this machine's Linux %s: %s\n", facts.uname_release.c_str(),
                   facts.release_note.c_str());
    world_ = facts.world;
    if (adjust) adjust(world_);
    provenance_ = provenance_of(world_);
    provenance_.subject = "host";
    provenance_.release = facts.uname_release;
    provenance_.config = facts.config;
    provenance_.protocols = facts.protocols;
    for (const auto& [name, text] : facts.sysctls) provenance_.sysctls[name] = text;
    provenance_.lsm = facts.lsm;
    provenance_.tool = tool_name();
    utsname names{};
    if (uname(&names) == 0) {
      provenance_.uname = std::string(names.sysname) + " " + names.version + " " + names.machine;
    }
  }

  const Provenance& provenance() const override { return provenance_; }
  const World& world() const override { return world_; }
  const StateTable& states() const override { return states_; }

  void answer(const PlanOptions& asked, const ContextSink& sink) override {
    PlanOptions options = asked;
    const std::unique_ptr<DenyingCgroup> cgroup = stage_deny_cgroup(options);
    const Plan plan = make_plan(world_, options);
    ProbeProcess probe;
    ProbeClient client(probe, states_);
    // Everything is queued at once: while one context is judged, the probe is already in the next.
    for (const ContextPlan& part : plan.contexts) {
      if (part.skipped.empty()) client.queue(part);
    }
    for (const ContextPlan& part : plan.contexts) {
      if (part.skipped.empty()) {
        Answers answers = client.collect(part);
        answers.skipped = as_user(std::move(answers.skipped));
        sink(std::move(answers));
        continue;
      }
      Answers answers;
      answers.context = part.context->name;
      answers.skipped = part.skipped;
      answers.skipped_cases = part.skipped_cases;
      sink(std::move(answers));
    }
  }

 private:
  Provenance provenance_;
  World world_;
  StateTable states_;
};

}  // namespace

std::unique_ptr<Subject> host_subject(const AdjustWorld& adjust) {
  return std::make_unique<HostSubject>(adjust);
}

}  // namespace sockoracle
