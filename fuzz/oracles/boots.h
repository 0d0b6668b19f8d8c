// SPDX-License-Identifier: GPL-2.0-only
// A target boots thousands of kernels a second, and most of them alike: each kind is booted once
// and copied. What is asked of a kernel does not depend on it; oracle `determinism` compares with
// one that was really booted.
#pragma once

#include <array>
#include <memory>

#include "model/kernel.h"
#include "model/slab.h"

namespace sockoracle::fuzz {

// Objects come from an arena, unless SOCKORACLE_SLAB=heap asks for the sanitizer's own: its reports
// also say who freed an object.
class Boots {
 public:
  // A kernel as it is after boot, good until the next one is asked for.
  Kernel& kernel(const World& world);

 private:
  struct Image {
    bool used = false;
    BootKey key;
    Kernel::Booted booted;
  };

  SlabArena arena_{size_t{4} << 20};
  std::unique_ptr<Kernel> kernel_;
  std::array<Image, 512> images_;
};

// The process's own.
Boots& boots();

}  // namespace sockoracle::fuzz
