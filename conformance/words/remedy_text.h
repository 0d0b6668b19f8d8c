// SPDX-License-Identifier: GPL-2.0-only
// Remedies as what a person does, with the world flag behind it in parentheses.
#pragma once

#include <string>
#include <vector>

#include "model/explore.h"

namespace sockoracle {

// "modprobe sctp", "sysctl -w net.mptcp.enabled=1"; empty where only the flag can say it.
std::string deed_of(const Change& change);

// "with sudo PROGRAM (--as root)", one line for each group of sets, as change_lines has them.
std::vector<std::string> remedy_lines(const std::vector<std::vector<Change>>& sets);

}  // namespace sockoracle
