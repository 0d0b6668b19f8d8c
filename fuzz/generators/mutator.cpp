// SPDX-License-Identifier: GPL-2.0-only
// Programs and live inputs, and the mutation of bytes.
#include "fuzz/generators/mutator.h"

#include <algorithm>
#include <cstring>

#include "fuzz/generators/live_input.h"
#include "fuzz/generators/mutator_draws.h"
#include "model/codec.h"

namespace sockoracle::fuzz {
namespace {

// -- operations

uint8_t slot(Random& random) { return static_cast<uint8_t>(random.below(kSlots)); }

// A provider that is a module, which modprobe and rmmod can do something with; else any.
uint8_t a_module(const World& world, Random& random) {
  auto index = static_cast<uint8_t>(random.below(uint32_t{kProviderCount}));
  for (size_t i = 0; i < kProviderCount; ++i) {
    const Presence presence = world.providers[index];
    if (presence == Presence::loadable || presence == Presence::loaded) return index;
    index = static_cast<uint8_t>((index + 1u) % kProviderCount);
  }
  return index;
}

void fill_create(Call& call, Random& random) {
  if (random.one_in(2)) {
    enter(call, random);
  } else {
    call.type = symbol(type_symbols(), random);
    call.family = family(kAF_INET, random);
    call.protocol = protocol(0, random);
  }
  if (random.one_in(6)) call.entry = static_cast<Entry>(random.below(4));
}

void fill_entry(Entrysw& entry, Random& random) {
  entry.ipv6 = random.one_in(3);
  entry.type = static_cast<uint8_t>(random.below(16));
  entry.protocol = static_cast<int32_t>(random.below(256));
  entry.prot = static_cast<ProtoId>(random.below(uint32_t{kProtoCount}));
  entry.permanent = random.one_in(4);
}

}  // namespace

// What an operation sets is drawn to be another than the world's, which it would leave as it is.
void fill(Operation& o, const World& world, Random& random) {
  o.slot = slot(random);
  o.index = slot(random);
  switch (o.op) {
    case Op::create: fill_create(o.call, random); break;
    case Op::load:
    case Op::starting:
    case Op::unload:
    case Op::going:
      o.index = a_module(world, random);
      o.number = random.one_in(4) ? 0 : 1;
      break;
    case Op::add_protosw: fill_entry(o.entry, random); break;
    case Op::observe: o.number = random.one_in(4) ? 0 : 1; break;
    case Op::sysctl: {
      World scratch = world;
      o.index = static_cast<uint8_t>(change_sysctl(scratch, random));
      o.value = scratch.sysctls[o.index];
      break;
    }
    case Op::caps:
      o.mask = world.caller.caps;
      redraw(o.mask, [&] {
        return random.one_in(2) ? kAllCaps : random.one_in(2) ? 0 : uint64_t{1} << random.below(41);
      });
      break;
    case Op::egid:
      o.number = static_cast<int32_t>(world.caller.egid);
      redraw(o.number, [&] {
        constexpr int32_t kGroups[] = {0, 1, 1000, 2000};
        return random.one_in(4) ? static_cast<int32_t>(random.next()) : pick(kGroups, random);
      });
      break;
    case Op::user_ns:
      o.number = world.caller.user_ns;
      redraw(o.number, [&] { return static_cast<int32_t>(random.below(world.user_ns_count)); });
      break;
    case Op::fault: o.number = static_cast<int32_t>(1 + random.below(12)); break;
    case Op::policy:
      o.number = static_cast<int32_t>(get(world, policy_of(o.index).id));
      redraw(o.number, [&] { return an_errno(random); });
      break;
    default: break;
  }
}

namespace {

Operation some_operation(const World& world, Random& random) {
  Operation o;
  o.op = random.one_in(3) ? Op::create : static_cast<Op>(random.below(uint32_t{kOpCount}));
  // Where there is one user namespace there is no other to enter.
  if (o.op == Op::user_ns && world.user_ns_count == 1) o.op = Op::caps;
  fill(o, world, random);
  return o;
}

void insert(Program& program, Random& random) {
  const auto at = static_cast<std::ptrdiff_t>(
      random.below(static_cast<uint32_t>(program.operations.size() + 1)));
  program.operations.insert(program.operations.begin() + at, some_operation(program.world, random));
}

// A call before which something is arranged, and what is done with its socket.
void append_scene(Program& program, Random& random) {
  constexpr size_t kLongest = 7;
  const size_t fits = kOperationsMax - kLongest;
  if (program.operations.size() > fits) program.operations.resize(fits);
  const auto add = [&](Op op) -> Operation& {
    Operation o;
    o.op = op;
    fill(o, program.world, random);
    program.operations.push_back(o);
    return program.operations.back();
  };
  constexpr Op kArranged[] = {Op::fault, Op::policy, Op::sysctl, Op::load};
  constexpr Op kUses[] = {Op::connect, Op::disconnect, Op::addrform, Op::accept, Op::close};
  add(Op::observe).number = 1;
  for (uint32_t left = random.below(3); left != 0; --left) add(pick(kArranged, random));
  const uint8_t named = add(Op::create).slot;
  for (uint32_t left = 1 + random.below(3); left != 0; --left)
    add(pick(kUses, random)).slot = named;
}

size_t store(const LiveInput& input, std::span<uint8_t> out) {
  const std::vector<uint8_t> bytes = encode_live(input);
  const size_t size = std::min(bytes.size(), out.size());
  std::memcpy(out.data(), bytes.data(), size);
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
    case 0: redraw(c.family, [&] { return family(c.family, random); }); break;
    case 1: redraw(c.more, [&] { return static_cast<uint8_t>(random.below(256)); }); break;
    case 2: c.pair = !c.pair; break;
    case 3: redraw(c.type, [&] { return type(c.type, random); }); break;
    default: redraw(c.protocol, [&] { return protocol(c.protocol, random); });
  }
}

}  // namespace

uint32_t Random::next() {
  state_ ^= state_ << 13;
  state_ ^= state_ >> 7;
  state_ ^= state_ << 17;
  return static_cast<uint32_t>(state_ >> 16);
}

void change(Operation& o, const World& world, Random& random) {
  const Operation before = o;
  for (int tries = 4; tries != 0 && stored_alike(o, before); --tries) {
    if (o.op == Op::create && !random.one_in(4)) mutate(o.call, random);
    else fill(o, world, random);
  }
  if (stored_alike(o, before)) o = some_operation(world, random);
}

void change(Program& program, ProgramChange how, Random& random, Releases releases) {
  std::vector<Operation>& ops = program.operations;
  const auto count = static_cast<uint32_t>(ops.size());
  const auto any = [&] { return ops.begin() + random.below(count); };
  switch (how) {
    case ProgramChange::world: mutate(program.world, random, releases); break;
    case ProgramChange::scene: append_scene(program, random); break;
    case ProgramChange::insert: insert(program, random); break;
    case ProgramChange::erase: ops.erase(any()); break;
    case ProgramChange::swap: {
      const auto first = any();
      for (int tries = 8; tries != 0; --tries) {
        const auto second = any();
        if (stored_alike(*first, *second)) continue;
        std::swap(*first, *second);
        return;
      }
      change(*first, program.world, random);
      break;
    }
    case ProgramChange::repeat: {
      const Operation again = *any();
      ops.insert(any(), again);
      break;
    }
    case ProgramChange::operation: change(*any(), program.world, random); break;
  }
}

void mutate(Program& program, Random& random, Releases releases) {
  constexpr ProgramChange kUsual[] = {ProgramChange::world,     ProgramChange::scene,
                                      ProgramChange::insert,    ProgramChange::insert,
                                      ProgramChange::erase,     ProgramChange::swap,
                                      ProgramChange::repeat,    ProgramChange::operation,
                                      ProgramChange::operation, ProgramChange::operation};
  const size_t size = program.operations.size();
  ProgramChange how = size == 0 ? kUsual[random.below(4)] : pick(kUsual, random);
  const bool grows = how == ProgramChange::insert || how == ProgramChange::repeat;
  if (grows && size >= kOperationsMax) how = ProgramChange::erase;
  change(program, how, random, releases);
}

size_t mutate(Input kind, uint8_t* data, size_t size, size_t room, uint32_t seed,
              Releases releases) {
  Random random(seed);
  const std::span<const uint8_t> bytes(data, size);
  // Often one change, sometimes several.
  uint32_t count = 1 + (random.one_in(3) ? random.below(4) : 0);
  if (kind == Input::create_case) {
    Case c = decode_case(bytes);
    while (count-- != 0) {
      if (random.one_in(2)) mutate(c.call, random);
      else mutate(c.world, random, releases);
    }
    return encode_case(c, {data, room});
  }
  if (kind == Input::live) {
    LiveInput input = decode_live(bytes);
    while (count-- != 0) mutate(input, random);
    return store(input, {data, room});
  }
  Program program = decode_program(bytes);
  while (count-- != 0) mutate(program, random, releases);
  return encode_program(program, {data, room});
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
    return encode_case(a, out);
  }
  if (kind == Input::live) {
    LiveInput a = decode_live(first);
    const LiveInput b = decode_live(second);
    for (const LiveCall& call : b.calls)
      if (a.calls.size() < kLiveCallsMax && random.one_in(2)) a.calls.push_back(call);
    return store(a, out);
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
  return encode_program(a, out);
}

}  // namespace sockoracle::fuzz
