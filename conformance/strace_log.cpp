// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/strace_log.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "conformance/cli_error.h"
#include "conformance/explain.h"
#include "conformance/step_text.h"
#include "conformance/text_file.h"
#include "conformance/text_layout.h"
#include "model/kernel.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr std::string_view kUnfinished = "<unfinished ...>";

bool blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && (blank(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

// "123", "16:20:01.123456", "0.000012" (pid, time), "[00007f12]" (instruction pointer, number).
bool is_prefix_word(std::string_view word) {
  return !word.empty() && word.find_first_not_of("0123456789.:") == std::string_view::npos;
}

// Takes what strace puts before the call; `process` receives the pid's digits, or stays empty.
std::string_view without_prefix(std::string_view line, std::string* process) {
  bool first = true;
  for (line = trimmed(line); !line.empty(); line = trimmed(line), first = false) {
    if (line.front() == '[') {
      const size_t end = line.find(']');
      if (end == std::string_view::npos) return line;
      if (line.substr(0, 4) == "[pid") *process = trimmed(line.substr(4, end - 4));
      line.remove_prefix(end + 1);
      continue;
    }
    const std::string_view word = line.substr(0, line.find_first_of(" \t"));
    if (!is_prefix_word(word)) return line;
    const bool digits = word.find_first_not_of("0123456789") == std::string_view::npos;
    if (first && digits) *process = word;
    line.remove_prefix(word.size());
  }
  return line;
}

bool starts_call(std::string_view text) {
  for (const std::string_view word : {"socket(", "socketpair(", "socketcall("})
    if (text.substr(0, word.size()) == word) return true;
  return false;
}

class LogReader {
 public:
  LogReader(const std::string& name, const World& start, StraceLog* log)
      : name_(name), callers_(start), log_(*log) {}

  void line(std::string_view line, size_t number) {
    std::string process;
    const std::string_view text = without_prefix(line, &process);
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

  // Those that no line resumes: the process was killed, or the log ends.
  void end() {
    for (const auto& [process, open] : open_)
      if (starts_call(open.text)) call(open.text + ") = ?", process, open.line);
    log_.callers = callers_.callers();
  }

 private:
  struct Open {
    size_t line;
    std::string text;
  };

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
    if (!parse_call(text, &logged.call, &error, &end))
      return unreadable(number, error.position, error.accepted);
    const size_t sign = text.find('=', end);
    if (sign == std::string::npos) return unreadable(number, end, "= and the result");
    const std::string_view result = trimmed(std::string_view(text).substr(sign + 1));
    if (result.find("(INJECTED)") != std::string_view::npos) {
      ++log_.injected;
      return;
    }
    if (!read_result(result, &logged))
      return unreadable(number, sign + 1, "a descriptor, -1 and an errno, or ?");
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
    const ErrnoSymbol* symbol = find_errno(result.substr(0, result.find_first_of(" \t")));
    if (symbol == nullptr) return false;
    logged->error = symbol->number;
    return true;
  }

  void unreadable(size_t number, size_t position, std::string_view accepted) {
    log_.unreadable.push_back(
        fmt::format("{}:{}: character {} of the call: accepted is {}", name_, number, position + 1,
                    accepted));
  }

  const std::string& name_;
  CallerTracker callers_;
  StraceLog& log_;
  std::map<std::string, Open> open_;
};

// Calls that are the same question with the same answer.
struct Same {
  LoggedCall first;
  size_t count = 0;
};

std::vector<Same> folded(const StraceLog& log) {
  std::map<std::tuple<size_t, int, int32_t, int32_t, int32_t, bool, int32_t>, size_t> index;
  std::vector<Same> all;
  for (const LoggedCall& c : log.calls) {
    const auto [at, is_new] =
        index.try_emplace({c.caller, static_cast<int>(c.call.entry), c.call.family, c.call.type,
                           c.call.protocol, c.finished, c.error}, all.size());
    if (is_new) all.push_back({c, 0});
    ++all[at->second].count;
  }
  return all;
}

std::string result_text(int32_t error) {
  return error == 0 ? "a descriptor" : "-1 " + std::string(errno_name(error));
}

constexpr size_t kIndent = 11;

// A log's world may well differ so: caller, modules, sysctls, limits. That a policy or a fault
// could answer anything, or that another release does, explains nothing.
bool plausible(const std::vector<Change>& changes) {
  const auto of_caller_or_system = [](const Change& change) {
    switch (change.kind) {
      case Change::Kind::context:
        // Contexts with a policy are left out for the same reason.
        return contexts()[change.index].operations.find("deny") == std::string_view::npos;
      case Change::Kind::capability:
      case Change::Kind::module:
      case Change::Kind::sysctl:
      case Change::Kind::limit:
      case Change::Kind::group: return true;
      default: return false;
    }
  };
  return !changes.empty() && std::all_of(changes.begin(), changes.end(), of_caller_or_system);
}

// The smallest changes of the world that lead to the logged answer, or "".
std::string other_world(const Case& c, int32_t error, Rule* rule) {
  constexpr size_t kRemedies = 24;
  std::vector<std::vector<Change>> sets;
  *rule = Rule::created;
  if (error == 0) {
    for (const Remedy& remedy : remedies_of(c, kRemedies))
      if (plausible(remedy.changes)) sets.push_back(remedy.changes);
  } else {
    for (const Cause& cause : causes_of(c, error)) {
      if (!plausible(cause.changes)) continue;
      *rule = cause.rule;
      sets.push_back(cause.changes);
      break;
    }
  }
  if (sets.empty()) return {};
  const std::vector<std::string> lines = change_lines(sets);
  return lines.empty() ? std::string() : lines.front();
}

std::string because(Rule rule) {
  if (rule == Rule::created) return "no rule refuses";
  return fmt::format("{}: {}", row(rule).name, row(rule).sentence);
}

class Writer {
 public:
  Writer(const Setting& setting, const StraceLog& log, StraceVerdicts* out)
      : setting_(setting), log_(log), out_(*out) {}

  void add(const Same& same) {
    const LoggedCaller& caller = log_.callers[same.first.caller];
    const Case c{caller.world, same.first.call};
    const std::string call = call_text(same.first.call);
    if (!same.first.finished) return head("no result", same, call + " = ?");
    const std::string title = call + " = " + result_text(same.first.error);
    const Verdict verdict = ask(c).verdict;
    if (verdict.rule == Rule::family_not_modelled) return head("outside", same, title);
    if (verdict.error == same.first.error) {
      out_.checked += same.count;
      head("ok", same, title);
      if (verdict.error != 0) body(because(verdict.rule));
      if (caller.world != setting_.world) body("as " + caller_text(caller, setting_.world));
      return;
    }
    if (!caller.doubt.empty()) {
      out_.unknown += same.count;
      head("unknown", same, title);
      body("as " + caller_text(caller, setting_.world) + ": " + answer_of(verdict));
      return body("not certain: " + caller.doubt);
    }
    differs(same, c, title, verdict, caller);
  }

 private:
  static std::string answer_of(const Verdict& verdict) {
    return fmt::format("{}, because {}", result_text(verdict.error), because(verdict.rule));
  }

  void differs(const Same& same, const Case& c, const std::string& title, const Verdict& verdict,
               const LoggedCaller& caller) {
    out_.checked += same.count;
    Rule rule{};
    const std::string world = other_world(c, same.first.error, &rule);
    out_.differ += world.empty() ? same.count : 0;
    head(world.empty() ? "DIFFERS" : "elsewhere", same, title);
    const bool changed = caller.world != setting_.world;
    body(setting_text(setting_) +
         (changed ? ", now " + caller_text(caller, setting_.world) + "," : std::string()) +
         " answers " + answer_of(verdict));
    body(world.empty() ? "no other caller, module or sysctl near this world answers as the log says"
                       : fmt::format("the log's answer {}: {}", world, because(rule)));
  }

  void head(std::string_view word, const Same& same, const std::string& title) {
    out_.text += padded(word, kIndent) + title;
    out_.text += same.count == 1 ? fmt::format("   line {}\n", same.first.line)
                                 : fmt::format("   {} times, first in line {}\n", same.count,
                                               same.first.line);
  }
  void body(const std::string& sentence) {
    out_.text += std::string(kIndent, ' ') + paragraph(sentence, kIndent) + "\n";
  }

  const Setting& setting_;
  const StraceLog& log_;
  StraceVerdicts& out_;
};

}  // namespace

StraceLog read_strace_log(std::string_view text, const std::string& name, const World& start) {
  StraceLog log;
  LogReader reader(name, start, &log);
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    reader.line(text.substr(0, end), number);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  reader.end();
  std::sort(log.calls.begin(), log.calls.end(),
            [](const LoggedCall& a, const LoggedCall& b) { return a.line < b.line; });
  return log;
}

StraceVerdicts strace_verdicts(const StraceLog& log, const Setting& setting) {
  StraceVerdicts out;
  Writer writer(setting, log, &out);
  for (const Same& same : folded(log)) writer.add(same);
  out.text += fmt::format("{} calls, {} checked against {}; {} differ\n", log.calls.size(),
                          out.checked, setting_text(setting), out.differ);
  if (out.unknown != 0)
    out.text += fmt::format("{} not checked: the log does not say who made the call\n",
                            out.unknown);
  if (log.injected != 0) out.text += fmt::format("{} left out: injected by strace\n", log.injected);
  return out;
}

int command_strace(const std::string& file, const std::vector<Item>& items) {
  const Setting setting = build_setting(items);
  const std::string name = file == "-" ? "standard input" : file;
  const StraceLog log = read_strace_log(load_text(file), name, setting.world);
  const StraceVerdicts verdicts = strace_verdicts(log, setting);
  write_file_atomically("-", verdicts.text);
  for (const std::string& line : log.unreadable) std::fprintf(stderr, "%s\n", line.c_str());
  if (!log.unreadable.empty()) return kExitUsage;
  if (verdicts.differ != 0) return kExitDifference;
  return verdicts.checked == 0 ? kExitSkipped : kExitOk;
}

}  // namespace sockoracle
