// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <string_view>

#include "conformance/subject.h"

namespace sockoracle {

// "6.12" or "6.12-modules": Debian's cloud kernel in QEMU, the latter with the protocol modules of
// its package loaded. Without them every protocol that is a module is absent, and no module can be
// loaded.
std::unique_ptr<Subject> vm_subject(std::string_view name, const AdjustWorld& adjust);

}  // namespace sockoracle
