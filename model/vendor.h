// SPDX-License-Identifier: GPL-2.0-only
// What is known of vendors' kernels beyond the release that they are named after.
#pragma once

#include <cstddef>
#include <string_view>

#include "model/case.h"

namespace sockoracle {

struct VendorRow {
  std::string_view release;
  uint32_t build;
  std::string_view sentence, evidence;
  void (*apply)(World& world);
};
std::span<const VendorRow> vendor_rows();

// The number behind the first dash: 348 of 4.18.0-348.7.1.el8_5.x86_64.
uint32_t build_of(std::string_view name);

// Does the row speak of the kernel that uname -r names so?
bool concerns(const VendorRow& row, std::string_view name);

// Makes the world of such a kernel from that of its mainline release; the number of rows applied.
size_t apply_vendor(World& world, std::string_view name);

}  // namespace sockoracle
