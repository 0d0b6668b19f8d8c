// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/words/step_text.h"

#include "conformance/base/json_reader.h"
#include "model/strace.h"
#include "model/symbols.h"
#include "model/value.h"

namespace sockoracle {
namespace {

std::string error_text(int32_t result) {
  const std::string_view name = errno_name(-result);
  return name.empty() ? std::to_string(result) : "-" + std::string(name);
}

std::string alias(const Step& step) {
  std::string text(step.what);
  if (step.b == -2) return text + "-" + std::to_string(step.a);  // net-pf-<family>
  text += "-proto-" + std::to_string(step.a);
  return step.b == -1 ? text : text + "-type-" + std::to_string(step.b);
}

std::string capability(const Step& step) {
  for (const Symbol& row : capability_symbols())
    if (row.number == step.a) return std::string(row.name);
  return "capability " + std::to_string(step.a);
}

// module_get and request_module answer 1 for yes; everything else 0 or -errno.
std::string outcome(const Step& step) {
  switch (step.kind) {
    case StepKind::request_module: return step.result != 0 ? " -> loaded" : " -> nothing came";
    case StepKind::module_get: return step.result != 0 ? "" : " -> refused";
    case StepKind::capable: return step.result != 0 ? " -> no" : " -> yes";
    default: return step.result == 0 ? "" : " = " + error_text(step.result);
  }
}

std::string detail(const Step& step) {
  switch (step.kind) {
    case StepKind::inetsw_match: {
      constexpr const char* kHow[] = {"the protocol asked for", "the caller asked 0",
                                      "it takes any protocol"};
      return step.b >= 0 && step.b < 3 ? std::string(": ") + kHow[step.b] : std::string();
    }
    case StepKind::capable:
      return step.b == 0 ? " in the initial user namespace"
                         : " in user namespace " + std::to_string(step.b);
    case StepKind::alloc: return " (fallible step " + std::to_string(step.a) + ")";
    default: return {};
  }
}

}  // namespace

std::string call_text(const Call& call) {
  char room[kCallTextMax];
  return std::string(room, print_call(call, room));
}

std::string value_string(const Value& value) {
  char room[kValueTextMax];
  const size_t length = value_text(value, room);
  return length <= sizeof room ? std::string(room, length) : std::string(value.text);
}

std::string step_subject(const Step& step) {
  switch (step.kind) {
    case StepKind::rule: return std::string(row(step.rule).name);
    case StepKind::request_module: return alias(step);
    case StepKind::capable: return capability(step);
    default: return std::string(step.what);
  }
}

std::string step_text(const Step& step) {
  return std::string(step_word(step.kind)) + " " + step_subject(step) + detail(step) +
         outcome(step);
}

void append_step_json(std::string& out, const Step& step) {
  const auto member = [&](const char* name, int64_t value) {
    out += ",\"";
    out += name;
    out += "\":";
    out += std::to_string(value);
  };
  out += "{\"kind\":\"";
  out += step_word(step.kind);
  out += "\",\"what\":";
  append_quoted(out, step_subject(step));
  if (step.kind == StepKind::request_module || step.kind == StepKind::module_get) {
    out += step.result != 0 ? ",\"result\":true" : ",\"result\":false";
  } else if (step.result < 0) {
    out += ",\"result\":";
    const std::string_view name = errno_name(-step.result);
    append_quoted(out, name.empty() ? std::to_string(-step.result) : name);
  }
  if (step.object != 0) member("object", step.object);
  if (step.kind == StepKind::alloc) member("fallible", step.a);
  if (step.kind == StepKind::capable) member("user_ns", step.b);
  if (step.kind == StepKind::inetsw_match) {
    member("protocol", step.a);
    constexpr std::string_view kHow[] = {"exact", "caller_asked_0", "entry_takes_any"};
    if (step.b >= 0 && step.b < 3) append_quoted(out += ",\"how\":", kHow[step.b]);
  }
  out += '}';
}

std::string match_sentence(const Step& step, const Call& call) {
  char room[kCallTextMax];
  const std::string type(room, print_type(call.type & kSOCK_TYPE_MASK, room));
  const std::string protocol(room, print_protocol(call.family, step.a, room));
  const std::string entry = (call.family == kAF_INET6 ? "inetsw6[" : "inetsw[") + type +
                            "]: entry " + std::string(step.what);
  switch (step.b) {
    case 0: return entry + " is " + protocol;
    case 1: return entry + " comes first; the caller's 0 becomes " + protocol;
    default: return entry + " takes any protocol";
  }
}

}  // namespace sockoracle
