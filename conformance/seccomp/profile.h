// SPDX-License-Identifier: GPL-2.0-only
// A seccomp profile as container engines have it: Docker's and Podman's JSON, and what an OCI
// config.json has under linux.seccomp. Read here, compiled by compile.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/base/json_reader.h"
#include "conformance/seccomp/verdict.h"

namespace sockoracle {

enum class ArgumentOperator : uint8_t { ne, lt, le, eq, ge, gt, masked_eq };

struct ArgumentTest {
  uint32_t index;
  ArgumentOperator op;
  uint64_t value;      // masked_eq: the mask
  uint64_t value_two;  // masked_eq: what is compared with
  bool holds(uint64_t argument) const;
};

// `includes` or `excludes` of a rule: when it is in the profile at all.
struct ProfileCondition {
  std::vector<std::string> caps;  // "CAP_SYS_ADMIN"
  std::vector<std::string> arches;
  std::string min_kernel;  // "4.8"
  bool empty() const { return caps.empty() && arches.empty() && min_kernel.empty(); }
};

struct ProfileRule {
  std::vector<std::string> names;
  uint32_t action = 0;  // SECCOMP_RET_*, with its errno
  std::vector<ArgumentTest> args;
  ProfileCondition includes, excludes;
  size_t line = 0;
  bool is_about(std::string_view name) const;
};

// An architecture with those that go along with it.
struct ArchMap {
  std::string architecture;
  std::vector<std::string> sub_architectures;
};

struct SeccompProfile {
  std::string name;  // of the file
  uint32_t default_action = 0;
  size_t default_line = 0;
  std::vector<std::string> architectures;
  std::vector<ArchMap> arch_map;
  std::vector<ProfileRule> rules;  // `syscalls`, in the file's order
};

// Throws UsageError with one line that names the file, the line in it and what is accepted.
SeccompProfile read_profile(std::string_view text, const std::string& name);
// The same of a part of a JSON file whose text is `text`.
SeccompProfile profile_of(const JsonTree& json, std::string_view text, const std::string& name);

// For whom a profile is compiled.
struct ProfileTarget {
  const AbiRow* abi = &native_abi();
  uint64_t caps = 0;  // the container's bounding set
  Release release = newest_release();
};

// Why a rule is not in the profile for that target; empty where it is.
//   "includes.caps: CAP_SYS_ADMIN is not granted"
std::string left_out_because(const ProfileRule& rule, const ProfileTarget& target);

// "arg0 == 38", "(arg1 & 0xf) == 0x3"
std::string test_text(const ArgumentTest& test);
// "SCMP_ACT_ERRNO(EPERM)"
std::string action_text(uint32_t action);

}  // namespace sockoracle
