// SPDX-License-Identifier: GPL-2.0-only
// `explain CALL --every-errno`: which errnos a call can give at all, by whom, and how to see each
// program meet them.
#include "conformance/base/json_out.h"
#include "conformance/base/sections.h"
#include "conformance/base/text_layout.h"
#include "conformance/explain/explain.h"
#include "conformance/words/step_text.h"
#include "model/kernel.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

struct PossibleErrno {
  const ErrnoSymbol* symbol;
  std::vector<ErrnoCause> causes;
  bool here;  // the world as it is answers so
};

// What no kernel answers and somebody's filter could is not asked: any errno is that.
std::vector<PossibleErrno> possible_errnos(const Case& c) {
  std::vector<PossibleErrno> found;
  const int32_t here = ask(c).verdict.error;
  for (const ErrnoSymbol& symbol : errno_symbols()) {
    std::vector<ErrnoCause> causes = likely_causes(c, symbol.number);
    if (!causes.empty()) found.push_back({&symbol, std::move(causes), symbol.number == here});
  }
  return found;
}

// The system call that strace would fail: io_uring's has none of its own.
std::string inject_line(const Call& call, const ErrnoSymbol& symbol) {
  if (call.entry == Entry::io_uring) return {};
  const std::string name(entry_name(call.entry));
  return "strace -f -e trace=" + name + " -e inject=" + name +
         ":error=" + std::string(symbol.name) + ":when=1 PROGRAM";
}

std::string every_errno_json(const Setting& setting, const Call& call,
                             const std::vector<PossibleErrno>& all) {
  JsonOut out;
  out.begin_object();
  out.member("call", call_text(call));
  out.member("release", release_text(setting.world.release));
  out.key("errnos");
  out.begin_list();
  for (const PossibleErrno& one : all) {
    out.begin_object();
    out.member("errno", one.symbol->name);
    out.key("here");
    out.boolean(one.here);
    put_causes_json(out, setting, call, one.causes);
    out.member("inject", inject_line(call, *one.symbol));
    out.end_object();
  }
  out.end_list();
  out.end_object();
  return out.take();
}

}  // namespace

std::string every_errno_text(const Setting& setting, const Call& call,
                             const ExplainOptions& options) {
  const std::vector<PossibleErrno> all = possible_errnos({setting.world, call});
  if (options.json) return every_errno_json(setting, call, all);
  std::string text =
      call_text(call) + " = -1, with which errnos?    " + asked_of_text(setting) + "\n\n";
  Sections out(&text);
  put_without_effect(out, setting);
  for (const PossibleErrno& one : all) {
    const std::string label(one.symbol->name);
    if (const std::string line = inject_line(call, *one.symbol); !line.empty())
      out.line(label, line);
    for (const ErrnoCause& cause : one.causes) {
      std::string shown = cause.here ? "as the world is" : "before the kernel is asked";
      if (!cause.changes.empty())
        shown = change_lines({beside_flags(setting, cause.changes)}).front();
      out.line(label, padded(cause.name, 24) + paragraph(shown, kLabel + 24));
    }
  }
  if (all.empty()) out.line("no errno", "this call cannot fail near this world");
  return text;
}

}  // namespace sockoracle
