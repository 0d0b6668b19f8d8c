// SPDX-License-Identifier: GPL-2.0-only
// Every world can be said in every notation: bytes, program text, flags, JSON. What one prints, its
// reader reads as the same world.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>
#include <vector>

#include "conformance/world/cli_world.h"
#include "conformance/world/world_text.h"
#include "model/codec.h"
#include "model/program_text.h"
#include "model/world_facts.h"

namespace sockoracle {
namespace {

constexpr uint32_t kIdMost = 0xfffffffe;  // (uid_t)-1 is no id

std::vector<uint8_t> random_bytes(std::mt19937& random) {
  std::vector<uint8_t> bytes(random() % (case_bytes_max() + 1));
  const auto noise = random() % 100;
  for (uint8_t& byte : bytes)
    byte = random() % 100 < noise ? static_cast<uint8_t>(random()) : uint8_t{0};
  return bytes;
}

// What the notations for people do not say: ids that are none, faults before the first step, the
// nothing that a behaviour both added and had changes.
World sayable(World world) {
  for (size_t i = 0; i < world.caller.group_count; ++i)
    world.caller.groups[i] = std::min(world.caller.groups[i], kIdMost);
  for (size_t i = 0; i < world.fault_count; ++i)
    world.faults[i] = std::max<uint16_t>(world.faults[i], 1);
  return world;
}

std::string text_of(const World& world) {
  std::string text(print_world(world, {}), '\0');
  print_world(world, text);
  return text;
}

World from_flags(const std::vector<Item>& items) {
  const std::vector<std::string> words = flag_words(items);
  WorldFlags flags;
  for (size_t i = 0; i < words.size(); i += 2)
    for (size_t form = 0; form < item_forms().size(); ++form)
      if (item_forms()[form].flag == words[i]) flags.typed[form].push_back(words[i + 1]);
  return build_setting(flags.items()).world;
}

World from_json(const std::vector<Item>& items) {
  std::vector<Item> read;
  items_of_json(items_json(items), "world.json", &read);
  return build_setting(read).world;
}

World from_text(const std::string& text) {
  Program program;
  std::vector<Expectation> expectations;
  ProgramError error;
  BOOST_TEST_REQUIRE(parse_program(text, &program, &expectations, &error), text << error.reason);
  return program.world;
}

void check(const World& world) {
  const std::vector<Item> items = items_of(world);
  BOOST_TEST_REQUIRE((from_flags(items) == world), text_of(world) << text_of(from_flags(items)));
  BOOST_TEST_REQUIRE((from_json(items) == world), text_of(world) << items_json(items));
  BOOST_TEST_REQUIRE((from_text(text_of(world)) == world), text_of(world));
  BOOST_TEST_REQUIRE((decode_case(encode_case({world, {}})).world == world), text_of(world));
}

BOOST_AUTO_TEST_SUITE(world_notations)

BOOST_AUTO_TEST_CASE(random_worlds) {
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) check(sayable(decode_case(random_bytes(random)).world));
}

BOOST_AUTO_TEST_CASE(contexts_of_every_release) {
  for (size_t r = 0; r < releases().size(); ++r)
    for (const ContextRow& context : contexts()) {
      World world = default_world({static_cast<uint8_t>(r), 0});
      apply_context(world, context);
      check(world);
    }
}

// Each row alone, at its ends and at what "deny" means; nothing else changes with it.
BOOST_AUTO_TEST_CASE(each_fact_at_its_ends) {
  for (const FactRow& fact : world_facts()) {
    const bool wide = fact.kind == FactKind::limit;  // the codec stores no more than 254 left
    for (const int64_t value : {fact.least, wide ? 254 : fact.most, int64_t{fact.denied}}) {
      World world = default_world(newest_release());
      set(world, fact.id, value);
      BOOST_TEST(get(world, fact.id) == value, fact.name);
      check(world);
      set(world, fact.id, fact.usual);
      BOOST_TEST((world == default_world(newest_release())), fact.name);
    }
  }
}

// A fact that nobody could read about is none.
BOOST_AUTO_TEST_CASE(each_fact_says_what_it_is) {
  for (const FactRow& fact : world_facts()) {
    BOOST_TEST(!fact.sentence.empty(), fact.name);
    BOOST_TEST(!fact.staged.empty(), fact.name);
    BOOST_TEST((find_fact(fact.name) == &fact), fact.name);
    BOOST_TEST(fact.codec <= kCodecVersion, fact.name);
    BOOST_TEST((fact.kind != FactKind::policy || find_rule(fact.name) != nullptr), fact.name);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
