// SPDX-License-Identifier: GPL-2.0-only
// The model as a WebAssembly module: what the page calls. Texts in, texts out, mostly JSON; a
// mistake in the question is answered by {"error": "..."}, as `ask` does.
#include <exception>
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/base/json_reader.h"
#include "conformance/base/terminal.h"
#include "conformance/explain/ask.h"
#include "conformance/explain/explain.h"
#include "conformance/explain/history_text.h"
#include "conformance/explain/list_text.h"
#include "conformance/explain/repro.h"
#include "conformance/explain/table_text.h"
#include "conformance/judge/strace_verdicts.h"
#include "conformance/process/process_world.h"
#include "conformance/world/cli_world.h"
#include "conformance/world/host_world.h"

namespace sockoracle {

// A page runs on no kernel that it could look at.
HostFacts host_facts(const std::string&) { return {}; }
const KernelName& default_kernel() {
  static const KernelName newest{.release = newest_release(), .vendor = {}, .word = {}, .note = {}};
  return newest;
}
bool names_process(std::string_view name) { return name == kOwnCaller; }
bool names_process_world(std::string_view) { return false; }
const ProcessWorld& process_named(std::string_view, const std::string&) {
  throw UsageError("--as me: accepted is the name of a context, for a page runs on no Linux");
}
void apply_process(World&, const ProcessWorld&) {}
DescriptorRoom::DescriptorRoom() = default;
DescriptorRoom::~DescriptorRoom() {
  (void)soft_;
  (void)raised_;
}
void complain(std::string_view) {}
void show_lines(std::string_view) {}

namespace {

constexpr size_t kLogMax = 1u << 20;

// The answer to the latest question: the caller copies it before it asks again.
std::string latest;

std::string error_json(const char* what) {
  std::string json = "{\"error\":";
  append_quoted(json, what);
  return json + "}\n";
}

template <class Make>
const char* answered(const Make& make) {
  try {
    latest = make();
  } catch (const std::exception& error) {
    latest = error_json(error.what());
  }
  return latest.c_str();
}

std::vector<Item> items_of(const char* world) {
  std::vector<Item> items;
  if (*world != '\0') items_of_json(world, {}, &items);
  return items;
}

// Filters are made by libseccomp, which a page has not: better refused than passed over.
Setting page_setting(const std::vector<Item>& items) {
  for (const Item& item : items)
    if (item.kind == ItemKind::seccomp || item.kind == ItemKind::unit)
      throw UsageError(item.origin + " accepted by the program only, not in a page");
  return build_setting(items);
}

Setting setting_of(const char* world) { return page_setting(items_of(world)); }

}  // namespace
}  // namespace sockoracle

using namespace sockoracle;

extern "C" {

// One line of `sockoracle ask`; `number` is the line's.
const char* sockoracle_ask(const char* line, uint32_t number) {
  return answered([=] {
    static Oracle oracle({}, page_setting);
    std::string out;
    oracle.answer(line, number, &out);
    return out;
  });
}

// The other commands, each as its --format json. `world` is JSON as `ask` takes it, or empty.
const char* sockoracle_explain(const char* call, const char* world) {
  return answered([=] {
    const Setting setting = setting_of(world);
    return explain_json(setting, explain_case(setting, call_argument(call)));
  });
}

const char* sockoracle_causes(const char* call, const char* world, const char* error) {
  return answered([=] {
    ExplainOptions options;
    options.json = true;
    options.error = error;
    return causes_text(setting_of(world), call_argument(call), options);
  });
}

const char* sockoracle_history(const char* call, const char* world) {
  return answered(
      [=] { return history_text(setting_of(world), call_argument(call), {.json = true}); });
}

const char* sockoracle_table(int32_t family, const char* world) {
  return answered([=] { return table_text(setting_of(world), {.json = true, .family = family}); });
}

const char* sockoracle_list(const char* what) {
  return answered([=] { return list_text(what, true); });
}

// Text, no JSON: the C program, and what is said about an strace log.
const char* sockoracle_repro(const char* call, const char* world) {
  return answered([=] {
    std::vector<Item> items = items_of(world);
    const Call asked = repro_case(call, &items);
    return repro_text(page_setting(items), asked, {});
  });
}

const char* sockoracle_strace(const char* log, const char* world) {
  return answered([=] {
    const std::string text = log;
    if (text.size() > kLogMax) throw UsageError("the log: at most 1 MiB is accepted");
    const Setting setting = setting_of(world);
    const StraceLog read = read_strace_log(text, "log", setting.world);
    return strace_text(read, judge_strace(read, setting), setting);
  });
}

}  // extern "C"
