// SPDX-License-Identifier: GPL-2.0-only
// kernel/module: references, request_module and what a protocol module registers when it loads.
#pragma once

#include <cstddef>
#include <span>

#include "model/kernel.h"

namespace sockoracle {

inline bool is_module(const module_owner& owner) {
  return owner.presence == Presence::loadable || owner.presence == Presence::loaded;
}
// Built in or loaded: what it registers is there.
inline bool in_kernel(const module_owner& owner) {
  return owner.presence == Presence::builtin || owner.presence == Presence::loaded;
}

bool get_loaded_module(Kernel& k, module_owner& owner);
void put_loaded_module(Kernel& k, module_owner& owner);

// True for built-in code (owner null or built in) and for a live module, whose count goes up.
inline bool try_module_get(Kernel& k, module_owner* owner) {
  return owner == nullptr || !is_module(*owner) || get_loaded_module(k, *owner);
}
// For whoever holds a reference already: never fails.
inline void __module_get(module_owner* owner) {
  if (owner != nullptr && is_module(*owner)) ++owner->refcnt;
}
inline void module_put(Kernel& k, module_owner* owner) {
  if (owner != nullptr && is_module(*owner)) put_loaded_module(k, *owner);
}

// request_module("net-pf-%d-proto-%d-type-%d"), or without -type- when type is -1. Loads the module
// whose alias matches, if it is loadable. The answer is ignored by every caller, so there is none.
void request_protocol_module(Kernel& k, int32_t family, Protocol protocol, int32_t type);
// request_module("net-pf-%d").
void request_family_module(Kernel& k, int32_t family);

// The alias a request_module step asked for, as modprobe gets it. Returns its length.
size_t alias_text(const Step& step, std::span<char> out);

// Registers, in the order of protosw.def, every entry and family whose provider is in the kernel
// and that is not registered yet: what the initcalls do at boot and a module's init when it comes.
// An AF_INET6 entry waits for IPv6.
void register_provided(Kernel& k);
// The module's init stands before its last step, on another CPU; load_provider takes that step.
// Only of SCTP is the order known: what the steps before have made visible is visible.
void start_provider(Kernel& k, Provider provider);
// The module's init: its protos, entries and family become known. What it needs comes before it.
void load_provider(Kernel& k, Provider provider);
// rmmod of a module without users; false while it is used, by sockets or by a module that needs it,
// or where it is not a module.
bool unload_provider(Kernel& k, Provider provider);

}  // namespace sockoracle
