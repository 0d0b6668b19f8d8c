// SPDX-License-Identifier: GPL-2.0-only
#include "model/codec.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "model/name_hash.h"
#include "model/symbols.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

// One function per structure describes its layout; Reader and Writer give it a direction. A field
// is read, brought into its range, and written back as the number that reads as the same value.

// Longer than any encoding, of which codec_test has the longest. Fields move as words of eight
// bytes: the last one may reach over the end.
constexpr size_t kRoom = 2048;

// The bytes with zeros behind them, so that a field is one load wherever it lies.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) {
    const size_t size = std::min(bytes.size(), sizeof bytes_);
    if (size != 0) std::memcpy(bytes_, bytes.data(), size);
    std::memset(bytes_ + size, 0, sizeof bytes_ - size);
  }
  static constexpr bool reading = true;
  uint8_t version = kCodecVersion;

  uint64_t raw(size_t width, uint64_t) {
    if (at_ + sizeof(uint64_t) > sizeof bytes_) return 0;
    uint64_t n = 0;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(&n, bytes_ + at_, sizeof n);
    else
      for (size_t i = 0; i < sizeof n; ++i) n |= uint64_t{bytes_[at_ + i]} << (8 * i);
    at_ += width;
    return n & (~uint64_t{0} >> (64 - 8 * width));
  }

 private:
  size_t at_ = 0;
  uint8_t bytes_[kRoom];
};

class Writer {
 public:
  static constexpr bool reading = false;
  static constexpr uint8_t version = kCodecVersion;

  uint64_t raw(size_t width, uint64_t n) {
    if (size_ + sizeof n > sizeof bytes_) return n;
    if constexpr (std::endian::native == std::endian::little)
      std::memcpy(bytes_ + size_, &n, sizeof n);
    else
      for (size_t i = 0; i < width; ++i) bytes_[size_ + i] = static_cast<uint8_t>(n >> (8 * i));
    size_ += width;
    return n;
  }

  std::span<const uint8_t> written() const { return {bytes_, size_}; }

 private:
  size_t size_ = 0;
  uint8_t bytes_[kRoom];
};

// A number below `bound` (0 = any) in `width` bytes.
template <class Stream, class T>
void below(Stream& s, T& field, size_t width, uint64_t bound) {
  const uint64_t n = s.raw(width, static_cast<uint64_t>(field));
  if constexpr (Stream::reading) field = static_cast<T>(bound == 0 || n < bound ? n : n % bound);
}

template <class Stream>
void word(Stream& s, int32_t& field) {
  const uint64_t n = s.raw(4, static_cast<uint32_t>(field));
  if constexpr (Stream::reading) field = static_cast<int32_t>(static_cast<uint32_t>(n));
}

template <class Stream>
void flag(Stream& s, bool& field) {
  below(s, field, 1, 2);
}

template <class Stream>
void call(Stream& s, Call& c) {
  uint8_t entry = static_cast<uint8_t>(c.entry);
  below(s, entry, 1, 4);
  c.entry = static_cast<Entry>(entry);
  word(s, c.family);
  word(s, c.type);
  word(s, c.protocol);
}

template <class Stream>
void sysctl_value(Stream& s, size_t index, SysctlValue& value) {
  const SysctlRow& row = sysctls()[index];
  const auto span = static_cast<uint64_t>(row.max - row.min) + 1;
  for (size_t i = 0; i < row.count; ++i) {
    auto offset = static_cast<uint64_t>(value.v[i] - row.min);
    below(s, offset, 4, span);
    value.v[i] = static_cast<int64_t>(offset) + row.min;
  }
  for (size_t i = row.count; Stream::reading && i < value.v.size(); ++i)
    value.v[i] = row.usual.v[i];
}

// A row of a table, by the hash of its name.
template <class Stream, size_t N>
void by_name(Stream& s, uint8_t& index, const NameHashes<N>& names) {
  uint16_t hash = names.of(index < N ? index : 0);
  below(s, hash, 2, 0);
  if constexpr (Stream::reading) index = names.nearest(hash);
}

#define NAME(name, ...) #name,
constexpr NameHashes<kBehaviourCount> kBehaviours({
#define BEHAVIOUR NAME
#include "model/behaviours.def"
});
constexpr NameHashes<kReleaseCount> kReleases({
#define RELEASE(major, minor, ...) #major "." #minor,
#include "model/releases.def"
});
constexpr NameHashes<kProviderCount> kProviders({
#define PROVIDER NAME
#include "model/providers.def"
});
constexpr NameHashes<kSysctlCount> kSysctls({
#define SYSCTL NAME
#include "model/sysctls.def"
});
constexpr NameHashes<kPolicyCount> kPolicies({
#define POLICY NAME
#include "model/world.def"
});
constexpr NameHashes<kProtoCount> kProtos({
#define PROTO NAME
#include "model/proto.def"
});
#undef NAME
static_assert(kBehaviours.differ() && kReleases.differ() && kProviders.differ() &&
                  kSysctls.differ() && kPolicies.differ() && kProtos.differ(),
              "two rows would be stored alike: rename the newer one");

struct Toggle {
  uint8_t how = 0;  // 0 = none, 1 = with, 2 = without
  uint16_t hash = 0;
};

template <class Stream>
void toggles(Stream& s, World& world) {
  std::array<Toggle, kTogglesMax> list{};
  size_t count = 0;
  for (size_t word = 0; word < world.with.words.size() && !Stream::reading; ++word) {
    uint64_t left = world.with.words[word] | world.without.words[word];
    for (; left != 0 && count != kTogglesMax; left &= left - 1) {
      const size_t index = 64 * word + static_cast<size_t>(std::countr_zero(left));
      if (index >= kBehaviourCount) break;  // pinned worlds have bits behind the last
      const auto b = static_cast<Behaviour>(index);
      list[count++] = {static_cast<uint8_t>(world.without.has(b) ? 2 : 1), kBehaviours.of(index)};
    }
  }
  if (Stream::reading) world.with = world.without = {};
  for (Toggle& toggle : list) {
    below(s, toggle.how, 1, 3);
    below(s, toggle.hash, 2, 0);
    if (!Stream::reading || toggle.how == 0) continue;
    const auto b = static_cast<Behaviour>(kBehaviours.nearest(toggle.hash));
    if (toggle.how == 1 && !world.without.has(b)) world.with.set(b);
    if (toggle.how == 2 && !world.with.has(b)) world.without.set(b);
  }
}

// What a policy answers; numbers below 0 lie behind the errnos.
template <class Stream>
void answer(Stream& s, const FactRow& policy, int32_t& number) {
  auto n = static_cast<uint64_t>(number < 0 ? policy.most - number : number);
  below(s, n, 1, static_cast<uint64_t>(policy.most - policy.least) + 1);
  const auto stored = static_cast<int64_t>(n);
  number = static_cast<int32_t>(stored > policy.most ? policy.most - stored : stored);
}

// 0 in the bytes is the default, so that what was stored before there was such a fact still means
// the same.
template <class Stream>
void fact(Stream& s, World& w, const FactRow& row) {
  const int64_t value = Stream::reading ? row.usual : get(w, row.id);
  switch (row.kind) {
    case FactKind::toggle:
    case FactKind::id: {
      auto n = static_cast<uint64_t>(value);
      below(s, n, row.kind == FactKind::id ? 4 : 1, row.kind == FactKind::id ? 0 : 2);
      if constexpr (Stream::reading) set(w, row.id, static_cast<int64_t>(n));
      return;
    }
    case FactKind::limit: {
      auto n = static_cast<uint8_t>(value > 254 ? 0 : value + 1);
      below(s, n, 1, 0);
      if constexpr (Stream::reading) set(w, row.id, int64_t{n} - 1);
      return;
    }
    case FactKind::policy: {
      auto n = static_cast<int32_t>(value);
      answer(s, row, n);
      if constexpr (Stream::reading) set(w, row.id, n);
      return;
    }
    case FactKind::replacement: {
      auto plus_one = static_cast<int32_t>(value == row.most ? row.least : value + 1);
      word(s, plus_one);
      const int64_t stored = plus_one;
      if constexpr (Stream::reading) set(w, row.id, stored == row.least ? row.most : stored - 1);
      return;
    }
  }
}

// Those of a kind that came with that version.
template <class Stream>
void facts(Stream& s, World& w, FactKind kind, uint8_t version = 1) {
  for (const FactRow& row : world_facts(kind))
    if (row.codec == version) fact(s, w, row);
}

template <class Stream>
void caller(Stream& s, World& w) {
  facts(s, w, FactKind::id);
  below(s, w.caller.caps, 6, kAllCaps + 1);
  below(s, w.caller.user_ns, 1, w.user_ns_count);
}

template <class Stream>
void namespaces(Stream& s, World& world) {
  uint8_t beyond_first = static_cast<uint8_t>(world.user_ns_count - 1);
  below(s, beyond_first, 1, kUserNsMax);
  world.user_ns_count = static_cast<uint8_t>(beyond_first + 1);
  for (uint8_t i = 1; i < world.user_ns_count; ++i) {
    UserNs& ns = world.user_ns[i];
    below(s, ns.parent, 1, i);
    below(s, ns.owner, 4, 0);
    below(s, ns.inside, 4, 0);
    below(s, ns.outside, 4, 0);
    below(s, ns.count, 4, 0);
  }
  below(s, world.net_user_ns, 1, world.user_ns_count);
  flag(s, world.net_is_init);
}

// Version 1 had the number of the row, counted from 3.12.
template <class Stream>
void release(Stream& s, Release& r) {
  if (s.version == 1) below(s, r.index, 1, 73);
  else by_name(s, r.index, kReleases);
  below(s, r.sublevel, 2, 0);
}

// How many rows the tables had since which version. Rows are added at their ends.
struct Grown {
  uint8_t version;
  size_t providers, sysctls;
};
constexpr Grown kGrown[] = {{1, 9, 13}};
static_assert(std::end(kGrown)[-1].providers == kProviderCount &&
                  std::end(kGrown)[-1].sysctls == kSysctlCount,
              "a row was added: raise kCodecVersion, and say here how many there are since");

template <class Stream>
void presences(Stream& s, World& w, size_t first, size_t end) {
  for (size_t i = first; i < end; ++i) {
    auto presence = static_cast<uint8_t>(w.providers[i]);
    below(s, presence, 1, 4);
    if constexpr (Stream::reading)
      w.providers[i] =
          possible_presence(static_cast<Provider>(i), w.release, static_cast<Presence>(presence));
  }
}

// What that version added to the world, behind everything older.
template <class Stream>
void came_with(Stream& s, World& w, uint8_t version) {
  for (const FactRow& row : world_facts())
    if (row.codec == version) fact(s, w, row);
  for (const Grown* grown = kGrown + 1; grown < std::end(kGrown); ++grown) {
    if (grown->version != version) continue;
    presences(s, w, grown[-1].providers, grown->providers);
    for (size_t i = grown[-1].sysctls; i < grown->sysctls; ++i) sysctl_value(s, i, w.sysctls[i]);
  }
}

template <class Stream>
void world(Stream& s, World& w) {
  release(s, w.release);
  toggles(s, w);
  presences(s, w, 0, kGrown[0].providers);
  facts(s, w, FactKind::toggle);
  namespaces(s, w);
  caller(s, w);
  for (size_t i = 0; i < kGrown[0].sysctls; ++i) sysctl_value(s, i, w.sysctls[i]);
  for (const FactKind kind : {FactKind::limit, FactKind::policy, FactKind::replacement})
    facts(s, w, kind);
  below(s, w.fault_count, 1, kFaultsMax + 1);
  for (size_t i = 0; i < w.fault_count; ++i) below(s, w.faults[i], s.version == 1 ? 1 : 2, 0);
  below(s, w.caller.group_count, 1, kGroupsMax + 1);
  for (size_t i = 0; i < w.caller.group_count; ++i) below(s, w.caller.groups[i], 4, 0);
  for (uint8_t version = 2; version <= s.version; ++version) came_with(s, w, version);
}

// A row that an operation names; version 1 had its number, below what there were then.
template <class Stream, size_t N>
void reference(Stream& s, uint8_t& index, const NameHashes<N>& names, size_t at_first) {
  if (s.version == 1) below(s, index, 1, at_first);
  else by_name(s, index, names);
}

template <class Stream>
void entrysw(Stream& s, Entrysw& entry) {
  flag(s, entry.ipv6);
  below(s, entry.type, 1, 16);
  word(s, entry.protocol);
  auto prot = static_cast<uint8_t>(entry.prot);
  reference(s, prot, kProtos, 21);
  entry.prot = static_cast<ProtoId>(prot);
  flag(s, entry.permanent);
}

// Each kind of operation stores only what it uses, so that the canonical form has nothing idle.
template <class Stream>
void operation(Stream& s, Operation& o) {
  auto op = static_cast<uint8_t>(o.op);
  below(s, op, 1, kOpCount);
  o.op = static_cast<Op>(op);
  switch (o.op) {
    case Op::create:
      below(s, o.slot, 1, kSlots);
      call(s, o.call);
      break;
    case Op::close:
    case Op::connect:
    case Op::disconnect:
    case Op::addrform:
    case Op::look: below(s, o.slot, 1, kSlots); break;
    case Op::accept:
      below(s, o.slot, 1, kSlots);
      below(s, o.index, 1, kSlots);
      break;
    case Op::load:
    case Op::starting:
    case Op::unload: reference(s, o.index, kProviders, 9); break;
    case Op::going:
      reference(s, o.index, kProviders, 9);
      below(s, o.number, 1, 2);
      break;
    case Op::add_protosw:
      below(s, o.index, 1, kSlots);
      entrysw(s, o.entry);
      break;
    case Op::del_protosw: below(s, o.index, 1, kSlots); break;
    case Op::observe: below(s, o.number, 1, 2); break;
    case Op::sysctl:
      reference(s, o.index, kSysctls, 13);
      sysctl_value(s, o.index, o.value);
      break;
    case Op::caps: below(s, o.mask, 6, kAllCaps + 1); break;
    case Op::egid: word(s, o.number); break;
    case Op::user_ns: below(s, o.number, 1, kUserNsMax); break;
    case Op::fault: below(s, o.number, s.version == 1 ? 1 : 2, 0); break;
    case Op::policy:
      reference(s, o.index, kPolicies, 4);
      answer(s, policy_of(o.index), o.number);
      break;
  }
}

// Any byte that is no older version is read as the newest.
template <class Stream>
void version(Stream& s) {
  uint8_t v = kCodecVersion;
  below(s, v, 1, 0);
  if constexpr (Stream::reading) s.version = v >= 1 && v < kCodecVersion ? v : kCodecVersion;
}

// An encoding that is cut still decodes, to something near it.
size_t hand_over(const Writer& writer, std::span<uint8_t> out) {
  const size_t size = std::min(writer.written().size(), out.size());
  std::copy_n(writer.written().begin(), size, out.begin());
  return size;
}

}  // namespace

Case decode_case(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  Case c;
  version(reader);
  call(reader, c.call);
  world(reader, c.world);
  return c;
}

size_t encode_case(const Case& c, std::span<uint8_t> out) {
  Writer writer;
  Case copy = c;
  version(writer);
  call(writer, copy.call);
  world(writer, copy.world);
  return hand_over(writer, out);
}

std::vector<uint8_t> encode_case(const Case& c) {
  std::vector<uint8_t> bytes(kRoom);
  bytes.resize(encode_case(c, bytes));
  return bytes;
}

Program decode_program(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  Program program;
  version(reader);
  uint8_t count = 0;
  below(reader, count, 1, kOperationsMax + 1);
  world(reader, program.world);
  program.operations.resize(count);
  for (Operation& o : program.operations) operation(reader, o);
  return program;
}

size_t encode_program(const Program& program, std::span<uint8_t> out) {
  Writer writer;
  const size_t operations = std::min(program.operations.size(), kOperationsMax);
  version(writer);
  auto count = static_cast<uint8_t>(operations);
  below(writer, count, 1, 0);
  World copy = program.world;
  world(writer, copy);
  for (size_t i = 0; i < operations; ++i) {
    Operation o = program.operations[i];
    operation(writer, o);
  }
  return hand_over(writer, out);
}

std::vector<uint8_t> encode_program(const Program& program) {
  std::vector<uint8_t> bytes(kRoom);
  bytes.resize(encode_program(program, bytes));
  return bytes;
}

bool stored_alike(const Operation& a, const Operation& b) {
  if (a == b) return true;
  Writer first, second;
  Operation copies[] = {a, b};
  operation(first, copies[0]);
  operation(second, copies[1]);
  return std::equal(first.written().begin(), first.written().end(), second.written().begin(),
                    second.written().end());
}

std::optional<uint8_t> stored_version(std::span<const uint8_t> bytes) {
  if (bytes.empty() || bytes[0] < 1 || bytes[0] > kCodecVersion) return {};
  return bytes[0];
}

size_t case_bytes_max() {
  Case c;
  c.world.user_ns_count = kUserNsMax;
  c.world.fault_count = kFaultsMax;
  c.world.caller.group_count = kGroupsMax;
  return encode_case(c).size();
}

size_t program_bytes_max() {
  Program program;
  Operation longest;
  longest.op = Op::create;  // of all kinds it stores the most
  program.operations.assign(kOperationsMax, longest);
  program.world.user_ns_count = kUserNsMax;
  program.world.fault_count = kFaultsMax;
  program.world.caller.group_count = kGroupsMax;
  return encode_program(program).size();
}

}  // namespace sockoracle
