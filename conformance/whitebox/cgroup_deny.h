// SPDX-License-Identifier: GPL-2.0-only
// A cgroup in which a BPF program refuses every INET socket. Plain system calls: this works without
// libbpf as well. Program and attachment end with this process.
#pragma once

#include <memory>
#include <string>

#include "conformance/plan/plan.h"
#include "conformance/whitebox/own_directory.h"

namespace sockoracle {

class DenyingCgroup {
 public:
  DenyingCgroup();  // throws UnavailableError with the reason
  ~DenyingCgroup();
  DenyingCgroup(const DenyingCgroup&) = delete;
  DenyingCgroup& operator=(const DenyingCgroup&) = delete;

  const std::string& path() const { return cgroup_.path(); }

 private:
  OwnDirectory cgroup_{"cgroup2"};
  int program_ = -1, link_ = -1;
};

// Where the plan wants the context cgroup-deny: makes its cgroup, or says in the options why not.
std::unique_ptr<DenyingCgroup> stage_deny_cgroup(PlanOptions& options);

}  // namespace sockoracle
