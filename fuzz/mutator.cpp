// SPDX-License-Identifier: GPL-2.0-only
#include "fuzz/mutator.h"

#include <algorithm>
#include <cstring>

#include "fuzz/live_input.h"
#include "model/codec.h"
#include "model/symbols.h"

namespace sockoracle::fuzz {
namespace {

// Where comparisons of the path change their mind.
constexpr int32_t kEdges[] = {
    -2,  -1,  0,   1,   2,   11,  15,  16,    40,    41,    42,        43,         44,
    45,  46,  127, 128, 132, 255, 256, 257,   261,   262,   263,       264,        65535,
    65536, 65537, 65536 + 6, 65536 + 17, 65536 + 255, 1 << 24, 1 << 30,
    INT32_MAX, INT32_MIN, INT32_MIN + 1};

template <class T, size_t N>
T pick(const T (&table)[N], Random& random) {
  return table[random.below(static_cast<uint32_t>(N))];
}

int32_t symbol(std::span<const Symbol> table, Random& random) {
  return table[random.below(static_cast<uint32_t>(table.size()))].number;
}

int32_t flip_bit(int32_t n, Random& random) {
  return static_cast<int32_t>(static_cast<uint32_t>(n) ^ uint32_t{1} << random.below(32));
}

int32_t near(int32_t n, Random& random) {
  const int64_t moved = int64_t{n} + static_cast<int64_t>(random.below(5)) - 2;
  return static_cast<int32_t>(std::clamp<int64_t>(moved, INT32_MIN, INT32_MAX));
}

int32_t number(int32_t old, std::span<const Symbol> names, Random& random) {
  switch (random.below(6)) {
    case 0: return pick(kEdges, random);
    case 1: return near(old, random);
    case 2: return flip_bit(old, random);
    default: return symbol(names, random);
  }
}

int32_t family(int32_t old, Random& random) {
  switch (random.below(8)) {
    case 0: return number(old, family_symbols(), random);
    case 1: return kAF_PACKET;
    case 2: return static_cast<int32_t>(random.below(48));
    case 3:
    case 4: return kAF_INET6;
    default: return kAF_INET;
  }
}

int32_t type(int32_t old, Random& random) {
  switch (random.below(8)) {
    case 0: return number(old, type_symbols(), random);
    case 1: return old ^ kSOCK_CLOEXEC;
    case 2: return old ^ kSOCK_NONBLOCK;
    case 3: return static_cast<int32_t>(random.below(16));
    default: return (old & ~kSOCK_TYPE_MASK) | symbol(type_symbols(), random);
  }
}

int32_t protocol(int32_t old, Random& random) {
  if (random.one_in(4)) return static_cast<int32_t>(random.below(264));
  if (random.one_in(6)) return 0;
  return number(old, protocol_symbols(), random);
}

void toggle(World& world, Random& random) {
  const auto b = static_cast<Behaviour>(random.below(static_cast<uint32_t>(kBehaviourCount)));
  const bool with = random.one_in(2);
  const bool there = world.with.has(b) || world.without.has(b);
  world.with.set(b, !there && with);
  world.without.set(b, !there && !with);
}

void move_release(World& world, Random& random) {
  Release release;
  release.index = static_cast<uint8_t>(random.below(static_cast<uint32_t>(releases().size())));
  if (random.one_in(4)) release.sublevel = static_cast<uint16_t>(random.below(300));
  set_release(world, release);
}

void change_presence(World& world, Random& random) {
  const size_t i = random.below(static_cast<uint32_t>(kProviderCount));
  world.providers[i] = possible_presence(static_cast<Provider>(i), world.release,
                                         static_cast<Presence>(random.below(4)));
}

void change_sysctl(World& world, Random& random) {
  const size_t i = random.below(static_cast<uint32_t>(kSysctlCount));
  const SysctlRow& row = sysctls()[i];
  const int64_t at = random.below(row.count);
  const int64_t gid = world.caller.egid;
  const int64_t values[] = {row.min, row.max, row.usual.v[0], 0, 1, gid, gid + 1,
                            static_cast<int64_t>(random.next())};
  world.sysctls[i].v[static_cast<size_t>(at)] =
      std::clamp(pick(values, random), row.min, row.max);
}

void change_caller(World& world, Random& random) {
  Caller& c = world.caller;
  constexpr uint32_t kIds[] = {0, 1, 1000, 2000, 65534, UINT32_MAX - 1, UINT32_MAX};
  switch (random.below(7)) {
    case 0: c.caps = random.one_in(2) ? kAllCaps : 0; break;
    case 1: c.caps ^= uint64_t{1} << (random.one_in(2) ? uint32_t{kCAP_NET_RAW} : random.below(41));
      break;
    case 2: c.euid = c.fsuid = pick(kIds, random); break;
    case 3: c.egid = c.fsgid = pick(kIds, random); break;
    case 4: c.user_ns = static_cast<uint8_t>(random.below(world.user_ns_count)); break;
    case 5: world.net_user_ns = static_cast<uint8_t>(random.below(world.user_ns_count)); break;
    default:
      c.group_count = static_cast<uint8_t>(random.below(4));
      for (size_t i = 0; i < c.group_count; ++i) c.groups[i] = pick(kIds, random);
  }
}

void add_user_ns(World& world, Random& random) {
  if (world.user_ns_count == kUserNsMax) return;
  UserNs ns;
  ns.parent = static_cast<uint8_t>(random.below(world.user_ns_count));
  ns.owner = random.one_in(2) ? world.caller.euid : random.below(2000);
  world.user_ns[world.user_ns_count++] = ns;
}

void change_limits(World& world, Random& random) {
  int32_t& limit = random.one_in(2) ? world.limits.fds_left : world.limits.files_left;
  limit = static_cast<int32_t>(random.below(4)) - 1;
}

int32_t an_errno(Random& random) {
  constexpr int32_t kErrnos[] = {0, 0, kEPERM, kEACCES, kENOMEM, 133, 1};
  return pick(kErrnos, random);
}

void change_policy(World& world, Random& random) {
  Policies& p = world.policies;
  switch (random.below(5)) {
    case 0: p.cgroup_sock_create = an_errno(random); break;
    case 1: p.lsm_socket_create = an_errno(random); break;
    case 2: p.lsm_socket_post_create = an_errno(random); break;
    case 3: p.lsm_sk_alloc = an_errno(random); break;
    default:
      p.update_protocol = random.one_in(2) ? kUnlimited : protocol(p.update_protocol, random);
  }
}

void change_faults(World& world, Random& random) {
  world.faults = {};
  world.fault_count = static_cast<uint8_t>(random.below(3));
  for (size_t i = 0; i < world.fault_count; ++i)
    world.faults[i] = static_cast<uint16_t>(random.below(12));
}

void change_flags(World& world, Random& random) {
  bool* const flags[] = {&world.modules_enabled, &world.mib_ready, &world.init_on_alloc,
                         &world.lsm_sk_blob, &world.net_is_init};
  bool& flag = *pick(flags, random);
  flag = !flag;
}

// -- operations

uint8_t slot(Random& random) { return static_cast<uint8_t>(random.below(kSlots)); }

void fill(Operation& o, const World& world, Random& random) {
  World scratch = world;
  o.slot = slot(random);
  o.index = static_cast<uint8_t>(random.below(kSlots));
  o.number = static_cast<int32_t>(random.below(2));
  switch (o.op) {
    case Op::create:
      o.call.type = symbol(type_symbols(), random);
      o.call.family = family(kAF_INET, random);
      o.call.protocol = protocol(0, random);
      if (random.one_in(6)) o.call.entry = static_cast<Entry>(random.below(4));
      break;
    case Op::load:
    case Op::starting:
    case Op::unload:
    case Op::going: o.index = static_cast<uint8_t>(random.below(kProviderCount)); break;
    case Op::add_protosw:
      o.entry.ipv6 = random.one_in(3);
      o.entry.type = static_cast<uint8_t>(random.below(16));
      o.entry.protocol = static_cast<int32_t>(random.below(256));
      o.entry.prot = static_cast<ProtoId>(random.below(kProtoCount));
      o.entry.permanent = random.one_in(4);
      break;
    case Op::sysctl:
      change_sysctl(scratch, random);
      o.index = static_cast<uint8_t>(random.below(kSysctlCount));
      o.value = scratch.sysctls[o.index];
      break;
    case Op::caps: o.mask = random.one_in(2) ? kAllCaps : uint64_t{1} << random.below(41); break;
    case Op::egid: o.number = random.one_in(2) ? 1000 : static_cast<int32_t>(random.next()); break;
    case Op::user_ns: o.number = static_cast<int32_t>(random.below(world.user_ns_count)); break;
    case Op::fault: o.number = static_cast<int32_t>(random.below(12)); break;
    case Op::policy: o.number = an_errno(random); break;
    default: break;
  }
}

Operation some_operation(const World& world, Random& random) {
  Operation o;
  o.op = random.one_in(3) ? Op::create : static_cast<Op>(random.below(kOpCount));
  fill(o, world, random);
  return o;
}

void change_operation(Operation& o, const World& world, Random& random) {
  if (o.op == Op::create && !random.one_in(4)) mutate(o.call, random);
  else fill(o, world, random);
}

void insert(Program& program, Random& random) {
  if (program.operations.size() >= kOperationsMax) return;
  const auto at = static_cast<std::ptrdiff_t>(
      random.below(static_cast<uint32_t>(program.operations.size() + 1)));
  program.operations.insert(program.operations.begin() + at,
                            some_operation(program.world, random));
}

// A call before which something is arranged, and what is done with its socket.
void append_scene(Program& program, Random& random) {
  const auto add = [&](Op op) -> Operation& {
    Operation o;
    o.op = op;
    fill(o, program.world, random);
    program.operations.push_back(o);
    return program.operations.back();
  };
  constexpr Op kUses[] = {Op::connect, Op::disconnect, Op::addrform, Op::accept, Op::close};
  if (program.operations.size() + 6 > kOperationsMax) return;
  add(Op::observe).number = 1;
  if (random.one_in(2)) add(random.one_in(2) ? Op::fault : Op::policy);
  const uint8_t named = add(Op::create).slot;
  for (uint32_t left = 1 + random.below(3); left != 0; --left)
    add(pick(kUses, random)).slot = named;
}

size_t store(const std::vector<uint8_t>& bytes, uint8_t* data, size_t room) {
  // An encoding that is cut still decodes, to something near it.
  const size_t size = std::min(bytes.size(), room);
  std::memcpy(data, bytes.data(), size);
  return size;
}

void mutate(LiveInput& input, Random& random) {
  if (random.one_in(8)) input.context = static_cast<uint8_t>(random.below(256));
  if (input.calls.empty() || (random.one_in(4) && input.calls.size() < kLiveCallsMax)) {
    input.calls.push_back(input.calls.empty() ? LiveCall{} : input.calls.back());
  } else if (random.one_in(8)) {
    input.calls.erase(input.calls.begin() +
                      random.below(static_cast<uint32_t>(input.calls.size())));
    return;
  }
  LiveCall& c = input.calls[random.below(static_cast<uint32_t>(input.calls.size()))];
  switch (random.below(6)) {
    case 0: c.family = family(c.family, random); break;
    case 1: c.more = static_cast<uint8_t>(random.below(256)); break;
    case 2: c.pair = random.one_in(4); break;
    case 3: c.type = type(c.type, random); break;
    default: c.protocol = protocol(c.protocol, random);
  }
}

}  // namespace

uint32_t Random::next() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return static_cast<uint32_t>(state_ >> 16);
}

void mutate(Call& call, Random& random) {
  switch (random.below(8)) {
    case 0: call.entry = static_cast<Entry>(random.below(4)); break;
    case 1:
    case 2: call.family = family(call.family, random); break;
    case 3:
    case 4: call.type = type(call.type, random); break;
    default: call.protocol = protocol(call.protocol, random);
  }
}

void mutate(World& world, Random& random) {
  switch (random.below(12)) {
    case 0:
      apply_context(world, contexts()[random.below(static_cast<uint32_t>(contexts().size()))]);
      break;
    case 1: toggle(world, random); break;
    case 2: change_presence(world, random); break;
    case 3: change_sysctl(world, random); break;
    case 4: change_caller(world, random); break;
    case 5: add_user_ns(world, random); break;
    case 6: change_limits(world, random); break;
    case 7: change_policy(world, random); break;
    case 8: change_faults(world, random); break;
    case 9: change_flags(world, random); break;
    case 10: world = default_world(world.release); break;
    default: move_release(world, random);
  }
}

void mutate(Program& program, Random& random) {
  std::vector<Operation>& ops = program.operations;
  const auto any = [&] { return random.below(static_cast<uint32_t>(ops.size())); };
  const uint32_t choice = ops.empty() ? random.below(4) : random.below(10);
  switch (choice) {
    case 0: mutate(program.world, random); break;
    case 1: append_scene(program, random); break;
    case 2:
    case 3: insert(program, random); break;
    case 4: ops.erase(ops.begin() + any()); break;
    case 5: std::swap(ops[any()], ops[any()]); break;
    case 6:
      if (ops.size() < kOperationsMax) ops.insert(ops.begin() + any(), Operation(ops[any()]));
      break;
    default: change_operation(ops[any()], program.world, random);
  }
}

size_t mutate(Input kind, uint8_t* data, size_t size, size_t room, uint32_t seed) {
  Random random(seed);
  const std::span<const uint8_t> bytes(data, size);
  // Often one change, sometimes several.
  uint32_t count = 1 + (random.one_in(3) ? random.below(4) : 0);
  if (kind == Input::create_case) {
    Case c = decode_case(bytes);
    while (count-- != 0) {
      if (random.one_in(2)) mutate(c.call, random);
      else mutate(c.world, random);
    }
    return store(encode_case(c), data, room);
  }
  if (kind == Input::live) {
    LiveInput input = decode_live(bytes);
    while (count-- != 0) mutate(input, random);
    return store(encode_live(input), data, room);
  }
  Program program = decode_program(bytes);
  while (count-- != 0) mutate(program, random);
  return store(encode_program(program), data, room);
}

size_t cross_over(Input kind, std::span<const uint8_t> first, std::span<const uint8_t> second,
                  std::span<uint8_t> out, uint32_t seed) {
  Random random(seed);
  const bool swap_worlds = random.one_in(2);
  if (kind == Input::create_case) {
    Case a = decode_case(first);
    const Case b = decode_case(second);
    if (swap_worlds) a.world = b.world;
    else a.call = b.call;
    return store(encode_case(a), out.data(), out.size());
  }
  if (kind == Input::live) {
    LiveInput a = decode_live(first);
    const LiveInput b = decode_live(second);
    for (const LiveCall& call : b.calls)
      if (a.calls.size() < kLiveCallsMax && random.one_in(2)) a.calls.push_back(call);
    return store(encode_live(a), out.data(), out.size());
  }
  Program a = decode_program(first);
  const Program b = decode_program(second);
  if (random.one_in(3)) a.world = b.world;
  // The head of one, the tail of the other.
  const size_t head = random.below(static_cast<uint32_t>(a.operations.size() + 1));
  const size_t tail = random.below(static_cast<uint32_t>(b.operations.size() + 1));
  a.operations.resize(head);
  for (size_t i = tail; i < b.operations.size() && a.operations.size() < kOperationsMax; ++i)
    a.operations.push_back(b.operations[i]);
  return store(encode_program(a), out.data(), out.size());
}

}  // namespace sockoracle::fuzz
