// SPDX-License-Identifier: GPL-2.0-only
#include "model/world_facts.h"

#include <algorithm>
#include <limits>

#include "model/symbols.h"
#include "model/text_in.h"
#include "model/text_out.h"
#include "model/verdict.h"

namespace sockoracle {
namespace {

constexpr int64_t kIdMost = std::numeric_limits<uint32_t>::max();
constexpr int64_t kIntLeast = std::numeric_limits<int32_t>::min();
constexpr int64_t kIntMost = std::numeric_limits<int32_t>::max();
constexpr int64_t kErrnoMost = 133;  // EHWPOISON, the last one that has a name

constexpr FactRow kFacts[] = {
#define FACT(name_, kind_, usual_, least_, most_, ...) \
  {.id = Fact::name_,                                  \
   .kind = FactKind::kind_,                            \
   .name = #name_,                                     \
   .usual = usual_,                                    \
   .least = least_,                                    \
   .most = most_,                                      \
   __VA_ARGS__},
#define SWITCH(id_, first, ...) FACT(id_, toggle, first, 0, 1, __VA_ARGS__)
#define ID(id_, ...) FACT(id_, id, 0, 0, kIdMost, __VA_ARGS__)
#define LIMIT(id_, ...) FACT(id_, limit, kUnlimited, kUnlimited, kIntMost, __VA_ARGS__)
#define POLICY(id_, low, ...) FACT(id_, policy, 0, low, kErrnoMost, __VA_ARGS__)
#define REPLACEMENT(id_, ...) FACT(id_, replacement, kUnlimited, kIntLeast, kIntMost, __VA_ARGS__)
#include "model/world.def"
#undef FACT
};
static_assert(std::size(kFacts) == kFactCount);

constexpr bool grouped_by_kind() {
  for (size_t i = 1; i < kFactCount; ++i)
    if (kFacts[i].kind < kFacts[i - 1].kind || kFacts[i].codec < 1) return false;
  return true;
}
static_assert(grouped_by_kind(), "world_facts(kind) gives a part of the table");

constexpr FactKindRow kKinds[] = {
    {FactKind::toggle, "--set", "set", "", "0 or 1", "0|1"},
    {FactKind::id, "--set", "set", "", "a number from 0 to 4294967295", "N"},
    {FactKind::limit, "--limit", "limits", "unlimited", "unlimited or a number", "unlimited|N"},
    {FactKind::policy, "--policy", "policies", "allow", "allow, deny or the name of an errno",
     "allow|deny|ERRNO"},
    {FactKind::replacement, "--policy", "policies", "none", "none or a protocol number", "none|N"},
};

struct KindOrder {
  bool operator()(const FactRow& row, FactKind kind) const { return row.kind < kind; }
  bool operator()(FactKind kind, const FactRow& row) const { return kind < row.kind; }
};

// A name, or the number of an errno that has none.
bool parse_policy_value(const FactRow& row, std::string_view text, int64_t* value) {
  if (text == "deny") return *value = row.denied, true;
  if (text == errno_name(kKilledBySigsys)) return *value = kKilledBySigsys, row.least < 0;
  const ErrnoSymbol* symbol = find_errno(text);
  if (symbol == nullptr) return parse_number(text, row.least, row.most, value);
  *value = symbol->number;
  return *value >= row.least && *value <= row.most;
}

}  // namespace

const FactKindRow& row(FactKind kind) { return kKinds[static_cast<size_t>(kind)]; }

std::span<const FactRow> world_facts() { return kFacts; }

const FactRow& row(Fact fact) { return kFacts[static_cast<size_t>(fact)]; }

const FactRow* find_fact(std::string_view name) {
  for (const FactRow& row : kFacts)
    if (row.name == name) return &row;
  return nullptr;
}

std::span<const FactRow> world_facts(FactKind kind) {
  const auto [first, last] =
      std::equal_range(std::begin(kFacts), std::end(kFacts), kind, KindOrder{});
  return {first, last};
}

int64_t get(const World& world, Fact fact) {
  switch (fact) {
#define GET(id, place) \
  case Fact::id:       \
    return world.place;
#define SWITCH(id_, ...) GET(id_, id_)
#define ID(id_, ...) GET(id_, caller.id_)
#define LIMIT(id_, ...) GET(id_, limits.id_)
#define POLICY(id_, ...) GET(id_, policies.id_)
#define REPLACEMENT(id_, ...) GET(id_, policies.id_)
#include "model/world.def"
#undef GET
  }
  return 0;
}

void set(World& world, Fact fact, int64_t value) {
  switch (fact) {
#define SET(id, place, type)                \
  case Fact::id:                            \
    world.place = static_cast<type>(value); \
    break;
#define SWITCH(id_, ...) SET(id_, id_, bool)
#define ID(id_, ...) SET(id_, caller.id_, uint32_t)
#define LIMIT(id_, ...) SET(id_, limits.id_, int32_t)
#define POLICY(id_, ...) SET(id_, policies.id_, int32_t)
#define REPLACEMENT(id_, ...) SET(id_, policies.id_, int32_t)
#include "model/world.def"
#undef SET
  }
}

bool parse_fact(const FactRow& fact, std::string_view text, int64_t* value) {
  if (!text.empty() && text == row(fact.kind).usual) return *value = fact.usual, true;
  if (fact.kind == FactKind::policy) return parse_policy_value(fact, text, value);
  return parse_number(text, fact.least, fact.most, value);
}

void put_fact(TextOut& out, const FactRow& fact, int64_t value) {
  const FactKindRow& kind = row(fact.kind);
  const bool policy = fact.kind == FactKind::policy;
  if (value == fact.usual && !kind.usual.empty()) out.put(kind.usual);
  else if (policy && !errno_name(static_cast<int32_t>(value)).empty())
    out.put(errno_name(static_cast<int32_t>(value)));
  else out.put_number(value);
}

}  // namespace sockoracle
