// SPDX-License-Identifier: GPL-2.0-only
#include "model/symbols.h"

#include "model/verdict.h"

namespace sockoracle {
namespace {

constexpr Symbol kFamilies[] = {
#define SYMBOL_FAMILY(name, number) {"AF_" #name, number},
#include "model/symbols.def"
};

constexpr Symbol kTypes[] = {
#define SYMBOL_TYPE(name, number) {"SOCK_" #name, number},
#include "model/symbols.def"
};

constexpr Symbol kProtocols[] = {
#define SYMBOL_PROTOCOL(name, number) {"IPPROTO_" #name, number},
#include "model/symbols.def"
};

constexpr ErrnoSymbol kErrnos[] = {
#define SYMBOL_ERRNO(name, number, text) {"E" #name, number, text},
#include "model/symbols.def"
};

// include/uapi/linux/capability.h, v7.3.
constexpr Symbol kCapabilities[] = {
    {"CAP_CHOWN", 0},
    {"CAP_DAC_OVERRIDE", 1},
    {"CAP_DAC_READ_SEARCH", 2},
    {"CAP_FOWNER", 3},
    {"CAP_FSETID", 4},
    {"CAP_KILL", 5},
    {"CAP_SETGID", 6},
    {"CAP_SETUID", 7},
    {"CAP_SETPCAP", 8},
    {"CAP_LINUX_IMMUTABLE", 9},
    {"CAP_NET_BIND_SERVICE", 10},
    {"CAP_NET_BROADCAST", 11},
    {"CAP_NET_ADMIN", 12},
    {"CAP_NET_RAW", 13},
    {"CAP_IPC_LOCK", 14},
    {"CAP_IPC_OWNER", 15},
    {"CAP_SYS_MODULE", 16},
    {"CAP_SYS_RAWIO", 17},
    {"CAP_SYS_CHROOT", 18},
    {"CAP_SYS_PTRACE", 19},
    {"CAP_SYS_PACCT", 20},
    {"CAP_SYS_ADMIN", 21},
    {"CAP_SYS_BOOT", 22},
    {"CAP_SYS_NICE", 23},
    {"CAP_SYS_RESOURCE", 24},
    {"CAP_SYS_TIME", 25},
    {"CAP_SYS_TTY_CONFIG", 26},
    {"CAP_MKNOD", 27},
    {"CAP_LEASE", 28},
    {"CAP_AUDIT_WRITE", 29},
    {"CAP_AUDIT_CONTROL", 30},
    {"CAP_SETFCAP", 31},
    {"CAP_MAC_OVERRIDE", 32},
    {"CAP_MAC_ADMIN", 33},
    {"CAP_SYSLOG", 34},
    {"CAP_WAKE_ALARM", 35},
    {"CAP_BLOCK_SUSPEND", 36},
    {"CAP_AUDIT_READ", 37},
    {"CAP_PERFMON", 38},
    {"CAP_BPF", 39},
    {"CAP_CHECKPOINT_RESTORE", 40},
};

std::string_view name_of(std::span<const Symbol> table, int32_t number) {
  for (const Symbol& row : table)
    if (row.number == number) return row.name;
  return {};
}

}  // namespace

std::span<const Symbol> family_symbols() { return kFamilies; }
std::span<const Symbol> type_symbols() { return kTypes; }
std::span<const Symbol> protocol_symbols() { return kProtocols; }
std::span<const ErrnoSymbol> errno_symbols() { return kErrnos; }
std::span<const Symbol> capability_symbols() { return kCapabilities; }

std::string_view family_name(int32_t family) { return name_of(kFamilies, family); }
std::string_view type_name(int32_t type) { return name_of(kTypes, type); }
std::string_view protocol_name(int32_t protocol) { return name_of(kProtocols, protocol); }

std::string_view errno_name(int32_t error) {
  if (error == 0) return "0";
  if (error == kKilledBySigsys) return "SIGSYS";
  for (const ErrnoSymbol& row : kErrnos)
    if (row.number == error) return row.name;
  return {};
}

std::string_view errno_text(int32_t error) {
  for (const ErrnoSymbol& row : kErrnos)
    if (row.number == error) return row.text;
  return error == 0 ? "Success" : std::string_view{};
}

const Symbol* find_symbol(std::span<const Symbol> table, std::string_view name) {
  for (const Symbol& row : table)
    if (row.name == name) return &row;
  return nullptr;
}

const ErrnoSymbol* find_errno(std::string_view name) {
  for (const ErrnoSymbol& row : kErrnos)
    if (row.name == name) return &row;
  return nullptr;
}

}  // namespace sockoracle
