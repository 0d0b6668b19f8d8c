// SPDX-License-Identifier: GPL-2.0-only
// The rows of world.def, for whoever walks over all facts of a world: notations, the codec, the
// search for remedies and causes, fuzzers.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "model/case.h"

namespace sockoracle {

class TextOut;

enum class Fact : uint8_t {
#define SWITCH(id, ...) id,
#define ID(id, ...) id,
#define LIMIT(id, ...) id,
#define POLICY(id, ...) id,
#define REPLACEMENT(id, ...) id,
#include "model/world.def"
};
#define SWITCH(...) +1
#define ID(...) +1
#define LIMIT(...) +1
#define POLICY(...) +1
#define REPLACEMENT(...) +1
inline constexpr size_t kFactCount = 0
#include "model/world.def"
    ;
#define POLICY(...) +1
inline constexpr size_t kPolicyCount = 0
#include "model/world.def"
    ;

enum class FactKind : uint8_t { toggle, id, limit, policy, replacement };

// What all facts of a kind have in common.
struct FactKindRow {
  FactKind kind;
  std::string_view flag;      // "--limit"
  std::string_view json;      // "limits": the key whose object has the fact's name
  std::string_view usual;     // the word for the default, "" = none: "unlimited"
  std::string_view accepted;  // "unlimited or a number"
  std::string_view form;      // of the value, for help: "unlimited|N"
};
const FactKindRow& row(FactKind kind);

struct FactRow {
  Fact id;
  FactKind kind;
  std::string_view name;
  int64_t usual, least, most;
  int32_t denied;
  uint8_t codec;
  std::string_view scope, staged, sentence;
};
std::span<const FactRow> world_facts();  // indexed by Fact
const FactRow& row(Fact fact);
const FactRow* find_fact(std::string_view name);
// The facts of one kind, in the order of the table.
std::span<const FactRow> world_facts(FactKind kind);

int64_t get(const World& world, Fact fact);
// `value` lies in [least, most].
void set(World& world, Fact fact, int64_t value);

// A value as people and programs write it: 1000, unlimited, allow, deny, EPERM, none. False where
// it is none, or outside the row's range.
bool parse_fact(const FactRow& row, std::string_view text, int64_t* value);
void put_fact(TextOut& out, const FactRow& row, int64_t value);

}  // namespace sockoracle
