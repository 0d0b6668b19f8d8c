// SPDX-License-Identifier: GPL-2.0-only
#include "model/value.h"

#include "model/symbols.h"
#include "model/text_out.h"

namespace sockoracle {
namespace {

void put_list(TextOut& out, const Value& value) {
  if (value.count == 0) out.put("len0");
  for (size_t i = 0; i < value.count && i < value.v.size(); ++i) {
    if (i != 0) out.put(',');
    out.put_number(value.v[i]);
  }
}

void put_error(TextOut& out, int32_t error) {
  out.put('!');
  const std::string_view name = errno_name(error);
  if (name.empty()) {
    out.put_number(error);
  } else {
    out.put(name);
  }
}

}  // namespace

size_t value_text(const Value& value, std::span<char> room) {
  TextOut out(room);
  switch (value.kind) {
    case Value::Kind::none: out.put('-'); break;
    case Value::Kind::number: out.put_number(value.v[0]); break;
    case Value::Kind::list: put_list(out, value); break;
    case Value::Kind::text: out.put(value.text); break;
    case Value::Kind::error: put_error(out, value.error); break;
  }
  return out.length();
}

}  // namespace sockoracle
