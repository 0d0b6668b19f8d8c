// SPDX-License-Identifier: GPL-2.0-only
// What would make a call fail that succeeds: the other direction of remedies_of, by the same means.
#include <algorithm>

#include "model/explore.h"
#include "model/kernel.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

class Search {
 public:
  explicit Search(const Case& c) : case_(c) {}

  std::vector<Breaker> breakers() {
    if (refusal(case_).rule != Rule::created) return {};
    try_sysctls();
    try_modules();
    try_contexts();
    try_releases();
    try_anything();
    return std::move(found_);
  }

 private:
  static Verdict refusal(const Case& c) {
    Kernel k(c.world);
    const CallScope quiet(k, {.tracing = false});
    return k.call(c.call);
  }

  // Of each rule the first kind of change that meets it, and of that kind all.
  bool consider(const Change& change) {
    Case changed = case_;
    apply(changed, change);
    const Verdict verdict = refusal(changed);
    if (verdict.error == 0 || verdict.rule == Rule::family_not_modelled) return false;
    const auto nearer = [&](const Breaker& known) {
      return known.rule == verdict.rule && known.change.kind != change.kind;
    };
    if (std::none_of(found_.begin(), found_.end(), nearer))
      found_.push_back({change, verdict.error, verdict.rule});
    return true;
  }

  // Each at its ends; of a range of groups the empty one, which is the kernel's default.
  void try_sysctls() {
    for (const SysctlRow& row : sysctls()) {
      SysctlValue low{}, high{};
      for (size_t i = 0; i < row.count; ++i) {
        low.v[i] = row.min;
        high.v[i] = row.max;
      }
      if (row.id == Sysctl::ping_group_range) low = {{1, 0, 0}};
      for (const SysctlValue& value : {low, high}) {
        if (case_.world.sysctls[static_cast<size_t>(row.id)] == value) continue;
        Change change = change_of(Change::Kind::sysctl, static_cast<size_t>(row.id));
        change.sysctl = value;
        if (consider(change)) break;
      }
    }
  }

  // A kernel without net/ipv4 has other troubles.
  void try_modules() {
    for (size_t i = 0; i < kProviderCount; ++i) {
      if (static_cast<Provider>(i) == Provider::inet) continue;
      if (case_.world.providers[i] == Presence::absent) continue;
      Change change = change_of(Change::Kind::module, i);
      change.presence = Presence::absent;
      consider(change);
    }
  }

  // Callers only: a context that brings a policy, a limit or a sysctl stands for that, and is tried
  // as such.
  void try_contexts() {
    for (size_t i = 0; i < contexts().size(); ++i) {
      World world = default_world(case_.world.release);
      const World plain = world;
      apply_context(world, contexts()[i]);
      const bool sysctl = contexts()[i].operations.find("sysctl") != std::string_view::npos;
      if (!sysctl && world.policies == plain.policies && world.limits == plain.limits)
        consider(change_of(Change::Kind::context, i));
    }
  }

  void try_releases() {
    const auto count = static_cast<int>(releases().size());
    for (const int direction : {-1, 1}) {
      for (int i = case_.world.release.index + direction; i >= 0 && i < count; i += direction) {
        Change change = change_of(Change::Kind::release, 0);
        change.release = {static_cast<uint8_t>(i), 0};
        if (consider(change)) break;
      }
    }
  }

  void try_anything() {
    for (const FactRow& row : world_facts(FactKind::limit))
      consider(change_of(Change::Kind::limit, static_cast<size_t>(row.id), 0));
    for (const FactRow& row : world_facts(FactKind::policy))
      consider(change_of(Change::Kind::policy, static_cast<size_t>(row.id), row.denied));
    constexpr int32_t kFallible = 10;
    for (int32_t n = 1; n <= kFallible; ++n) consider(change_of(Change::Kind::fault, 0, n));
  }

  const Case& case_;
  std::vector<Breaker> found_;
};

}  // namespace

std::vector<Breaker> breakers_of(const Case& c) { return Search(c).breakers(); }

}  // namespace sockoracle
