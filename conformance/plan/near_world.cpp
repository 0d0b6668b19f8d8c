// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/plan/near_world.h"

#include <algorithm>

#include "conformance/words/step_text.h"

namespace sockoracle {
namespace {

// Another call is another socket, and another caller owns another inode.
bool keeps_socket(const Remedy& remedy) {
  return std::none_of(remedy.changes.begin(), remedy.changes.end(), [](const Change& change) {
    return change.kind == Change::Kind::call || change.kind == Change::Kind::context;
  });
}

std::string flags_of(const Remedy& remedy) {
  std::string flags;
  for (const Change& change : remedy.changes)
    flags += (flags.empty() ? "" : " ") + change_text(change);
  return flags;
}

}  // namespace

NearWorlds::Near NearWorlds::find(int32_t family, int32_t type, int32_t protocol, Rule rule) {
  constexpr size_t kEnough = 64;  // most remedies are other calls and other callers
  Known& known = known_[{family, type, rule}];
  if (known.asker != nullptr && known.asker->piece(family, type, protocol).error == 0)
    return {known.flags, known.asker.get()};
  const Case refused{
      .world = world_,
      .call = {.entry = Entry::socket, .family = family, .type = type, .protocol = protocol}};
  for (const Remedy& remedy : remedies_of(refused, kEnough)) {
    if (!keeps_socket(remedy)) continue;
    Case created = refused;
    for (const Change& change : remedy.changes) apply(created, change);
    known.flags = flags_of(remedy);
    known.asker = std::make_unique<ModelAsker>(created.world);
    return {known.flags, known.asker.get()};
  }
  return {};
}

}  // namespace sockoracle
