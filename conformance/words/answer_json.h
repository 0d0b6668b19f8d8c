// SPDX-License-Identifier: GPL-2.0-only
// An answer as members of a JSON object, the same from every command: "errno" is a name, or null
// where a descriptor came. The answer of a family without a model is not known: "modelled" is
// false then, and there is no "errno" that could be taken for one.
#pragma once

#include <cstdint>
#include <string>

#include "conformance/base/json_out.h"
#include "model/symbols.h"
#include "model/verdict.h"

namespace sockoracle {

inline bool is_modelled(Rule rule) { return rule != Rule::family_not_modelled; }

// "EPERM"; "SIGSYS" where a seccomp filter killed the caller; "E512" for a number without a name.
inline std::string answer_name(int32_t error) {
  const std::string_view name = errno_name(error);
  return name.empty() ? "E" + std::to_string(error) : std::string(name);
}

inline void put_errno_value(JsonOut& out, int32_t error) {
  if (error == 0) return out.null();
  out.text(answer_name(error));
}

inline void put_errno(JsonOut& out, int32_t error, Rule rule) {
  out.key(is_modelled(rule) ? "errno" : "modelled");
  if (!is_modelled(rule)) return out.boolean(false);
  put_errno_value(out, error);
}

}  // namespace sockoracle
