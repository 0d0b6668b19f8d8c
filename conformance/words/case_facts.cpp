// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/words/case_facts.h"

#include <algorithm>
#include <optional>

#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr std::nullopt_t ANY = std::nullopt;

struct EntryFacts {
  int32_t family, type, protocol;
  Provider provider;
  std::optional<Behaviour> with, without;
};

enum class Prot : uint8_t {
#define PROTO(id, ...) id,
#include "model/proto.def"
};
constexpr Provider kProviderOf[] = {
#define PROTO(id, name, provider, ...) Provider::provider,
#include "model/proto.def"
};

constexpr EntryFacts kEntryFacts[] = {
#define PROTOSW(family, type, protocol, proto, ops, flags, with, without, source) \
  {family, type, protocol, kProviderOf[static_cast<size_t>(Prot::proto)], with, without},
#include "model/protosw.def"
};

// Protos that the configuration builds only beside another provider that is built in.
struct BuiltBeside {
  Prot prot;
  Provider provider;
};
constexpr BuiltBeside kBuiltBeside[] = {
#define WITH_BUILTIN(id, provider) {Prot::id, Provider::provider},
#include "model/proto.def"
};
constexpr Prot kProtOfEntry[] = {
#define PROTOSW(family, type, protocol, proto, ops, flags, with, without, source) Prot::proto,
#include "model/protosw.def"
};

constexpr int32_t kFamilies = 46;  // NPROTO of the newest release: none has more
// IPPROTO_MAX, until 5.5 and since.
constexpr int32_t kProtocolBounds[] = {256, 263};

bool is_there(const World& facts, Provider provider) {
  const Presence presence = facts.providers[static_cast<size_t>(provider)];
  return presence == Presence::builtin || presence == Presence::loaded;
}

bool is_registered(const World& facts, size_t entry) {
  const EntryFacts& row = kEntryFacts[entry];
  if (row.with && !facts.has(*row.with)) return false;
  if (row.without && facts.has(*row.without)) return false;
  return is_there(facts, row.provider) &&
         std::none_of(std::begin(kBuiltBeside), std::end(kBuiltBeside), [&](const BuiltBeside& b) {
           return b.prot == kProtOfEntry[entry] &&
                  facts.providers[static_cast<size_t>(b.provider)] != Presence::builtin;
         });
}

bool is_family_registered(const World& facts, int32_t family) {
  switch (family) {
    case kAF_INET: return is_there(facts, Provider::inet);
    case kAF_INET6: return is_there(facts, Provider::inet) && is_there(facts, Provider::ipv6);
    case kAF_PACKET: return is_there(facts, Provider::packet);
    default: return false;
  }
}

// Is there an entry that serves the protocol? Asked 0, any entry but a wild one does.
bool is_served(const World& facts, int32_t family, int32_t type, int32_t protocol) {
  for (size_t i = 0; i < std::size(kEntryFacts); ++i) {
    const EntryFacts& row = kEntryFacts[i];
    if (row.family != family || row.type != type || !is_registered(facts, i)) continue;
    const bool wild = row.protocol == kIPPROTO_IP;
    if (protocol == kIPPROTO_IP ? !wild : wild || row.protocol == protocol) return true;
  }
  return false;
}

}  // namespace

bool has_model(int32_t family) {
  return family == kAF_UNSPEC || family == kAF_INET || family == kAF_INET6 || family == kAF_PACKET;
}

const std::set<int32_t>& protocols_of_tables() {
  static const std::set<int32_t> kProtocols = [] {
    std::set<int32_t> protocols = {-1, 0};
    for (const EntryFacts& row : kEntryFacts) protocols.insert(row.protocol);
    for (const int32_t bound : kProtocolBounds) protocols.insert({bound - 1, bound});
    return protocols;
  }();
  return kProtocols;
}

bool might_request_module(const World& facts, int32_t family, int32_t type, int32_t protocol) {
  // What net/socket.c refuses before it looks for a family.
  if ((type & ~(kSOCK_TYPE_MASK | kSOCK_CLOEXEC | kSOCK_NONBLOCK)) != 0) return false;
  const int32_t masked = type & kSOCK_TYPE_MASK;
  if (family < 0 || family >= kFamilies || masked >= kSOCK_MAX) return false;
  if (family == kAF_INET && masked == kSOCK_PACKET) family = kAF_PACKET;
  if (!is_family_registered(facts, family)) return true;
  if (family == kAF_PACKET) return false;
  if (facts.has(Behaviour::protocol_range_check)) {
    const int32_t end = kProtocolBounds[facts.has(Behaviour::ipproto_max_263) ? 1 : 0];
    if (protocol < 0 || protocol >= end) return false;
  }
  return !is_served(facts, family, masked, protocol);
}

}  // namespace sockoracle
