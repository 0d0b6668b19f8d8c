// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/seccomp/verdict.h"

#include <algorithm>

#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr AbiRow kAbis[] = {
#define ABI(id, ...) {#id, __VA_ARGS__},
#include "conformance/seccomp/abis.def"
};

constexpr ActionRow kActions[] = {
#define ACTION(id, ...) {FilterAction::id, __VA_ARGS__},
#include "conformance/seccomp/actions.def"
};

constexpr uint32_t kSysSocket = 1, kSysSocketpair = 8;  // include/uapi/linux/net.h: SYS_SOCKET

const ActionRow& row_of(FilterAction action) { return kActions[static_cast<size_t>(action)]; }

uint32_t action_bits(uint32_t value, Release release) {
  return value & (has_full_mask(release) ? SECCOMP_RET_ACTION_FULL : SECCOMP_RET_ACTION);
}

}  // namespace

std::span<const AbiRow> abis() { return kAbis; }

const AbiRow* find_abi(std::string_view name) {
  for (const AbiRow& row : kAbis)
    if (row.name == name) return &row;
  return nullptr;
}

const AbiRow& native_abi() {
#if defined(__aarch64__)
  return *find_abi("aarch64");
#elif defined(__riscv)
  return *find_abi("riscv64");
#else
  return *find_abi("x86_64");
#endif
}

EntryNumber entry_number(const AbiRow& abi, Entry entry) {
  switch (entry) {
    case Entry::socket: return {&abi, "socket", abi.socket};
    case Entry::socketpair: return {&abi, "socketpair", abi.socketpair};
    case Entry::io_uring: return {&abi, "io_uring_setup", abi.io_uring_setup};
    case Entry::socketcall: break;
  }
  const AbiRow& other = abi.companion.empty() ? abi : *find_abi(abi.companion);
  return {&other, "socketcall", other.socketcall};
}

FilterInput input_of(const EntryNumber& number, const Call& call, const UpperHalves& upper) {
  FilterInput input;
  input.words[FilterInput::kNr] = static_cast<uint32_t>(number.nr);
  input.words[FilterInput::kArch] = number.abi->arch;
  if (sees_words(call.entry)) {
    const int32_t words[] = {call.family, call.type, call.protocol};
    for (size_t i = 0; i < std::size(words); ++i)
      input.set_argument(i, static_cast<uint32_t>(words[i]) | uint64_t{upper[i]} << 32);
  } else {
    // socketcall(SYS_SOCKET, args); io_uring_setup(entries, params): one entry is enough.
    input.set_argument(0, kSysSocket);
  }
  static_assert(kSysSocket != kSysSocketpair);
  return input;
}

std::span<const ActionRow> filter_actions() { return kActions; }

const ActionRow* find_action(std::string_view name) {
  for (const ActionRow& row : kActions) {
    std::string_view names = row.names;
    while (!names.empty()) {
      const size_t blank = std::min(names.find(' '), names.size());
      if (names.substr(0, blank) == name) return &row;
      names.remove_prefix(std::min(blank + 1, names.size()));
    }
  }
  return nullptr;
}

const ActionRow& action_of(uint32_t value, Release release) {
  const uint32_t bits = action_bits(value, release);
  for (const ActionRow& row : kActions)
    if (row.value == bits && within(release, row.since, "")) return row;
  return row_of(has_full_mask(release) && bits != SECCOMP_RET_KILL_THREAD
                    ? FilterAction::kill_process
                    : FilterAction::kill_thread);
}

std::string return_text(uint32_t value, Release release) {
  constexpr std::pair<uint32_t, const char*> kNames[] = {{SECCOMP_RET_KILL_PROCESS, "KILL_PROCESS"},
                                                         {SECCOMP_RET_KILL_THREAD, "KILL_THREAD"},
                                                         {SECCOMP_RET_TRAP, "TRAP"},
                                                         {SECCOMP_RET_ERRNO, "ERRNO"},
                                                         {SECCOMP_RET_USER_NOTIF, "USER_NOTIF"},
                                                         {SECCOMP_RET_TRACE, "TRACE"},
                                                         {SECCOMP_RET_LOG, "LOG"},
                                                         {SECCOMP_RET_ALLOW, "ALLOW"}};
  for (const auto& [bits, name] : kNames) {
    if (bits != (value & SECCOMP_RET_ACTION_FULL)) continue;
    std::string text = std::string("SECCOMP_RET_") + name;
    if (bits == SECCOMP_RET_ERRNO) {
      const int32_t error = outcome_of(value, release);
      const std::string_view known = errno_name(error);
      text += "(" + (known.empty() ? std::to_string(error) : std::string(known)) + ")";
    }
    return text;
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string digits;
  for (int shift = 28; shift >= 0; shift -= 4) digits += kHex[value >> shift & 15];
  return "0x" + digits + ", which no kernel knows";
}

bool has_full_mask(Release release) { return within(release, "4.14", ""); }

int32_t outcome_of(uint32_t value, Release release) {
  constexpr int32_t kMaxErrno = 4095;  // include/linux/err.h: MAX_ERRNO
  const int32_t data = static_cast<int32_t>(value & SECCOMP_RET_DATA);
  // What nearly every answer is, and every kernel knows.
  if ((value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ALLOW) return kFilterAllows;
  if ((value & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO) return std::min(data, kMaxErrno);
  switch (action_of(value, release).id) {
    case FilterAction::error: return std::min(data, kMaxErrno);
    case FilterAction::user_notif:
    case FilterAction::trace: return kENOSYS;
    case FilterAction::log:
    case FilterAction::allow: return kFilterAllows;
    case FilterAction::kill_process:
    case FilterAction::kill_thread:
    case FilterAction::trap: return kFilterKills;
  }
  return kFilterKills;
}

}  // namespace sockoracle
