// SPDX-License-Identifier: GPL-2.0-only
#include "model/module.h"

namespace sockoracle {

bool get_loaded_module(Kernel& k, module_owner& owner) {
  const bool ok = !owner.going && !k.should_fail();
  if (ok) ++owner.refcnt;
  k.step(StepKind::module_get, owner.name, ok ? 1 : 0);
  return ok;
}

void put_loaded_module(Kernel& k, module_owner& owner) {
  --owner.refcnt;
  k.step(StepKind::module_put, owner.name);
}

size_t alias_text(const Step& step, std::span<char> out) {
  size_t n = 0;
  const auto put = [&](std::string_view text) {
    for (const char c : text)
      if (n < out.size()) out[n++] = c;
  };
  const auto put_number = [&](int32_t number) {
    char digits[12];
    size_t count = 0;
    uint32_t rest = static_cast<uint32_t>(number);
    if (number < 0) rest = ~rest + 1;
    do digits[count++] = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) != 0);
    if (number < 0) put("-");
    while (count != 0) put({&digits[--count], 1});
  };
  put(step.what);
  put(step.b == -2 ? "-" : "-proto-");
  put_number(step.a);
  if (step.b >= 0) {
    put("-type-");
    put_number(step.b);
  }
  return n;
}

}  // namespace sockoracle
