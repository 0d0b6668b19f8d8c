// SPDX-License-Identifier: GPL-2.0-only
// Examples of each notation: test/log_notations_test.cpp.
#include "conformance/judge/log_notations.h"

#include <algorithm>

#include "conformance/base/scan.h"
#include "conformance/world/errno_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

struct AuditEntry {
  std::string_view arch;
  int64_t number;
  std::string_view name;
};
constexpr AuditEntry kAuditEntries[] = {
#define AUDIT_ENTRY(arch, number, name) {arch, number, name},
#include "conformance/judge/audit_entries.def"
};

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

// The value of NAME=VALUE or NAME="VALUE", a word of its own.
std::string_view value_of(std::string_view line, std::string_view name) {
  for (size_t at = 0; (at = line.find(name, at)) != std::string_view::npos; at += name.size()) {
    const bool starts = at == 0 || line[at - 1] == ' ' || line[at - 1] == ':';
    const size_t sign = at + name.size();
    if (!starts || sign >= line.size() || line[sign] != '=') continue;
    std::string_view rest = line.substr(sign + 1);
    if (rest.empty() || rest.front() != '"') return rest.substr(0, rest.find(' '));
    rest.remove_prefix(1);
    return rest.substr(0, rest.find('"'));
  }
  return {};
}

std::string failed(int32_t error) {
  return "-1 " + std::string(errno_name(error)) + " (" + std::string(errno_text(error)) + ")";
}

// -- perf trace: "0.172 ( 0.026 ms): curl/12 socket(family: INET, type: STREAM, protocol: 6) = 3"

// "INET" becomes "AF_INET", "STREAM|CLOEXEC" "SOCK_STREAM|SOCK_CLOEXEC", numbers stay.
std::string with_names(std::string_view words, std::string_view prefix) {
  std::string out;
  for (size_t at = 0; at <= words.size();) {
    const size_t end = std::min(words.find('|', at), words.size());
    const std::string_view word = trimmed(words.substr(at, end - at));
    const bool named = !word.empty() && word.front() >= 'A' && word.front() <= 'Z';
    out += (out.empty() ? "" : "|") + std::string(named ? prefix : "") + std::string(word);
    at = end + 1;
  }
  return out;
}

std::optional<Translated> perf_line(std::string_view line) {
  const size_t mark = line.find(" ms): ");
  if (mark == std::string_view::npos || line.find('(') > mark) return std::nullopt;
  std::string_view rest = trimmed(line.substr(mark + 6));
  const size_t open = rest.find('('), close = rest.rfind(") ");
  const size_t sign = rest.rfind(" = ");
  if (open == std::string_view::npos || close == std::string_view::npos ||
      sign == std::string_view::npos || close < open)
    return std::nullopt;
  std::string process;
  std::string_view name = rest.substr(0, open);
  if (const size_t blank = name.rfind(' '); blank != std::string_view::npos) {
    const std::string_view task = name.substr(0, blank);
    process = std::string(task.substr(std::min(task.rfind('/'), task.size() - 1) + 1)) + " ";
    name.remove_prefix(blank + 1);
  }
  Translated out;
  if (name != "socket" && name != "socketpair") return out;
  const std::string_view inside = rest.substr(open + 1, close - open - 1);
  std::string call(name);
  constexpr std::string_view kMembers[][2] = {
      {"family: ", "AF_"}, {"type: ", "SOCK_"}, {"protocol: ", "IPPROTO_"}};
  for (const auto& [member, prefix] : kMembers) {
    const size_t at = inside.find(member);
    if (at == std::string_view::npos) return out;
    const std::string_view value = inside.substr(at + member.size());
    call += (member == kMembers[0][0] ? "(" : ", ") +
            with_names(value.substr(0, value.find(',')), prefix);
  }
  out.lines.push_back(process + call + ") = " + std::string(rest.substr(sign + 3)));
  return out;
}

// -- gVisor: "I0506 17:04:01.4 211953 strace.go:622] [ 3: 3] python X socket(...) = 0 (0x0)
//    errno=1 (operation not permitted) (3.1us)"; entries have an E and no result

std::optional<Translated> gvisor_line(std::string_view line) {
  const size_t mark = line.find(" strace.go:");
  if (mark == std::string_view::npos) return std::nullopt;
  Translated out{{}, {}, "gvisor"};
  const size_t task = line.find("] [", mark);
  if (task == std::string_view::npos) return out;
  std::string_view rest = line.substr(task + 3);
  const size_t end = rest.find("] "), exit = rest.find(" X ");
  if (end == std::string_view::npos || exit == std::string_view::npos || exit < end) return out;
  const std::string_view ids = rest.substr(0, end);
  const std::string process(trimmed(ids.substr(ids.rfind(':') + 1)));
  rest = rest.substr(exit + 3);
  const size_t sign = rest.rfind(") = ");
  if (sign == std::string_view::npos) return out;
  const std::string call(rest.substr(0, sign + 1));
  std::string_view result = rest.substr(sign + 4);
  std::string said(result.substr(0, result.find(' ')));
  if (const size_t at = result.find("errno="); at != std::string_view::npos)
    if (const auto error = errno_of_text(result.substr(at, result.find(' ', at) - at)))
      said = failed(*error);
  out.lines.push_back(process + " " + call + " = " + said);
  return out;
}

// -- audit: "type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=41 success=no exit=-13 a0=2 ..."

const AuditEntry* entry_of(std::string_view line) {
  const std::string_view arch = value_of(line, "arch"), call = value_of(line, "syscall");
  const std::optional<int64_t> number = whole_number(call);
  for (const AuditEntry& row : kAuditEntries)
    if (number ? row.arch == arch && row.number == *number : row.name == call) return &row;
  return nullptr;
}

// Raw: hexadecimal. Interpreted by ausearch -i: names.
std::string audit_argument(std::string_view value, std::string_view prefix) {
  if (whole_number<uint64_t>(value, 16) &&
      value.find_first_of("ghijklmnopqrstuvwxyz") == std::string_view::npos)
    return "0x" + std::string(value.size() > 8 ? value.substr(value.size() - 8) : value);
  const std::string word = upper(value);
  return word.starts_with(prefix) ? word : std::string(prefix) + word;
}

std::optional<Translated> audit_syscall(std::string_view line) {
  Translated out;
  const AuditEntry* entry = entry_of(line);
  if (entry == nullptr || entry->name == "socketcall") return out;
  const std::string_view exit = value_of(line, "exit");
  const std::string process = std::string(value_of(line, "pid")) + " ";
  for (const auto& [member, call] : {std::pair{"euid", "geteuid"}, {"egid", "getegid"}})
    if (const std::string_view id = value_of(line, member); whole_number<uint32_t>(id))
      out.lines.push_back(process + call + "() = " + std::string(id));
    else if (id == "root") out.lines.push_back(process + call + "() = 0");
  const size_t bracket = exit.find('(');
  const bool negative = exit.starts_with("-") || bracket != std::string_view::npos;
  const std::optional<int32_t> error = errno_of_text(exit.substr(0, bracket));
  if (negative && !error) return out;
  out.lines.push_back(process + std::string(entry->name) + "(" +
                      audit_argument(value_of(line, "a0"), "AF_") + ", " +
                      audit_argument(value_of(line, "a1"), "SOCK_") + ", " +
                      audit_argument(value_of(line, "a2"), "IPPROTO_") +
                      ") = " + (negative ? failed(*error) : std::string(exit)));
  return out;
}

// "type=1326 audit(...): ... comm="x" sig=31 arch=c000003e syscall=41 ... code=0x80000000"
std::optional<Translated> seccomp_record(std::string_view line) {
  Translated out;
  const AuditEntry* entry = entry_of(line);
  if (entry == nullptr) return out;
  constexpr int64_t kLogged = 0x7ffc0000;  // SECCOMP_RET_LOG: the call was let through
  std::string_view code = value_of(line, "code");
  if (code.starts_with("0x")) code.remove_prefix(2);
  if (whole_number(code, 16) == kLogged) return out;
  const bool killed = value_of(line, "sig") != "0";
  out.refusal = {std::string(entry->name) + "(?)", false, killed ? 0 : kEPERM, "seccomp_filter",
                 "the seccomp filter of " + std::string(value_of(line, "comm")) + " (pid " +
                     std::string(value_of(line, "pid")) + ")" +
                     (killed ? "" : "; which errno it gave is not recorded")};
  return out;
}

// -- AppArmor: apparmor="DENIED" operation="create" profile="P" ... family="inet" sock_type="raw"

std::optional<Translated> apparmor_record(std::string_view line) {
  Translated out;
  const std::string family(value_of(line, "family")), type(value_of(line, "sock_type"));
  if (value_of(line, "operation") != "create" || family.empty()) return out;
  if (value_of(line, "apparmor") != "DENIED") return out;
  const std::string protocol(value_of(line, "protocol"));
  out.refusal = {"socket(AF_" + upper(family) + ", SOCK_" + upper(type) + ", " + protocol + ")",
                 true, kEACCES, "lsm_socket_create",
                 "AppArmor's profile \"" + std::string(value_of(line, "profile")) +
                     "\"; its rule `network " + family + " " + type + ",` would allow it"};
  return out;
}

// -- SELinux: avc:  denied  { create } for  pid=1 ... scontext=A tcontext=B tclass=rawip_socket

std::optional<Translated> selinux_record(std::string_view line) {
  Translated out;
  const std::string kind(value_of(line, "tclass"));
  const bool create = line.find("{ create }") != std::string_view::npos;
  if (!create || !kind.ends_with("socket") || value_of(line, "permissive") == "1") return out;
  out.refusal = {"socket of class " + kind, false, kEACCES, "lsm_socket_create",
                 "SELinux: " + std::string(value_of(line, "scontext")) + " may not create " + kind +
                     "; audit2allow makes a rule of the record"};
  return out;
}

}  // namespace

std::optional<Translated> other_notation(std::string_view line) {
  const auto has = [&](std::string_view text) { return line.find(text) != std::string_view::npos; };
  // Before strace's calls none of these stands, and in their strings each may.
  const size_t call = line.find("socket(");
  if (call != std::string_view::npos && line.find('"') < call) return std::nullopt;
  if (auto found = gvisor_line(line)) return found;
  if (auto found = perf_line(line)) return found;
  if (has("apparmor=\"")) return apparmor_record(line);
  if (has("avc: ") && has("tclass=")) return selinux_record(line);
  if (has("type=1326 ") || has("type=SECCOMP ")) return seccomp_record(line);
  if (has("type=SYSCALL ") || has("type=1300 ")) return audit_syscall(line);
  return std::nullopt;
}

std::string_view without_dress(std::string_view line, bool (*is_logged)(std::string_view)) {
  line = trimmed(line);
  while (line.starts_with(">")) line = trimmed(line.substr(1));
  if (is_logged(line)) return line;
  const size_t stop = std::min(line.find_first_of("\"("), line.size());
  for (size_t at = 0; (at = line.find(": ", at)) < stop; at += 2)
    if (is_logged(trimmed(line.substr(at + 2)))) return trimmed(line.substr(at + 2));
  return line;
}

}  // namespace sockoracle
