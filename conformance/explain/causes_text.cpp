// SPDX-License-Identifier: GPL-2.0-only
// The reverse question: what gives this errno? As text and as JSON.
#include "conformance/base/json_out.h"
#include "conformance/base/sections.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/explain/likely.h"
#include "conformance/words/step_text.h"
#include "conformance/world/errno_text.h"
#include "conformance/world/sysctls_elsewhere.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

void put_witness(JsonOut& out, const std::vector<Change>& changes) {
  std::string flags;
  for (const Change& change : changes) flags += (flags.empty() ? "" : " ") + change_text(change);
  out.key("changes");
  out.begin_object();
  out.member("flags", flags);
  out.end_object();
}

}  // namespace

void put_tellings(Sections& out, const std::vector<ErrnoCause>& causes, const Call& call) {
  for (const Telling& telling : tellings_of(causes, call)) {
    const bool of_all = telling.cause == std::string::npos;
    std::string text = of_all ? "" : "cause " + std::to_string(telling.cause + 1) + ": ";
    text += telling.sentence;
    out.line("tell apart", telling.command);
    out.line("tell apart", "  " + paragraph(text, kLabel + 2));
  }
}

void put_without_effect(Sections& out, const Setting& setting) {
  for (const std::string& line : sysctls_without_effect(setting))
    out.line("no effect", paragraph(line, kLabel));
}

void put_causes_text(Sections& out, const Setting& setting, const std::vector<ErrnoCause>& causes) {
  size_t number = 0;
  for (const ErrnoCause& cause : causes) {
    const std::string label = "cause " + std::to_string(++number);
    out.line(label, padded(cause.name, 24) + cause.function + ", " + cause.file);
    out.line(label, paragraph(cause.sentence, kLabel));
    for (const std::string_view words : cause.words)
      out.line(label, "- " + paragraph(words, kLabel + 2));
    if (cause.here) out.line(label, "shown by the world as it is");
    for (const std::string& line : change_lines({beside_flags(setting, cause.changes)}))
      if (!line.empty()) out.line(label, paragraph("shown " + line, kLabel));
  }
}

void put_causes_json(JsonOut& out, const Setting& setting, const Call& call,
                     const std::vector<ErrnoCause>& causes) {
  out.key("causes");
  out.begin_list();
  for (const ErrnoCause& cause : causes) {
    out.begin_object();
    out.member("rule", cause.name);
    out.member("sentence", cause.sentence);
    out.member("where", cause.function.empty() ? "" : cause.file + ":" + cause.function);
    out.member("distance", static_cast<int64_t>(cause.distance));
    out.key("words");
    out.begin_list();
    for (const std::string_view words : cause.words) out.text(words);
    out.end_list();
    put_witness(out, beside_flags(setting, cause.changes));
    out.end_object();
  }
  out.end_list();
  out.key("tell_apart");
  out.begin_list();
  for (const Telling& telling : tellings_of(causes, call)) {
    out.begin_object();
    out.member("command", telling.command);
    out.member("sentence", telling.sentence);
    out.end_object();
  }
  out.end_list();
}

std::string causes_text(const Setting& setting, const Call& call, const ExplainOptions& options) {
  const int32_t error = errno_argument("--errno", options.error);
  const std::vector<ErrnoCause> causes = likely_causes({setting.world, call}, error);
  const std::string name(errno_name(error));
  if (options.json) return causes_json(setting, call, name, causes);
  std::string text = call_text(call) + " = -1 " + name + " (" + std::string(errno_text(error)) +
                     ")?    " + asked_of_text(setting) + "\n\n";
  Sections out(&text);
  if (!setting.who.empty()) out.line("caller", paragraph(setting.who, kLabel));
  put_without_effect(out, setting);
  if (causes.empty())
    out.line("no cause",
             paragraph("nothing near this world makes this call answer " + name +
                           "; a filter (seccomp, ptrace) may answer anything, and what is not "
                           "Linux (WSL 1, gVisor, qemu-user) answers for itself",
                       kLabel));
  put_causes_text(out, setting, causes);
  put_tellings(out, causes, call);
  return text;
}

}  // namespace sockoracle
