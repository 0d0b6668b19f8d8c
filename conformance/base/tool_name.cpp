// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/base/tool_name.h"

#include <utility>

namespace sockoracle {
namespace {

std::string& own_name() {
  static std::string name = "sockoracle";
  return name;
}

}  // namespace

std::string tool_name() { return own_name(); }
void set_tool_name(std::string name) { own_name() = std::move(name); }

}  // namespace sockoracle
