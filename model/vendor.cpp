// SPDX-License-Identifier: GPL-2.0-only
#include "model/vendor.h"

#include "model/kernel_name.h"

namespace sockoracle {
namespace {

#define SYSCTL_IS(id, value) world.sysctls[static_cast<size_t>(Sysctl::id)].v[0] = value
#define PROVIDER_IS(id, presence) \
  world.providers[static_cast<size_t>(Provider::id)] = Presence::presence
#define HAS(id) world.with.set(Behaviour::id)
#define HAS_NOT(id) world.without.set(Behaviour::id)

constexpr VendorRow kRows[] = {
#define VENDOR_DOES(release, build, change, sentence, evidence) \
  {release, build, sentence, evidence, [](World& world) { change; }},
#include "model/vendor_backports.def"
};

}  // namespace

std::span<const VendorRow> vendor_rows() { return kRows; }

uint32_t build_of(std::string_view name) {
  const size_t dash = name.find('-');
  uint32_t build = 0;
  for (size_t at = dash + 1; dash != std::string_view::npos && at < name.size(); ++at) {
    if (name[at] < '0' || name[at] > '9' || build > 99999) break;
    build = build * 10 + static_cast<uint32_t>(name[at] - '0');
  }
  return build;
}

bool concerns(const VendorRow& row, std::string_view name) {
  return fits_name(name, row.release) && build_of(name) >= row.build;
}

size_t apply_vendor(World& world, std::string_view name) {
  size_t applied = 0;
  for (const VendorRow& row : kRows) {
    if (!concerns(row, name)) continue;
    row.apply(world);
    ++applied;
  }
  return applied;
}

}  // namespace sockoracle
