// SPDX-License-Identifier: GPL-2.0-only
#include <algorithm>
#include <set>

#include "conformance/base/plural.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/explain/systems.h"
#include "conformance/judge/strace_verdicts.h"
#include "conformance/words/answer_json.h"
#include "conformance/words/step_text.h"
#include "conformance/world/sysctls_elsewhere.h"

namespace sockoracle {
namespace {

constexpr size_t kVerdictIndent = 11;

std::string result_text(int32_t error) {
  return error == 0 ? "a descriptor" : "-1 " + std::string(errno_name(error));
}

std::string logged_text(const LoggedCall& call) {
  return call.words.empty() ? call_text(call.call) : call.words;
}

std::string because(Rule rule) {
  if (rule == Rule::created) return "no rule refuses";
  return std::string(row(rule).name) + ": " + std::string(row(rule).sentence);
}

std::string_view word_of(Judged judged) {
  constexpr std::string_view kWords[] = {"ok",      "elsewhere", "DIFFERS",
                                         "unknown", "outside",   "no result"};
  return kWords[static_cast<size_t>(judged)];
}

// A log shows neither its kernel nor who the first process was: what the flags do not say is
// assumed.
struct Assumed {
  bool release, caller;
};

Assumed assumed_of(const Setting& setting, bool caller_shown) {
  return {!release_chosen(setting), !setting.caller_chosen && !caller_shown};
}

std::string assumed_text(const Setting& setting, const StraceLog& log) {
  const Assumed assumed = assumed_of(setting, log.start_shown);
  std::string text;
  if (assumed.release) text = "Linux " + release_text(setting.world.release) + " (--release)";
  if (assumed.caller)
    text += (text.empty() ? "" : ", and ") + std::string("that the first process is ") +
            caller_text(log.start, setting.world) + " (--as, --uid, --cap)";
  if (text.empty()) return {};
  return paragraph("assumed, for no log shows it: " + text, 2) + "\n";
}

class Writer {
 public:
  Writer(const Setting& setting, const StraceLog& log) : setting_(setting), log_(log) {}

  void add(const StraceVerdict& verdict) {
    const LoggedCaller& caller = log_.callers[verdict.call.caller];
    head(verdict);
    switch (verdict.judged) {
      case Judged::ok:
        if (verdict.predicted != 0) body(because(verdict.rule));
        if (caller.world != setting_.world) body("as " + caller_text(caller, setting_.world));
        break;
      case Judged::unknown:
        body("as " + caller_text(caller, setting_.world) + ": " + answer_of(verdict));
        body("not certain: " + caller.doubt);
        break;
      case Judged::elsewhere:
      case Judged::differs: differs(verdict, caller); break;
      default: break;
    }
  }

  void add(const NotUnderstood& line) {
    const std::string head = padded("not understood", kVerdictIndent);
    text_ +=
        head +
        paragraph("line " + std::to_string(line.line) + ", character " +
                      std::to_string(line.character) + " of the call: accepted is " + line.accepted,
                  head.size()) +
        "\n";
  }

  void counts(const StraceVerdicts& verdicts) {
    text_ += plural(verdicts.calls, "call") + ", " + std::to_string(verdicts.checked) +
             " checked against " + setting_text(setting_) + "; " +
             plural(verdicts.differ, "differs", "differ") + "\n";
    note(verdicts.unknown, "not checked: the log does not say who made the call");
    note(verdicts.outside, "outside the model: other families");
    note(log_.injected, "left out: injected by strace");
    if (!log_.not_understood.empty())
      text_ += plural(log_.not_understood.size(), "line") + " not understood\n";
    text_ += assumed_text(setting_, log_);
    if (!log_.system.empty())
      text_ += paragraph(std::string(find_system(std::string(log_.system)).sentence) +
                             ": this log is of it; sockoracle explain CALL --system " +
                             std::string(log_.system),
                         2) +
               "\n";
    for (const std::string& line : sysctls_without_effect(setting_))
      text_ += paragraph(line, 2) + "\n";
  }

  std::string take() { return std::move(text_); }

 private:
  static std::string answer_of(const StraceVerdict& verdict) {
    return result_text(verdict.predicted) + ", because " + because(verdict.rule);
  }

  void differs(const StraceVerdict& verdict, const LoggedCaller& caller) {
    if (!verdict.call.refused_by.empty())
      return body("recorded: " + std::string(verdict.call.refusing_rule) + ": " +
                  verdict.call.refused_by);
    const bool changed = caller.world != setting_.world;
    body(setting_text(setting_) +
         (changed ? ", now " + caller_text(caller, setting_.world) + "," : std::string()) +
         " answers " + answer_of(verdict));
    if (verdict.elsewhere.empty())
      return body("nothing near this world, and no filter that is known, answers as the log says");
    bool first = true;
    for (const Elsewhere& near : verdict.elsewhere) {
      const std::string rule = near.rule == row(Rule::created).name ? "" : std::string(near.rule);
      body((first ? "the log's answer " : "or ") + near.how + ": " + rule +
           (rule.empty() ? "" : ": ") + std::string(near.sentence));
      for (const std::string_view words : near.words)
        text_ +=
            std::string(kVerdictIndent, ' ') + "- " + paragraph(words, kVerdictIndent + 2) + "\n";
      first = false;
    }
    const std::string& said = verdict.call.said;
    if (said.starts_with("-1 "))
      body("more: sockoracle explain '" + call_text(verdict.call.call) + "' --errno " +
           said.substr(3));
  }

  void head(const StraceVerdict& verdict) {
    const size_t count = verdict.lines.size();
    const std::string first = std::to_string(verdict.lines.front());
    text_ +=
        padded(word_of(verdict.judged), kVerdictIndent) + logged_text(verdict.call) + " = " +
        verdict.call.said + "   " +
        (count == 1 ? "line " + first : std::to_string(count) + " times, first in line " + first) +
        "\n";
  }
  void body(const std::string& sentence) {
    text_ += std::string(kVerdictIndent, ' ') + paragraph(sentence, kVerdictIndent) + "\n";
  }
  void note(size_t count, const char* what) {
    if (count != 0) text_ += std::to_string(count) + " " + what + "\n";
  }

  const Setting& setting_;
  const StraceLog& log_;
  std::string text_;
};

// One call of one line, of those that the verdict is about.
void put_call(JsonOut& out, const StraceLog& log, const StraceVerdict& verdict, size_t line) {
  const LoggedCaller& caller = log.callers[verdict.call.caller];
  out.begin_object();
  out.member("file", log.name);
  out.member("line", static_cast<int64_t>(line));
  out.member("call", logged_text(verdict.call));
  out.member("said", verdict.call.said);
  if (is_modelled(verdict.rule)) {
    out.member("predicted", result_text(verdict.predicted));
  } else {
    out.key("modelled");
    out.boolean(false);
  }
  out.member("verdict", verdict.judged == Judged::differs ? "differs" : word_of(verdict.judged));
  out.member("rule", row(verdict.rule).name);
  const bool elsewhere = !verdict.elsewhere.empty();
  out.member("cause", elsewhere ? verdict.elsewhere.front().how : "");
  if (elsewhere) out.member("cause_rule", verdict.elsewhere.front().rule);
  out.member("caller", caller_text(caller, log.callers.front().world));
  if (!caller.doubt.empty()) out.member("doubt", caller.doubt);
  out.end_object();
}

// Every call in the order of the lines.
void put_calls(JsonOut& out, const StraceLog& log, const StraceVerdicts& verdicts) {
  std::set<std::pair<size_t, size_t>> order;  // line, verdict
  for (size_t i = 0; i < verdicts.all.size(); ++i)
    for (const size_t line : verdicts.all[i].lines) order.emplace(line, i);
  for (const auto& [line, index] : order) put_call(out, log, verdicts.all[index], line);
}

void put_not_understood(JsonOut& out, const StraceLog& log) {
  for (const NotUnderstood& line : log.not_understood) {
    out.begin_object();
    out.member("file", log.name);
    out.member("line", static_cast<int64_t>(line.line));
    out.member("character", static_cast<int64_t>(line.character));
    out.member("accepted", line.accepted);
    out.end_object();
  }
}

void put_assumed(JsonOut& out, const Setting& setting, std::span<const StraceLog> logs) {
  const bool shown =
      std::all_of(logs.begin(), logs.end(), [](const StraceLog& log) { return log.start_shown; });
  const Assumed assumed = assumed_of(setting, shown);
  out.key("assumed");
  out.begin_list();
  if (assumed.release) out.text("release");
  if (assumed.caller) out.text("caller");
  out.end_list();
}

}  // namespace

std::string strace_text(const StraceLog& log, const StraceVerdicts& verdicts,
                        const Setting& setting) {
  Writer writer(setting, log);
  for (const StraceVerdict& verdict : verdicts.all) writer.add(verdict);
  for (const NotUnderstood& line : log.not_understood) writer.add(line);
  writer.counts(verdicts);
  return writer.take();
}

std::string strace_json(std::span<const StraceLog> logs, std::span<const StraceVerdicts> verdicts,
                        const Setting& setting) {
  StraceVerdicts sums;
  size_t injected = 0, not_understood = 0;
  for (const StraceVerdicts& one : verdicts) {
    sums.calls += one.calls;
    sums.checked += one.checked;
    sums.differ += one.differ;
    sums.unknown += one.unknown;
    sums.outside += one.outside;
  }
  for (const StraceLog& log : logs) {
    injected += log.injected;
    not_understood += log.not_understood.size();
  }
  JsonOut out;
  out.begin_object();
  out.member("release", release_text(setting.world.release));
  out.member("caller", caller_text(caller_of_world(setting.world), setting.world));
  put_assumed(out, setting, logs);
  out.key("counts");
  out.begin_object();
  const std::pair<const char*, size_t> counts[] = {{"calls", sums.calls},
                                                   {"checked", sums.checked},
                                                   {"differ", sums.differ},
                                                   {"unknown", sums.unknown},
                                                   {"outside", sums.outside},
                                                   {"injected", injected},
                                                   {"not_understood", not_understood}};
  for (const auto& [name, count] : counts) out.member(name, static_cast<int64_t>(count));
  out.end_object();
  out.key("calls");
  out.begin_list();
  for (size_t i = 0; i < logs.size(); ++i) put_calls(out, logs[i], verdicts[i]);
  out.end_list();
  out.key("not_understood");
  out.begin_list();
  for (const StraceLog& log : logs) put_not_understood(out, log);
  out.end_list();
  out.end_object();
  return out.take();
}

}  // namespace sockoracle
