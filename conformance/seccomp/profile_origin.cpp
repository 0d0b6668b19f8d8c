// SPDX-License-Identifier: GPL-2.0-only
// Which rule of a profile a compiled filter's answer is, and what would have to be different there.
#include <algorithm>

#include "conformance/seccomp/compile.h"
#include "conformance/seccomp/filters.h"
#include "conformance/world/world_text.h"

namespace sockoracle {
namespace {

constexpr size_t kChangesMax = 8;

class ProfileOrigin : public FilterOrigin {
 public:
  ProfileOrigin(SeccompProfile profile, const ProfileTarget& target,
                std::vector<std::string> left_out)
      : profile_(std::move(profile)), target_(target), left_out_(std::move(left_out)) {}

  std::vector<std::string> reasons(const FilteredCall& call, Release release) const override;
  std::vector<std::string> changes(const FilteredCall& call, Release release) const override;

 private:
  std::string rule_text(size_t index) const;   // with the file
  std::string short_text(size_t index) const;  // without it
  void add_grants(const FilteredCall& call, std::vector<std::string>* out) const;
  void add_edits(const FilteredCall& call, std::vector<std::string>* out) const;
  bool lets_through(const SeccompProfile& profile, const ProfileTarget& target,
                    const FilteredCall& call) const;

  SeccompProfile profile_;
  ProfileTarget target_;
  std::vector<std::string> left_out_;
};

// On i386, libseccomp makes rules about socket() rules about socketcall() as well.
bool concerns(const ProfileRule& rule, const EntryNumber& number) {
  return rule.is_about(number.name) || (number.name == "socketcall" && rule.is_about("socket"));
}

// Tests of one argument are alternatives where there is more than one of it. What was made of a
// rule about socket() tests nothing but that socketcall is asked for a socket.
bool holds(const ProfileRule& rule, const FilteredCall& call) {
  if (!rule.is_about(call.number.name)) return true;
  uint32_t seen = 0, twice = 0;
  for (const ArgumentTest& test : rule.args) {
    twice |= seen & 1u << test.index;
    seen |= 1u << test.index;
  }
  for (const ArgumentTest& test : rule.args) {
    const bool good = test.holds(call.input.argument(test.index));
    if (good && twice != 0) return true;
    if (!good && twice == 0) return false;
  }
  return twice == 0;
}

std::string tests_text(const ProfileRule& rule) {
  std::string text;
  for (const ArgumentTest& test : rule.args) text += (text.empty() ? "" : ", ") + test_text(test);
  return text.empty() ? "whatever its arguments" : text;
}

// "socket", or "socket and 311 others"
std::string names_text(const ProfileRule& rule, const EntryNumber& number) {
  const std::string name(rule.is_about(number.name) ? number.name : "socket");
  const size_t others = rule.names.size() - 1;
  if (others == 0) return name;
  return name + " and " + std::to_string(others) + (others == 1 ? " other" : " others");
}

std::string ProfileOrigin::rule_text(size_t index) const {
  return profile_.name + ":" + std::to_string(profile_.rules[index].line) + ", syscalls[" +
         std::to_string(index) + "]";
}

std::string ProfileOrigin::short_text(size_t index) const {
  return "syscalls[" + std::to_string(index) + "] (line " +
         std::to_string(profile_.rules[index].line) + ")";
}

std::vector<std::string> ProfileOrigin::reasons(const FilteredCall& call, Release) const {
  std::vector<std::string> lines;
  bool decided = false;
  for (size_t i = 0; i < profile_.rules.size(); ++i) {
    const ProfileRule& rule = profile_.rules[i];
    if (!concerns(rule, call.number)) continue;
    const bool met = left_out_[i].empty() && holds(rule, call);
    if (decided || !met || rule.action != call.answer.value) continue;
    decided = true;
    lines.push_back(rule_text(i) + ": " + names_text(rule, call.number) + ", " + tests_text(rule) +
                    ": " + action_text(rule.action));
    if (!rule.is_about(call.number.name))
      lines.push_back("libseccomp makes of it one about socketcall(SYS_SOCKET), without its tests");
  }
  if (decided) return lines;
  const std::string call_text =
      std::string(call.number.name) + " of " + std::string(call.number.abi->name);
  if (call.answer.value == profile_.default_action) {
    lines.push_back(profile_.name + ":" + std::to_string(profile_.default_line) +
                    ", defaultAction: " + action_text(profile_.default_action) +
                    ", since no rule lets " + call_text + " with these arguments through");
    if (action_of(profile_.default_action, target_.release).id == FilterAction::allow)
      lines.back() = profile_.name + ":" + std::to_string(profile_.default_line) +
                     ", defaultAction: no rule is about this call";
  } else {
    lines.push_back(profile_.name + ": none of its rules: an architecture that it does not name, " +
                    call_text + ": " + return_text(call.answer.value, target_.release));
  }
  for (size_t i = 0; i < profile_.rules.size(); ++i)
    if (concerns(profile_.rules[i], call.number) && !left_out_[i].empty())
      lines.push_back(rule_text(i) + " is left out, " + left_out_[i]);
  return lines;
}

bool ProfileOrigin::lets_through(const SeccompProfile& profile, const ProfileTarget& target,
                                 const FilteredCall& call) const {
  try {
    const Filter filter(compile_profile(profile, target).code);
    return outcome_of(filter.run(call.input).value, target.release) == kFilterAllows;
  } catch (const std::exception&) {
    return false;  // libseccomp does not take the changed profile
  }
}

// A capability that a rule which was left out asks for.
void ProfileOrigin::add_grants(const FilteredCall& call, std::vector<std::string>* out) const {
  for (size_t i = 0; i < profile_.rules.size() && out->size() < kChangesMax; ++i) {
    const ProfileRule& rule = profile_.rules[i];
    if (!concerns(rule, call.number) || left_out_[i].empty()) continue;
    ProfileTarget target = target_;
    std::string names;
    for (const std::string& capability : rule.includes.caps) {
      int32_t number = 0;
      if (!parse_capability(capability, &number) || (target.caps >> number & 1) != 0) continue;
      target.caps |= uint64_t{1} << number;
      names += (names.empty() ? "--cap " : " --cap ") + capability_flag_name(number);
    }
    if (names.empty() || !lets_through(profile_, target, call)) continue;
    const std::string line = "with " + names + ", which " + short_text(i) + " includes";
    if (std::find(out->begin(), out->end(), line) == out->end()) out->push_back(line);
  }
}

// A rule more, a test less, a rule less.
void ProfileOrigin::add_edits(const FilteredCall& call, std::vector<std::string>* out) const {
  for (size_t i = 0; i < profile_.rules.size() && out->size() < kChangesMax; ++i) {
    const ProfileRule& rule = profile_.rules[i];
    if (!concerns(rule, call.number) || !left_out_[i].empty()) continue;
    const bool allows = outcome_of(rule.action, target_.release) == kFilterAllows;
    for (size_t t = 0; allows && t < rule.args.size(); ++t) {
      SeccompProfile changed = profile_;
      changed.rules[i].args.erase(changed.rules[i].args.begin() + static_cast<ptrdiff_t>(t));
      if (lets_through(changed, target_, call))
        out->push_back("without args[" + std::to_string(t) + "] of " + short_text(i) + ", " +
                       test_text(rule.args[t]));
    }
    if (allows || !holds(rule, call)) continue;
    SeccompProfile changed = profile_;
    changed.rules[i].action = SECCOMP_RET_ALLOW;
    if (lets_through(changed, target_, call))
      out->push_back("with SCMP_ACT_ALLOW instead of " + action_text(rule.action) + " in " +
                     short_text(i));
  }
  SeccompProfile more = profile_;
  ProfileRule rule;
  rule.names = {std::string(call.number.name)};
  rule.action = SECCOMP_RET_ALLOW;
  more.rules.push_back(rule);
  if (lets_through(more, target_, call))
    out->push_back("with one more of syscalls: {\"names\":[\"" + rule.names[0] +
                   "\"],\"action\":\"SCMP_ACT_ALLOW\"}");
  for (const std::string_view name : {call.number.abi->profile}) {
    more = profile_;
    more.arch_map.clear();
    more.architectures.emplace_back(name);
    if (out->empty() && lets_through(more, target_, call))
      out->push_back("with " + std::string(name) + " among the architectures");
  }
}

std::vector<std::string> ProfileOrigin::changes(const FilteredCall& call, Release) const {
  std::vector<std::string> out;
  add_grants(call, &out);
  add_edits(call, &out);
  return out;
}

}  // namespace

FilterLayer profile_layer(SeccompProfile profile, const ProfileTarget& target) {
  CompiledProfile compiled = compile_profile(profile, target);
  return {
      Filter(std::move(compiled.code)),
      std::make_unique<ProfileOrigin>(std::move(profile), target, std::move(compiled.left_out))};
}

}  // namespace sockoracle
