// SPDX-License-Identifier: GPL-2.0-only
// What is known of a case without asking the model that is under test: whether it has an answer for
// the family at all, and whether the kernel might look for a module.
#pragma once

#include <cstdint>
#include <set>

#include "model/case.h"

namespace sockoracle {

// Families for which the model has a create function, and AF_UNSPEC, which no kernel has.
bool has_model(int32_t family);

// Does some registration of some release name that protocol, or is it beside a bound of one?
const std::set<int32_t>& protocols_of_tables();

// Might the call make a kernel with these facts (release, providers) run modprobe? Read from the
// tables of registrations. Where the facts do not say whether a family is there, it might.
bool might_request_module(const World& facts, int32_t family, int32_t type, int32_t protocol);

}  // namespace sockoracle
