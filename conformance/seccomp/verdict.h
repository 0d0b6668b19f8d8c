// SPDX-License-Identifier: GPL-2.0-only
// From a call to what a filter sees of it, and from a filter's answer to what the caller gets.
#pragma once

#include <string>
#include <string_view>

#include "conformance/seccomp/filter.h"
#include "conformance/world/call_filter.h"
#include "model/case.h"
#include "model/verdict.h"

namespace sockoracle {

struct AbiRow {
  std::string_view name;     // "x86_64"
  std::string_view profile;  // "SCMP_ARCH_X86_64"
  std::string_view go;       // "amd64", as `includes.arches` of a profile names it
  std::string_view systemd;  // "x86-64", as SystemCallArchitectures= names it
  uint32_t arch;             // AUDIT_ARCH_*
  int32_t socket, socketpair, socketcall, io_uring_setup;
  std::string_view machine;  // whose engine reads the profile
  std::string_view companion;
};
std::span<const AbiRow> abis();
const AbiRow* find_abi(std::string_view name);
// Of the machine that this program was built for; x86_64 where it is none of the table.
const AbiRow& native_abi();

// Which system call an entry is in a program of that ABI.
struct EntryNumber {
  const AbiRow* abi;  // socketcall of an x86_64 program is i386's
  std::string_view name;
  int32_t nr;  // -1: there is no such call
};
EntryNumber entry_number(const AbiRow& abi, Entry entry);

// socketcall hands over a pointer, io_uring_setup no family at all: of neither a filter sees the
// call's words.
FilterInput input_of(const EntryNumber& number, const Call& call, const UpperHalves& upper = {});
// Whether a filter sees the call's family, type and protocol.
inline bool sees_words(Entry entry) { return entry == Entry::socket || entry == Entry::socketpair; }

enum class FilterAction : uint8_t {
#define ACTION(id, ...) id,
#include "conformance/seccomp/actions.def"
};
struct ActionRow {
  FilterAction id;
  uint32_t value;
  std::string_view since;  // "": all of the table
  std::string_view names;
  std::string_view sentence;
};
std::span<const ActionRow> filter_actions();
// "SCMP_ACT_ERRNO"; nullptr where no profile has such a name.
const ActionRow* find_action(std::string_view name);
// What that kernel does with the answer: an action that it does not know kills.
const ActionRow& action_of(uint32_t value, Release release);
// "SECCOMP_RET_ERRNO(EPERM)", "SECCOMP_RET_KILL_PROCESS"
std::string return_text(uint32_t value, Release release);
// kernel/seccomp.c: until 4.14 the mask was SECCOMP_RET_ACTION, without the topmost bit, and
// without a sign.
bool has_full_mask(Release release);
// Whether a filter that answers `value` outweighs others that answered `other`.
inline bool outweighs(uint32_t value, uint32_t other, bool full_mask) {
  if (!full_mask) return (value & SECCOMP_RET_ACTION) < (other & SECCOMP_RET_ACTION);
  return static_cast<int32_t>(value & SECCOMP_RET_ACTION_FULL) <
         static_cast<int32_t>(other & SECCOMP_RET_ACTION_FULL);
}

// In World.policies.seccomp_filter: allowed, or in place of an errno that the call ends with
// SIGSYS.
inline constexpr int32_t kFilterAllows = 0, kFilterKills = -1;
// What the caller sees: kFilterAllows, kFilterKills, or an errno.
int32_t outcome_of(uint32_t value, Release release);

}  // namespace sockoracle
