// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/seccomp/compile.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "conformance/base/cli_error.h"

namespace sockoracle {
namespace {

// seccomp_api_set: all that libseccomp 2.5 knows, the user notification among it.
constexpr unsigned kApiLevel = 6;
// What rules may become together; an engine's default profile has two thousand.
constexpr size_t kAddedMax = 1u << 16;

[[noreturn]] void unavailable(const char* what, int error) {
  throw UnavailableError(std::string("libseccomp: ") + what + ": " + std::strerror(error));
}

// "SCMP_ARCH_X86_64" is x86_64 to libseccomp; 0 where it is nothing.
uint32_t token_of(std::string_view profile_name) {
  constexpr std::string_view kPrefix = "SCMP_ARCH_";
  if (profile_name.substr(0, kPrefix.size()) != kPrefix) return 0;
  std::string name(profile_name.substr(kPrefix.size()));
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return seccomp_arch_resolve_name(name.c_str());
}

// SECCOMP_RET_* and SCMP_ACT_* are the same numbers (include/seccomp.h), but for the data of TRAP.
static_assert(SCMP_ACT_ERRNO(5) == (SECCOMP_RET_ERRNO | 5u) && SCMP_ACT_KILL == 0 &&
              SCMP_ACT_KILL_PROCESS == SECCOMP_RET_KILL_PROCESS &&
              SCMP_ACT_TRAP == SECCOMP_RET_TRAP && SCMP_ACT_NOTIFY == SECCOMP_RET_USER_NOTIF &&
              SCMP_ACT_TRACE(1) == (SECCOMP_RET_TRACE | 1u) && SCMP_ACT_LOG == SECCOMP_RET_LOG &&
              SCMP_ACT_ALLOW == SECCOMP_RET_ALLOW);

scmp_arg_cmp comparison_of(const ArgumentTest& test) {
  constexpr scmp_compare kOps[] = {SCMP_CMP_NE, SCMP_CMP_LT, SCMP_CMP_LE,       SCMP_CMP_EQ,
                                   SCMP_CMP_GE, SCMP_CMP_GT, SCMP_CMP_MASKED_EQ};
  return {test.index, kOps[static_cast<size_t>(test.op)], test.value, test.value_two};
}

bool tests_one_twice(std::span<const ArgumentTest> tests) {
  uint32_t seen = 0;
  for (const ArgumentTest& test : tests) {
    if ((seen >> test.index & 1) != 0) return true;
    seen |= 1u << test.index;
  }
  return false;
}

void add_architectures(FilterBuilder& builder, const SeccompProfile& profile,
                       const ProfileTarget& target) {
  const AbiRow& machine = *find_abi(target.abi->machine);
  for (const std::string& name : profile.architectures) builder.add_architecture(name);
  for (const ArchMap& map : profile.arch_map) {
    if (map.architecture != machine.profile) continue;
    for (const std::string& name : map.sub_architectures) builder.add_architecture(name);
  }
}

class ProfileCompiler {
 public:
  ProfileCompiler(const SeccompProfile& profile, const ProfileTarget& target)
      : profile_(profile), builder_(*find_abi(target.abi->machine), profile.default_action) {
    add_architectures(builder_, profile, target);
  }

  void add(const ProfileRule& rule) {
    if (rule.action == profile_.default_action) return;
    for (const std::string& name : rule.names) {
      if (!tests_one_twice(rule.args)) {
        add(rule, name, rule.args);
        continue;
      }
      for (const ArgumentTest& test : rule.args) add(rule, name, {&test, 1});
    }
  }
  FilterCode code() const { return builder_.code(); }

 private:
  void add(const ProfileRule& rule, const std::string& name, std::span<const ArgumentTest> tests) {
    if (++added_ > kAddedMax)
      throw UsageError(profile_.name + ":" + std::to_string(rule.line) +
                       ": accepted are rules for at most " + std::to_string(kAddedMax) + " calls");
    const int status = builder_.add_rule(name, rule.action, tests);
    if (status == 0 || status == -ENOENT || status == -EDOM) return;
    throw UsageError(
        profile_.name + ":" + std::to_string(rule.line) + ": " + name + ": libseccomp refuses it" +
        (status == -EEXIST ? ": accepted are rules that do not contradict an earlier one"
                           : ": " + std::string(std::strerror(-status))));
  }

  const SeccompProfile& profile_;
  FilterBuilder builder_;
  size_t added_ = 0;
};

}  // namespace

FilterBuilder::FilterBuilder(const AbiRow& machine, uint32_t default_action) {
  seccomp_api_set(kApiLevel);
  context_ = seccomp_init(default_action);
  if (context_ == nullptr)
    throw UsageError("libseccomp makes no filter whose default is " + action_text(default_action));
  const uint32_t token = token_of(machine.profile);
  if (token == seccomp_arch_native()) return;
  // The first one, so that the machine's own is not left without any.
  int status = token == 0 ? -EINVAL : seccomp_arch_add(context_, token);
  if (status == 0) status = seccomp_arch_remove(context_, SCMP_ARCH_NATIVE);
  if (status == 0) return;
  seccomp_release(context_);
  unavailable("no filter for that machine", -status);
}

FilterBuilder::~FilterBuilder() { seccomp_release(context_); }

bool FilterBuilder::add_architecture(std::string_view profile_name) {
  const uint32_t token = token_of(profile_name);
  if (token == 0) return false;
  const int status = seccomp_arch_add(context_, token);
  return status == 0 || status == -EEXIST;
}

void FilterBuilder::set_bad_architecture_action(uint32_t action) {
  const int status = seccomp_attr_set(context_, SCMP_FLTATR_ACT_BADARCH, action);
  if (status != 0) unavailable("no such action for other architectures", -status);
}

int FilterBuilder::add_rule(const std::string& call, uint32_t action,
                            std::span<const ArgumentTest> tests) {
  const int number = seccomp_syscall_resolve_name(call.c_str());
  if (number == __NR_SCMP_ERROR) return -ENOENT;
  std::vector<scmp_arg_cmp> comparisons;
  for (const ArgumentTest& test : tests) comparisons.push_back(comparison_of(test));
  return seccomp_rule_add_array(context_, action, number, static_cast<unsigned>(comparisons.size()),
                                comparisons.data());
}

FilterCode FilterBuilder::code() const {
  const int file = memfd_create("seccomp", MFD_CLOEXEC);
  if (file < 0) unavailable("memfd_create", errno);
  const int status = seccomp_export_bpf(context_, file);
  const off_t size = lseek(file, 0, SEEK_END);
  FilterCode code(size < 0 ? 0 : static_cast<size_t>(size) / sizeof(sock_filter));
  const size_t bytes = code.size() * sizeof(sock_filter);
  const bool whole = pread(file, code.data(), bytes, 0) == static_cast<ssize_t>(bytes);
  close(file);
  if (status != 0) unavailable("the filter cannot be had", -status);
  if (!whole || code.empty()) unavailable("the filter cannot be read back", EIO);
  return code;
}

CompiledProfile compile_profile(const SeccompProfile& profile, const ProfileTarget& target) {
  CompiledProfile compiled;
  ProfileCompiler compiler(profile, target);
  for (const ProfileRule& rule : profile.rules) {
    compiled.left_out.push_back(left_out_because(rule, target));
    if (compiled.left_out.back().empty()) compiler.add(rule);
  }
  compiled.code = compiler.code();
  if (const std::optional<FilterFault> fault = check_filter(compiled.code))
    throw UsageError(profile.name + ": the filter is refused, instruction " +
                     std::to_string(fault->index) + ": " + fault->reason);
  return compiled;
}

}  // namespace sockoracle
