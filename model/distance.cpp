// SPDX-License-Identifier: GPL-2.0-only
// How far a changed world lies from the one at hand: what differs between two everyday machines is
// near, what nobody meets is far. The order is that of 155 public threads whose cause was settled:
// IPv6 that is not there 30, capabilities and user namespaces 22, filters 22, groups of ping 11,
// security modules 8, MPTCP's sysctl 6, memory 3.
#include "model/explore.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

enum Distance : unsigned {
  kCaller = 100,
  kSysctl = 200,
  kModule = 250,
  kLimit = 300,
  kPolicy = 500,
  kMemory = 700,
  kRelease = 800,
  kOddPolicy = 900,
  kNoInet = 1200,
};

bool has_word(const ContextRow& context, std::string_view word) {
  return context.operations.find(word) != std::string_view::npos;
}

unsigned distance_of_context(const ContextRow& context) {
  if (has_word(context, "lsm-deny-alloc")) return kOddPolicy + 1;  // no module does that
  if (has_word(context, "deny")) return kPolicy + 1;               // the policy alone says more
  if (has_word(context, "nofile") || has_word(context, "file-max")) return kLimit + 1;
  if (has_word(context, "sysctl")) return kSysctl + 1;
  const bool namespaces = has_word(context, "userns") || has_word(context, "ownednetns");
  return kCaller + (namespaces ? 1 : 0);
}

unsigned distance_of_module(const Change& change) {
  const auto provider = static_cast<Provider>(change.index);
  if (provider == Provider::inet) return kNoInet;  // a Linux without TCP is none that people have
  return provider == Provider::ipv6 ? kCaller : kModule;
}

// Modules and programs of today say EACCES or EPERM; that they could say others explains little.
unsigned distance_of_policy(int32_t error) {
  return error == 0 || error == kEACCES || error == kEPERM ? kPolicy : kOddPolicy;
}

// Of two releases the nearer one.
unsigned gap(Release a, Release b) {
  return static_cast<unsigned>(a.index < b.index ? b.index - a.index : a.index - b.index);
}

}  // namespace

unsigned distance_of(const Case& c, const std::vector<Change>& changes) {
  unsigned sum = 0;
  for (const Change& change : changes) {
    switch (change.kind) {
      case Change::Kind::context: sum += distance_of_context(contexts()[change.index]); break;
      case Change::Kind::capability: sum += kCaller; break;
      case Change::Kind::module: sum += distance_of_module(change); break;
      case Change::Kind::sysctl: sum += kSysctl; break;
      case Change::Kind::policy: sum += distance_of_policy(change.number); break;
      case Change::Kind::limit: sum += kLimit; break;
      case Change::Kind::fault: sum += kMemory; break;
      case Change::Kind::release: sum += kRelease + gap(c.world.release, change.release); break;
      case Change::Kind::call: break;
    }
  }
  return sum;
}

}  // namespace sockoracle
