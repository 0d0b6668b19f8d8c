// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <memory>
#include <string_view>

#include "conformance/subject/subject.h"

namespace sockoracle {

// "vm:6.12" or "vm:6.12-modules": Debian's cloud kernel in QEMU, the latter with the protocol
// modules of its package loaded. "vm": the kernel that --kernel names. "uml", "uml:FILE": user-mode
// Linux. Without modules every protocol that is one is absent, and none can be loaded.
std::unique_ptr<Subject> machine_subject(std::string_view name, const SubjectOptions& asking);

}  // namespace sockoracle
