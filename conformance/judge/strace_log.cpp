// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/judge/strace_log.h"

#include <algorithm>
#include <map>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/judge/log_notations.h"
#include "conformance/world/errno_text.h"
#include "model/kernel.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr std::string_view kUnfinished = "<unfinished ...>";

// "123", "16:20:01.123456", "0.000012" (pid, time), "[00007f12]" (instruction pointer, number).
bool is_prefix_word(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789.:") == std::string_view::npos;
}

size_t digits_of(std::string_view text) {
  return std::min(text.find_first_not_of("0123456789"), text.size());
}

// "123", or "123<nginx: worker>" (--decode-pids=comm): a name may have blanks, and no > inside.
size_t process_length(std::string_view text) {
  const size_t digits = digits_of(text);
  if (digits == 0 || digits == text.size() || text[digits] != '<') return digits;
  const size_t end = text.find('>', digits);
  return end == std::string_view::npos ? digits : end + 1;
}

// Takes what strace puts before the call; `process` receives the pid's digits, or stays empty.
std::string_view without_prefix(std::string_view line, std::string* process) {
  bool first = true;
  for (line = trimmed(line); !line.empty(); line = trimmed(line), first = false) {
    if (line.substr(0, 4) == "[pid") {
      const std::string_view pid = trimmed(line.substr(4));
      const size_t end = line.find(']', line.size() - pid.size() + process_length(pid));
      if (end == std::string_view::npos) return line;
      *process = pid.substr(0, digits_of(pid));
      line.remove_prefix(end + 1);
      continue;
    }
    if (line.substr(0, 2) == "(+") {  // -r beside -t: (+     0.166672)
      const size_t end = line.find(')');
      if (end == std::string_view::npos) return line;
      line.remove_prefix(end + 1);
      continue;
    }
    if (line.front() == '[') {
      const size_t end = line.find(']');
      if (end == std::string_view::npos) return line;
      line.remove_prefix(end + 1);
      continue;
    }
    const size_t named = first ? process_length(line) : 0;
    if (named > digits_of(line)) {
      *process = line.substr(0, digits_of(line));
      line.remove_prefix(named);
      continue;
    }
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    if (!is_prefix_word(word)) return line;
    if (first && digits_of(word) == word.size()) *process = word;
    line.remove_prefix(word.size());
  }
  return line;
}

bool starts_call(std::string_view text) {
  for (const std::string_view word : {"socket(", "socketpair(", "socketcall("})
    if (text.substr(0, word.size()) == word) return true;
  return false;
}

// Does strace write such lines, whatever the call? `text` has no prefix any more.
bool is_logged(std::string_view text) {
  for (const std::string_view word : {"<... ", "+++ ", "--- ", "strace: ", "Process "})
    if (text.substr(0, word.size()) == word) return true;
  if (starts_call(text) || CallerTracker::concerns(text)) return true;
  const size_t name =
      std::min(text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), text.size());
  return name != 0 && name < text.size() && text[name] == '(' &&
         (text.find(" = ") != std::string_view::npos ||
          text.find(kUnfinished) != std::string_view::npos);
}

// What a log says, fit for a terminal.
std::string printable(std::string_view text) {
  constexpr size_t kShown = 200;
  std::string out;
  for (const char c : text.substr(0, kShown)) out += c < 0x20 || c > 0x7e ? '?' : c;
  return out;
}

// A call whose type or protocol cannot be read may still be of a family without a model: the
// family is its first argument. Names of families that nobody here has heard of are such, too.
bool of_other_family(std::string_view text) {
  size_t start = text.find('(');
  if (start == std::string_view::npos) return false;
  if (text.substr(start + 1, 13) == "SYS_SOCKET, [") start += 13;
  const std::string_view inside = text.substr(start + 1);
  const std::string_view family = trimmed(inside.substr(0, inside.find(',')));
  Call call;
  CallError error;
  if (parse_call("socket(" + std::string(family) + ", SOCK_STREAM, 0)", &call, &error))
    return ask({default_world(newest_release()), call}).verdict.rule == Rule::family_not_modelled;
  return (family.substr(0, 3) == "AF_" || family.substr(0, 3) == "PF_") &&
         family.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
             std::string_view::npos;
}

class LogReader {
 public:
  LogReader(const LoggedCaller& start, StraceLog* log) : callers_(start), log_(*log) {}

  void line(std::string_view raw, size_t number) {
    log_.lines += trimmed(raw).empty() ? 0 : 1;
    if (const std::optional<Translated> other = other_notation(raw)) {
      ++log_.recognised;
      if (!other->system.empty()) log_.system = other->system;
      for (const std::string& text : other->lines) traced(text, number);
      if (other->refusal) refused(*other->refusal, number);
      return;
    }
    const std::string_view text = without_dress(raw, [](std::string_view rest) {
      std::string process;
      return is_logged(without_prefix(rest, &process));
    });
    log_.recognised += traced(text, number) ? 1 : 0;
  }

  // Those that no line resumes: the process was killed, or the log ends.
  void end() {
    for (const auto& [process, open] : open_)
      if (starts_call(open.text)) call(open.text + ") = ?", process, open.line);
    log_.callers = callers_.callers();
  }

  const std::optional<LoggedCaller>& first_shown() const { return callers_.first_shown(); }

 private:
  struct Open {
    size_t line;
    std::string text;
  };

  // A line in strace's notation; false: strace writes no such line.
  bool traced(std::string_view line, size_t number) {
    std::string process;
    const std::string_view text = without_prefix(line, &process);
    take(text, process, number);
    return is_logged(text);
  }

  // A record of who refused: nothing is left to be found out.
  void refused(const Refusal& refusal, size_t number) {
    LoggedCall logged;
    logged.line = number;
    logged.finished = true;
    logged.error = refusal.error;
    logged.said = refusal.error == 0 ? "SIGSYS" : "-1 " + std::string(errno_name(refusal.error));
    CallError error;
    if (!refusal.whole || !parse_call(refusal.call, &logged.call, &error))
      logged.words = printable(refusal.call);
    logged.refused_by = printable(refusal.by);
    logged.refusing_rule = refusal.rule;
    logged.caller = callers_.number_of({});
    log_.calls.push_back(logged);
  }

  void take(std::string_view text, const std::string& process, size_t number) {
    if (text.substr(0, 5) == "<... ") return resume(text, process);
    if (text.substr(0, 4) == "+++ ") return callers_.exited(process);
    const bool asks = starts_call(text);
    if (!asks && !CallerTracker::concerns(text)) return;
    if (text.substr(0, 11) == "socketcall(" && text.find("SYS_SOCKET,") == std::string_view::npos)
      return;
    const size_t cut = text.find(kUnfinished);
    if (cut == std::string_view::npos) return finished(std::string(text), process, number);
    if (!asks) callers_.begun(process, text);
    open_[process] = {number, std::string(trimmed(text.substr(0, cut)))};
  }

  void resume(std::string_view text, const std::string& process) {
    const size_t cut = text.find("resumed>");
    const auto found = open_.find(process);
    if (cut == std::string_view::npos || found == open_.end()) return;
    const std::string_view name = text.substr(5, text.find(' ', 5) - 5);
    if (found->second.text.substr(0, name.size() + 1) != std::string(name) + "(") return;
    const Open open = found->second;
    open_.erase(found);
    finished(open.text + std::string(text.substr(cut + 8)), process, open.line);
  }

  void finished(const std::string& text, const std::string& process, size_t number) {
    if (starts_call(text)) call(text, process, number);
    else callers_.line(process, text);
  }

  void call(const std::string& text, const std::string& process, size_t number) {
    LoggedCall logged;
    logged.line = number;
    CallError error;
    size_t end = 0;
    const bool read = parse_call(text, &logged.call, &error, &end);
    const bool other = !read && of_other_family(text);
    if (!read && !other) return not_understood(number, error.position, error.accepted);
    if (other) end = text.find(')');
    const size_t sign = text.find('=', std::min(end, text.size()));
    if (sign == std::string::npos) return not_understood(number, end, "= and the result");
    const std::string_view result = trimmed(std::string_view(text).substr(sign + 1));
    if (result.find("(INJECTED)") != std::string_view::npos) {
      ++log_.injected;
      return;
    }
    if (!read_result(result, &logged) && !other)
      return not_understood(number, sign + 1, "a descriptor, -1 and an errno, or ?");
    if (other) logged.words = printable(trimmed(text.substr(0, sign)));
    if (result.starts_with("-1 errno=")) log_.system = "qemu-user";
    logged.said = said_in(result);
    logged.caller = callers_.number_of(process);
    log_.calls.push_back(logged);
  }

  static bool read_result(std::string_view result, LoggedCall* logged) {
    if (result.empty()) return false;
    if (result.front() == '?') return true;
    logged->finished = true;
    if (result.front() >= '0' && result.front() <= '9') return true;
    if (result.substr(0, 3) != "-1 ") return false;
    result = trimmed(result.substr(3));
    const std::string_view word = result.substr(0, result.find_first_of(" \t"));
    const bool qemu = word.starts_with("errno=");  // qemu-user's -strace
    const std::optional<int32_t> error =
        qemu || word.starts_with("E") ? errno_of_text(word) : std::nullopt;
    if (!error) return false;
    logged->error = *error;
    return true;
  }

  // "a descriptor", "-1 EPERM", "?".
  static std::string said_in(std::string_view result) {
    if (result.empty() || result.front() == '?') return "?";
    if (result.substr(0, 3) != "-1 ") return "a descriptor";
    std::string_view word = trimmed(result.substr(3));
    word = word.substr(0, word.find_first_of(" \t"));
    const std::optional<int32_t> error =
        word.starts_with("errno=") ? errno_of_text(word) : std::nullopt;
    return "-1 " + (error ? std::string(errno_name(*error)) : printable(word));
  }

  void not_understood(size_t number, size_t position, std::string_view accepted) {
    log_.not_understood.push_back({number, position + 1, std::string(accepted)});
  }

  CallerTracker callers_;
  StraceLog& log_;
  std::map<std::string, Open> open_;
};

}  // namespace

namespace {

StraceLog read_as(std::string_view text, const std::string& name, const LoggedCaller& start,
                  std::optional<LoggedCaller>* first_shown) {
  StraceLog log;
  log.name = name;
  log.start = start;
  LogReader reader(start, &log);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    reader.line(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  reader.end();
  *first_shown = reader.first_shown();
  return log;
}

}  // namespace

StraceLog read_strace_log(std::string_view text, const std::string& name, const World& start) {
  std::optional<LoggedCaller> shown, again;
  StraceLog log = read_as(text, name, caller_of_world(start), &shown);
  // A line may show who the first process was all the time: then it is read again, as that one's.
  if (shown) {
    log = read_as(text, name, *shown, &again);
    log.start_shown = true;
  }
  std::sort(log.calls.begin(), log.calls.end(),
            [](const LoggedCall& a, const LoggedCall& b) { return a.line < b.line; });
  if (log.lines != 0 && log.recognised == 0)
    throw UsageError(name + ": no line was understood: accepted is what strace writes, like "
                            "socket(AF_INET, SOCK_STREAM, 0) = 3, perf trace, gVisor's log or "
                            "the kernel's audit records");
  return log;
}

}  // namespace sockoracle
