// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/oracles/boots.h"

#include <cstdlib>
#include <string_view>

namespace sockoracle::fuzz {
namespace {

uint64_t hash_of(const BootKey& key) {
  uint64_t hash = 0;
  const auto mix = [&](uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 32;
  };
  for (const uint64_t word : key.behaviours.words) mix(word);
  for (const Presence presence : key.providers) mix(static_cast<uint64_t>(presence));
  return hash;
}

bool asks_for_heap() {
  const char* slab = std::getenv("SOCKORACLE_SLAB");
  return slab != nullptr && std::string_view(slab) == "heap";
}

}  // namespace

Kernel& Boots::kernel(const World& world) {
  const BootKey key = boot_key(world);
  Image& image = images_[hash_of(key) % images_.size()];
  if (image.used && image.key == key) {
    kernel_->reboot(world, image.booted);
    return *kernel_;
  }
  if (kernel_) kernel_->reboot(world);
  else kernel_ = std::make_unique<Kernel>(world);
  static const bool heap = asks_for_heap();
  if (!heap) kernel_->objects().arena = &arena_;
  kernel_->remember(image.booted);
  image.key = key;
  image.used = true;
  return *kernel_;
}

Boots& boots() {
  static Boots* const all = new Boots;  // until the process ends
  return *all;
}

}  // namespace sockoracle::fuzz
