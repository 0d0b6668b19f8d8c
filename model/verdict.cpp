// SPDX-License-Identifier: GPL-2.0-only
#include "model/verdict.h"

#include "model/inet_sock.h"

namespace sockoracle {
namespace {

constexpr RuleRow kRules[] = {
#define RULE(row, ...) {.id = Rule::row, .name = #row, __VA_ARGS__},
#include "model/rules.def"
};
static_assert(std::size(kRules) == kRuleCount);

constexpr bool rows_are_whole() {
  for (const RuleRow& row : kRules)
    if (row.kind == RuleClass{} || row.files.empty() || row.functions.empty() ||
        row.sentence.empty() || row.witness.empty())
      return false;
  return true;
}
static_assert(rows_are_whole());

struct HazardWords {
  std::string_view name, sentence;
};
constexpr HazardWords kHazards[] = {
#define HAZARD(id, sentence) {#id, sentence},
#include "model/hazards.def"
};

}  // namespace

std::span<const RuleRow> rules() { return kRules; }

const RuleRow* find_rule(std::string_view name) {
  for (const RuleRow& row : kRules)
    if (row.name == name) return &row;
  return nullptr;
}

std::string_view step_word(StepKind kind) {
  switch (kind) {
#define X(id, word) \
  case StepKind::id: return word;
    SOCKORACLE_STEP_KINDS(X)
#undef X
  }
  return {};
}

std::string_view hazard_name(Hazard hazard) { return kHazards[static_cast<size_t>(hazard)].name; }

std::string_view hazard_sentence(Hazard hazard) {
  return kHazards[static_cast<size_t>(hazard)].sentence;
}

Value Value::number(int64_t n) {
  Value value;
  value.kind = Kind::number;
  value.v[0] = n;
  return value;
}

Value Value::number(sock_num n) {
  Value value = number(int64_t{n.number});
  value.protocol_bits = n.protocol_bits;
  return value;
}

Value Value::failed(int32_t error) {
  Value value;
  value.kind = Kind::error;
  value.error = error;
  return value;
}

Value Value::name(std::string_view text) {
  Value value;
  value.kind = Kind::text;
  value.text = text;
  return value;
}

Value Value::list(std::span<const int64_t> numbers) {
  Value value;
  value.kind = Kind::list;
  for (const int64_t n : numbers)
    if (value.count < value.v.size()) value.v[value.count++] = n;
  return value;
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind != b.kind || a.count != b.count || a.error != b.error || a.text != b.text)
    return false;
  return a.v == b.v;
}

}  // namespace sockoracle
