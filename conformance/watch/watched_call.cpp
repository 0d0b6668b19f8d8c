// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/watch/watched_call.h"

#include <signal.h>

#include <cstring>

#include "conformance/base/json_reader.h"
#include "conformance/base/terminal.h"
#include "conformance/base/text_layout.h"
#include "conformance/words/answer_json.h"
#include "conformance/words/step_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr size_t kIndent = 11;

// As the verdicts of an strace log say it.
std::string_view word_of(Judged judged) {
  constexpr std::string_view kWords[] = {"ok",      "elsewhere", "DIFFERS",
                                         "unknown", "outside",   "no result"};
  return kWords[static_cast<size_t>(judged)];
}

std::string error_text(int32_t error) {
  const std::string_view name = errno_name(error);
  return "-1 " + (name.empty() ? "errno " + std::to_string(error) : std::string(name));
}

std::string said_text(const SeenCall& call) {
  if (!call.finished) {
    const char* const name = sigabbrev_np(call.signal);
    return std::string("? (SIG") + (name == nullptr ? "?" : name) + ")";
  }
  return call.result < 0 ? error_text(error_of(call)) : std::to_string(call.result);
}

std::string predicted_text(int32_t error) {
  return error == 0 ? "a descriptor" : error_text(error);
}

std::string because(Rule rule) {
  if (rule == Rule::created) return "no rule refuses";
  return std::string(row(rule).name) + ": " + std::string(row(rule).sentence);
}

class Lines {
 public:
  Lines(const WatchedCall& call, std::string kernel) : call_(call), kernel_(std::move(kernel)) {}

  std::string text() {
    const SeenCall& seen = call_.seen;
    Prediction& said = call_.in->predict(seen.call);
    const bool refused = call_.judged == Judged::ok && said.error != 0;
    head(refused && said.told ? "   " + std::string(row(said.rule).name) : std::string());
    if (refused && !said.told) refusal(said);
    said.told = true;
    if (call_.judged == Judged::ok || call_.judged == Judged::outside) return text_;
    body(kernel_ + " answers " + predicted_text(said.error) + " to " + call_.in->who +
         ", because " + because(said.rule));
    for (const std::string& condition : call_.in->holds_if) body("that holds if " + condition);
    if (!seen.finished) return text_;
    const std::vector<Elsewhere>& near = said.elsewhere.at(error_of(seen));
    if (near.empty()) body("no other caller, module or sysctl near this world is answered so");
    for (const Elsewhere& world : near)
      body("the kernel's answer " + world.how + ": " + std::string(world.sentence));
    return text_;
  }

 private:
  void head(const std::string& rule) {
    const SeenCall& seen = call_.seen;
    text_ = padded(word_of(call_.judged), kIndent) + call_text(seen.call) + " = " +
            said_text(seen) + "   " + visible_line(call_.name) + "[" + std::to_string(seen.task) +
            "]" + rule + "\n";
  }
  // Why, and what would help: the first time.
  void refusal(const Prediction& said) {
    body(because(said.rule));
    body("as " + call_.in->who);
    for (const std::string& remedy : said.remedies) body("succeeds " + remedy);
  }
  void body(const std::string& sentence) {
    text_ += std::string(kIndent, ' ') + paragraph(sentence, kIndent) + "\n";
  }

  const WatchedCall& call_;
  std::string kernel_, text_;
};

class Members {
 public:
  void text(std::string_view name, std::string_view value) {
    key(name);
    append_quoted(out_, value);
  }
  void raw(std::string_view name, std::string_view value) {
    key(name);
    out_ += value;
  }
  void list(std::string_view name, const std::vector<std::string>& values) {
    key(name);
    out_ += '[';
    for (size_t i = 0; i < values.size(); ++i) {
      if (i != 0) out_ += ',';
      append_quoted(out_, values[i]);
    }
    out_ += ']';
  }
  std::string take() { return out_ + "}\n"; }

 private:
  void key(std::string_view name) {
    out_ += out_.empty() ? '{' : ',';
    append_quoted(out_, name);
    out_ += ':';
  }
  std::string out_;
};

void put_prediction(Members& out, const WatchedCall& call, const Prediction& said) {
  if (!is_modelled(said.rule)) return out.raw("modelled", "false");
  out.text("predicted", predicted_text(said.error));
  out.text("rule", row(said.rule).name);
  out.list("remedies", said.remedies);
  if (!call.in->holds_if.empty()) out.list("holds_if", call.in->holds_if);
  if (!call.seen.finished || said.error == error_of(call.seen)) return;
  const std::vector<Elsewhere>& near = said.elsewhere.at(error_of(call.seen));
  out.text("cause", near.empty() ? std::string_view() : near.front().how);
  if (!near.empty()) out.text("cause_rule", near.front().rule);
}

}  // namespace

int32_t error_of(const SeenCall& call) {
  return call.result < 0 ? static_cast<int32_t>(-call.result) : 0;
}

Judged judge_watched(const WatchedCall& call) {
  const int32_t error = error_of(call.seen);
  const Prediction& said = call.seen.finished ? call.in->explain(call.seen.call, error)
                                              : call.in->predict(call.seen.call);
  if (!is_modelled(said.rule)) return Judged::outside;
  if (!call.seen.finished) return Judged::no_result;
  if (said.error == error) return Judged::ok;
  if (!call.in->holds_if.empty()) return Judged::unknown;
  return said.elsewhere.at(error).empty() ? Judged::differs : Judged::elsewhere;
}

std::string watched_text(const WatchedCall& call, const std::string& kernel) {
  return Lines(call, kernel).text();
}

std::string watched_json(const WatchedCall& call) {
  const SeenCall& seen = call.seen;
  Members out;
  out.raw("task", std::to_string(seen.task));
  out.text("name", call.name);
  out.text("who", call.in->who);
  out.text("call", call_text(seen.call));
  out.text("said", said_text(seen));
  if (seen.finished && seen.result >= 0) out.raw("errno", "null");
  else if (seen.finished) out.text("errno", error_text(error_of(seen)).substr(3));
  else out.raw("signal", std::to_string(seen.signal));
  put_prediction(out, call, call.in->predict(seen.call));
  out.text("verdict", call.judged == Judged::differs ? "differs" : word_of(call.judged));
  return out.take();
}

}  // namespace sockoracle
