// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/oracles/settings.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "fuzz/oracles/bugs.h"

namespace sockoracle::fuzz {
namespace {

[[noreturn]] void refuse(const char* text) {
  std::fprintf(stderr, "SOCKORACLE_HUNT=%s: accepted is RELEASE[,HAZARD], as in 3.12,", text);
  for (size_t i = 0; i < kHazardCount; ++i) {
    const std::string_view name = hazard_name(static_cast<Hazard>(i));
    std::fprintf(stderr, " %.*s", static_cast<int>(name.size()), name.data());
  }
  std::fputc('\n', stderr);
  std::exit(64);
}

Hunt read_hunt() {
  Hunt found;
  const char* text = std::getenv("SOCKORACLE_HUNT");
  if (text == nullptr || *text == '\0') return found;
  const std::string_view all = text;
  const size_t comma = all.find(',');
  found.on = true;
  if (!parse_release(all.substr(0, comma), &found.release)) refuse(text);
  if (comma == std::string_view::npos) return found;
  for (size_t i = 0; i < kHazardCount; ++i)
    if (hazard_name(static_cast<Hazard>(i)) == all.substr(comma + 1))
      found.hazard = static_cast<Hazard>(i);
  if (!found.hazard) refuse(text);
  return found;
}

}  // namespace

const Hunt& hunt() {
  static const Hunt found = read_hunt();
  return found;
}

void settle(World& world) {
  if (hunt().on) {
    world.with = world.without = {};
    set_release(world, hunt().release);
    if (hunt().hazard) repair(world, hunt().hazard);
  }
  make_possible(world);
}

}  // namespace sockoracle::fuzz
