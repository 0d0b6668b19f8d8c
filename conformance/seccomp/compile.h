// SPDX-License-Identifier: GPL-2.0-only
// Rules into a filter, by libseccomp, as container engines and systemd have it done.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/seccomp/profile.h"

namespace sockoracle {

// A filter under construction. Nothing is loaded: libseccomp writes it to a file in memory. Its
// answers do not depend on the machine at hand: libseccomp is told what kernels know.
class FilterBuilder {
 public:
  // For the ABI of the machine alone. Throws UsageError where libseccomp does not take the default,
  // UnavailableError where it does not know the machine.
  FilterBuilder(const AbiRow& machine, uint32_t default_action);
  ~FilterBuilder();
  FilterBuilder(const FilterBuilder&) = delete;
  FilterBuilder& operator=(const FilterBuilder&) = delete;

  // "SCMP_ARCH_X32". False where libseccomp knows no such architecture.
  bool add_architecture(std::string_view profile_name);
  // What other ABIs' calls get; libseccomp's own answer is KILL_THREAD.
  void set_bad_architecture_action(uint32_t action);
  // What libseccomp says: 0, or -errno. -ENOENT: it knows no call of that name.
  int add_rule(const std::string& call, uint32_t action, std::span<const ArgumentTest> tests);
  // Throws UnavailableError where it cannot be had.
  FilterCode code() const;

 private:
  void* context_;  // scmp_filter_ctx
};

struct CompiledProfile {
  FilterCode code;
  std::vector<std::string> left_out;  // for each rule why it is not in it; empty where it is
};
// As runc and crun do: what libseccomp does not know is passed over, several tests of one argument
// are alternatives, what answers as the default does is not added. Throws UsageError where
// libseccomp refuses a rule.
CompiledProfile compile_profile(const SeccompProfile& profile, const ProfileTarget& target);

}  // namespace sockoracle
