// SPDX-License-Identifier: GPL-2.0-only
#include "model/codec.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "model/symbols.h"

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

constexpr uint16_t hash_of(std::string_view name) {
  uint32_t h = 2166136261u;
  for (const char c : name) h = (h ^ static_cast<uint8_t>(c)) * 16777619u;
  return static_cast<uint16_t>(h ^ h >> 16);
}

constexpr std::array<uint16_t, kBehaviourCount> kNameHashes = {
#define BEHAVIOUR(id, ...) hash_of(#id),
#include "model/behaviours.def"
};

constexpr bool hashes_differ() {
  for (size_t i = 0; i < kBehaviourCount; ++i)
    for (size_t j = 0; j < i; ++j)
      if (kNameHashes[i] == kNameHashes[j]) return false;
  return true;
}
static_assert(hashes_differ(), "two behaviours would be stored alike: rename the newer one");

uint16_t name_hash(Behaviour b) { return kNameHashes[static_cast<size_t>(b)]; }

struct Named {
  uint16_t hash = 0;
  Behaviour behaviour{};
};

constexpr std::array<Named, kBehaviourCount> by_hash() {
  std::array<Named, kBehaviourCount> sorted{};
  for (size_t i = 0; i < kBehaviourCount; ++i)
    sorted[i] = {kNameHashes[i], static_cast<Behaviour>(i)};
  std::sort(sorted.begin(), sorted.end(),
            [](const Named& a, const Named& b) { return a.hash < b.hash; });
  return sorted;
}
constexpr std::array<Named, kBehaviourCount> kByHash = by_hash();

// The behaviour whose name's hash is the next one at or above `hash`, around the end. By name, so
// that a stored case keeps its meaning when rows are added.
Behaviour nearest_behaviour(uint16_t hash) {
  const auto* next = std::lower_bound(kByHash.begin(), kByHash.end(), hash,
                                      [](const Named& row, uint16_t h) { return row.hash < h; });
  return next != kByHash.end() ? next->behaviour : kByHash.front().behaviour;
}

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
      list[count++] = {static_cast<uint8_t>(world.without.has(b) ? 2 : 1), name_hash(b)};
    }
  }
  if (Stream::reading) world.with = world.without = {};
  for (Toggle& toggle : list) {
    below(s, toggle.how, 1, 3);
    below(s, toggle.hash, 2, 0);
    if (!Stream::reading || toggle.how == 0) continue;
    const Behaviour b = nearest_behaviour(toggle.hash);
    if (toggle.how == 1 && !world.without.has(b)) world.with.set(b);
    if (toggle.how == 2 && !world.with.has(b)) world.without.set(b);
  }
}

template <class Stream>
void limit(Stream& s, int32_t& field) {
  auto n = static_cast<uint8_t>(field == kUnlimited || field > 254 ? 0 : field + 1);
  below(s, n, 1, 0);
  if (Stream::reading) field = n == 0 ? kUnlimited : n - 1;
}

template <class Stream>
void caller(Stream& s, Caller& c, uint8_t user_ns_count) {
  below(s, c.euid, 4, 0);
  below(s, c.fsuid, 4, 0);
  below(s, c.egid, 4, 0);
  below(s, c.fsgid, 4, 0);
  below(s, c.caps, 6, kAllCaps + 1);
  below(s, c.user_ns, 1, user_ns_count);
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

template <class Stream>
void policies(Stream& s, Policies& p) {
  for (int32_t* errno_field :
       {&p.cgroup_sock_create, &p.lsm_socket_create, &p.lsm_socket_post_create, &p.lsm_sk_alloc})
    below(s, *errno_field, 1, 134);
  int32_t plus_one = static_cast<int32_t>(static_cast<uint32_t>(p.update_protocol) + 1u);
  word(s, plus_one);
  p.update_protocol = static_cast<int32_t>(static_cast<uint32_t>(plus_one) - 1u);
}

template <class Stream>
void world(Stream& s, World& w) {
  below(s, w.release.index, 1, releases().size());
  below(s, w.release.sublevel, 2, 0);
  toggles(s, w);
  uint8_t presences = 0;
  for (size_t i = 0; i < kProviderCount; ++i) {
    presences = static_cast<uint8_t>(w.providers[i]);
    below(s, presences, 1, 4);
    if (Stream::reading)
      w.providers[i] =
          possible_presence(static_cast<Provider>(i), w.release, static_cast<Presence>(presences));
  }
  flag(s, w.modules_enabled);
  flag(s, w.mib_ready);
  flag(s, w.init_on_alloc);
  flag(s, w.lsm_sk_blob);
  namespaces(s, w);
  caller(s, w.caller, w.user_ns_count);
  for (size_t i = 0; i < kSysctlCount; ++i) sysctl_value(s, i, w.sysctls[i]);
  limit(s, w.limits.fds_left);
  limit(s, w.limits.files_left);
  policies(s, w.policies);
  below(s, w.fault_count, 1, kFaultsMax + 1);
  for (size_t i = 0; i < w.fault_count; ++i) below(s, w.faults[i], 1, 0);
  below(s, w.caller.group_count, 1, kGroupsMax + 1);
  for (size_t i = 0; i < w.caller.group_count; ++i) below(s, w.caller.groups[i], 4, 0);
}

template <class Stream>
void entrysw(Stream& s, Entrysw& entry) {
  flag(s, entry.ipv6);
  below(s, entry.type, 1, 16);
  word(s, entry.protocol);
  auto prot = static_cast<uint8_t>(entry.prot);
  below(s, prot, 1, kProtoCount);
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
    case Op::unload: below(s, o.index, 1, kProviderCount); break;
    case Op::going:
      below(s, o.index, 1, kProviderCount);
      below(s, o.number, 1, 2);
      break;
    case Op::add_protosw:
      below(s, o.index, 1, kSlots);
      entrysw(s, o.entry);
      break;
    case Op::del_protosw: below(s, o.index, 1, kSlots); break;
    case Op::observe: below(s, o.number, 1, 2); break;
    case Op::sysctl:
      below(s, o.index, 1, kSysctlCount);
      sysctl_value(s, o.index, o.value);
      break;
    case Op::caps: below(s, o.mask, 6, kAllCaps + 1); break;
    case Op::egid: word(s, o.number); break;
    case Op::user_ns: below(s, o.number, 1, kUserNsMax); break;
    case Op::fault: below(s, o.number, 1, 0); break;
    case Op::policy:
      below(s, o.index, 1, kPolicyCount);
      below(s, o.number, 1, 134);
      break;
  }
}

template <class Stream>
void version(Stream& s) {
  uint8_t v = kCodecVersion;
  below(s, v, 1, 0);  // one version so far: whatever it says is read as that
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
