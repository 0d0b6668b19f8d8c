// SPDX-License-Identifier: GPL-2.0-only
// A mutation that changes nothing wastes a whole execution, and what it should have tried is never
// tried. So each kind, on inputs as a campaign has them, changes what is stored and what is run in
// more than half of its draws; most do so in nearly all.
#include <boost/test/unit_test.hpp>

#include "fuzz/generators/live_input.h"
#include "fuzz/generators/mutator.h"
#include "model/codec.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

constexpr int kDraws = 400;

// A world some mutations away from a release's default.
World some_world(Random& random) {
  World world = default_world(newest_release());
  change(world, WorldChange::release, random);
  for (uint32_t left = random.below(8); left != 0; --left) mutate(world, random);
  return world;
}

Program some_program(Random& random, uint32_t least) {
  Program program{some_world(random), {}};
  while (program.operations.size() < least + random.below(6))
    change(program, ProgramChange::insert, random);
  return program;
}

// Differ the stored worlds, and what they mean? A behaviour that is taken from a release without it
// is stored and means nothing.
bool differ(const World& a, const World& b) {
  if (encode_case({a, {}}) == encode_case({b, {}})) return false;
  World same = b;
  same.with = a.with;
  same.without = a.without;
  return !(same == a) || !(behaviours_in(a) == behaviours_in(b));
}

}  // namespace

BOOST_AUTO_TEST_CASE(each_change_of_a_world_changes_it) {
  for (size_t kind = 0; kind < kWorldChangeCount; ++kind) {
    const auto how = static_cast<WorldChange>(kind);
    Random random(static_cast<uint32_t>(kind));
    int changed = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      World world = some_world(random);
      const World before = world;
      change(world, how, random);
      changed += differ(before, world);
    }
    BOOST_TEST(changed > kDraws / 2,
               "world change " << kind << ": " << changed << " of " << kDraws);
  }
}

BOOST_AUTO_TEST_CASE(what_an_operation_sets_is_new_to_the_world) {
  // Of each kind that sets something of the world, as it comes from the mutator. The others act on
  // sockets, modules and entries.
  constexpr Op kSetters[] = {Op::sysctl, Op::caps, Op::egid, Op::user_ns, Op::fault, Op::policy};
  for (const Op op : kSetters) {
    Random random(static_cast<uint32_t>(op));
    int changed = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      World world = some_world(random);
      world.fault_count = 0;
      if (op == Op::user_ns) change(world, WorldChange::user_ns, random);
      Operation o;
      o.op = op;
      fill(o, world, random);
      Machine machine(world);
      const World before = machine.kernel().world();
      machine.run(o);
      changed += !(before == machine.kernel().world());
    }
    BOOST_TEST(changed > kDraws / 2, op_word(op) << ": " << changed << " of " << kDraws);
  }
}

BOOST_AUTO_TEST_CASE(a_module_operation_names_a_module) {
  // Of a distribution's kernel: what is built in can be neither loaded nor removed.
  const World world = default_world(newest_release());
  Random random(7);
  int done = 0;
  for (int draw = 0; draw < kDraws; ++draw) {
    Operation o;
    o.op = Op::load;
    fill(o, world, random);
    done += !Machine(world).run(o).skipped;
  }
  BOOST_TEST(done > kDraws / 2);
}

BOOST_AUTO_TEST_CASE(each_kind_of_operation_is_changed) {
  for (size_t kind = 0; kind < kOpCount; ++kind) {
    Random random(static_cast<uint32_t>(kind));
    int changed = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      const World world = some_world(random);
      Operation o;
      o.op = static_cast<Op>(kind);
      fill(o, world, random);
      const Operation before = o;
      change(o, world, random);
      changed += !stored_alike(before, o);
    }
    BOOST_TEST(changed > kDraws / 2, op_word(static_cast<Op>(kind))
                                         << ": " << changed << " of " << kDraws);
  }
}

BOOST_AUTO_TEST_CASE(each_change_of_a_program_changes_it) {
  for (size_t kind = 0; kind < kProgramChangeCount; ++kind) {
    const auto how = static_cast<ProgramChange>(kind);
    Random random(static_cast<uint32_t>(kind));
    int changed = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      Program program = some_program(random, 1);
      const std::vector<uint8_t> before = encode_program(program);
      change(program, how, random);
      BOOST_TEST_REQUIRE(program.operations.size() <= kOperationsMax);
      changed += before != encode_program(program);
    }
    BOOST_TEST(changed > kDraws / 2,
               "program change " << kind << ": " << changed << " of " << kDraws);
  }
}

BOOST_AUTO_TEST_CASE(full_and_empty_programs_are_changed) {
  for (const uint32_t size : {0u, 1u, uint32_t{kOperationsMax}}) {
    Random random(size);
    int changed = 0;
    for (int draw = 0; draw < kDraws; ++draw) {
      Program program{some_world(random), {}};
      while (program.operations.size() < size) change(program, ProgramChange::insert, random);
      const std::vector<uint8_t> before = encode_program(program);
      mutate(program, random);
      BOOST_TEST_REQUIRE(program.operations.size() <= kOperationsMax);
      changed += before != encode_program(program);
    }
    BOOST_TEST(changed > kDraws / 2, size << " operations: " << changed << " of " << kDraws);
  }
}

BOOST_AUTO_TEST_CASE(in_a_hunt_the_release_is_left_alone) {
  Random random(1);
  const World world = default_world(newest_release());
  for (int draw = 0; draw < kDraws; ++draw) {
    World other = world;
    mutate(other, random, Releases::one);
    BOOST_TEST_REQUIRE((other.release == world.release && other.with == world.with &&
                        other.without == world.without));
  }
}

BOOST_AUTO_TEST_CASE(calls_and_bytes_are_changed) {
  int calls = 0;
  Random random(3);
  for (int draw = 0; draw < kDraws; ++draw) {
    Call call;
    for (uint32_t left = random.below(4); left != 0; --left) mutate(call, random);
    const Call before = call;
    mutate(call, random);
    calls += !(before == call);
  }
  BOOST_TEST(calls > kDraws / 2);
  for (const Input kind : {Input::create_case, Input::program, Input::live}) {
    std::vector<uint8_t> bytes(4096);
    size_t size = 0;
    int changed = 0;
    for (uint32_t seed = 0; seed < kDraws; ++seed) {
      const std::vector<uint8_t> before(bytes.begin(), bytes.begin() + static_cast<long>(size));
      size = mutate(kind, bytes.data(), size, bytes.size(), seed);
      BOOST_TEST_REQUIRE(size <= bytes.size());
      changed += !std::equal(before.begin(), before.end(), bytes.begin(),
                             bytes.begin() + static_cast<long>(size));
    }
    BOOST_TEST(changed > kDraws / 2, "input " << static_cast<int>(kind) << ": " << changed);
  }
}
