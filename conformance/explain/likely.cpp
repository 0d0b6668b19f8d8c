// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/likely.h"

#include <algorithm>

#include "conformance/words/step_text.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

struct Outside {
  std::string_view name, file, function, sentence;
};
constexpr Outside kOutside[] = {
#define CAUSE_OUTSIDE(...) {__VA_ARGS__},
#include "conformance/explain/causes.def"
};

struct Words {
  std::string_view cause, errnos, families;
  unsigned distance;
  std::string_view sentence, source;
};
constexpr Words kWords[] = {
#define CAUSE_WORDS(...) {__VA_ARGS__},
#include "conformance/explain/causes.def"
};

struct Tell {
  std::string_view causes, families, command, sentence;
};
constexpr Tell kTells[] = {
#define CAUSE_TELL(...) {__VA_ARGS__},
#include "conformance/explain/causes.def"
};

constexpr bool rows_are_whole() {
  for (const Words& row : kWords)
    if (row.cause.empty() || row.sentence.empty() || row.source.empty()) return false;
  return true;
}
static_assert(rows_are_whole());

bool lists(std::string_view words, std::string_view word) {
  for (size_t at = 0; at < words.size();) {
    const size_t end = std::min(words.find(' ', at), words.size());
    if (words.substr(at, end - at) == word) return true;
    at = end + 1;
  }
  return false;
}

bool of_family(std::string_view families, const Call& call) {
  return families.empty() || lists(families, call.family == kAF_INET6 ? "inet6" : "inet");
}

ErrnoCause cause_of_rule(const Case& c, const Cause& cause) {
  Release release = c.world.release;
  for (const Change& change : cause.changes)
    if (change.kind == Change::Kind::release) release = change.release;
  const RuleRow& facts = row(cause.rule);
  const bool inet6 = c.call.family == kAF_INET6;
  return {.name = facts.name,
          .sentence = facts.sentence,
          .file = std::string(facts.file(release, inet6)),
          .function = std::string(facts.function(release, inet6)),
          .changes = cause.changes,
          .distance = cause.distance,
          .here = cause.changes.empty(),
          .words = {}};
}

// What answers before the kernel does, where such an answer is known of somebody.
void add_outside(std::vector<ErrnoCause>& causes, const Case& c, std::string_view error) {
  for (const Outside& outside : kOutside) {
    unsigned nearest = 0;
    for (const Words& row : kWords)
      if (row.cause == outside.name && lists(row.errnos, error) && of_family(row.families, c.call))
        nearest = nearest == 0 ? row.distance : std::min(nearest, row.distance);
    if (nearest == 0) continue;
    const auto known = std::find_if(causes.begin(), causes.end(), [&](const ErrnoCause& cause) {
      return cause.name == outside.name;
    });
    if (known == causes.end())
      causes.push_back({.name = outside.name,
                        .sentence = outside.sentence,
                        .file = std::string(outside.file),
                        .function = std::string(outside.function),
                        .changes = {},
                        .distance = nearest,
                        .here = false,
                        .words = {}});
    else if (!known->here) known->distance = nearest;
  }
}

}  // namespace

std::vector<ErrnoCause> likely_causes(const Case& c, int32_t error, const Possible* possible) {
  const std::string_view name = errno_name(error);
  std::vector<ErrnoCause> causes;
  for (const Cause& cause : causes_of(c, error, possible))
    causes.push_back(cause_of_rule(c, cause));
  add_outside(causes, c, name);
  for (ErrnoCause& cause : causes)
    for (const Words& row : kWords)
      if (row.cause == cause.name && (row.errnos.empty() || lists(row.errnos, name)) &&
          of_family(row.families, c.call))
        cause.words.push_back(row.sentence);
  // Stable. (clang-19 warns of std::stable_sort in the library of gcc-12.)
  const auto nearer = [](const ErrnoCause& a, const ErrnoCause& b) {
    return a.distance < b.distance;
  };
  for (auto next = causes.begin(); next != causes.end(); ++next)
    std::rotate(std::upper_bound(causes.begin(), next, *next, nearer), next, next + 1);
  return causes;
}

std::vector<Telling> tellings_of(const std::vector<ErrnoCause>& causes, const Call& call) {
  std::vector<Telling> all;
  for (size_t i = 0; i < causes.size(); ++i) {
    for (const Tell& row : kTells) {
      if (!lists(row.causes, causes[i].name) || !of_family(row.families, call)) continue;
      const auto same = [&](const Telling& known) { return known.command == row.command; };
      if (std::none_of(all.begin(), all.end(), same))
        all.push_back({std::string(row.command), row.sentence, i});
    }
  }
  if (!causes.empty())
    all.push_back({"sockoracle explain '" + call_text(call) + "' --world pid:PID",
                   "the same question, in the world of that process", std::string::npos});
  return all;
}

std::vector<Change> beside_flags(const Setting& setting, const std::vector<Change>& changes) {
  const auto is_context = [](const Change& change) { return change.kind == Change::Kind::context; };
  const auto context = std::find_if(changes.begin(), changes.end(), is_context);
  if (context == changes.end()) return changes;
  Case wanted{setting.world, {}};
  for (const Change& change : changes) apply(wanted, change);
  std::vector<Item> items = setting.items;
  items.push_back({ItemKind::context, {}, std::string(contexts()[context->index].name), "--as"});
  Case typed{setting.base, {}};
  apply_items(typed.world, items);
  for (const Change& change : changes)
    if (!is_context(change)) apply(typed, change);
  std::vector<Change> whole = changes;
  for (const SysctlRow& row : sysctls()) {
    const SysctlValue& value = wanted.world.sysctls[static_cast<size_t>(row.id)];
    if (typed.world.sysctls[static_cast<size_t>(row.id)] == value) continue;
    Change change = change_of(Change::Kind::sysctl, static_cast<size_t>(row.id));
    change.sysctl = value;
    whole.push_back(change);
  }
  return whole;
}

}  // namespace sockoracle
