// SPDX-License-Identifier: GPL-2.0-only
// Mutants of the comparison: subjects that are wrong in one value, or in some, drawn from a printed
// seed. Each must be found, where it is and as what it is, however its answers are folded into runs
// of protocols. SOCKORACLE_SEED=N repeats a draw; without it a fixed seed and a new one are used.
#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "conformance/compare/compare.h"
#include "conformance/plan/model_answers.h"
#include "conformance/plan/plan.h"
#include "conformance/recording/recording.h"
#include "conformance/subject/subject.h"
#include "conformance/words/case_facts.h"
#include "model/observables.h"
#include "model/symbols.h"

using namespace sockoracle;

namespace {

std::vector<uint32_t> seeds() {
  if (const char* given = std::getenv("SOCKORACLE_SEED"))
    return {static_cast<uint32_t>(std::strtoul(given, nullptr, 10))};
  return {1, std::random_device{}()};
}

class Dice {
 public:
  explicit Dice(uint32_t seed) : random_(seed) {
    std::cout << "SOCKORACLE_SEED=" << seed << std::endl;
  }
  size_t below(size_t end) { return std::uniform_int_distribution<size_t>(0, end - 1)(random_); }
  template <class Row>
  const Row& one_of(const std::vector<Row>& rows) {
    return rows[below(rows.size())];
  }

 private:
  std::mt19937 random_;
};

// What was changed, and where it must be found.
struct Lie {
  std::string context;
  std::string observable;  // "errno", or a value's
  int32_t family = 0, type = 0, protocol = 0;
  std::string now;
};

std::string words(const Lie& lie) {
  return lie.context + ": family " + std::to_string(lie.family) + " type " +
         std::to_string(lie.type) + " protocol " + std::to_string(lie.protocol) + ": " +
         lie.observable + " is " + lie.now;
}

// Cuts the run so that `protocol` stands alone; returns the index of that part.
size_t cut_out(std::vector<Observation>& runs, size_t index, int32_t protocol) {
  const Observation whole = runs[index];
  std::vector<Observation> parts;
  const auto part = [&](int64_t low, int64_t high) {
    if (low > high) return;
    Observation o = whole;
    o.low = static_cast<int32_t>(low);
    o.high = static_cast<int32_t>(high);
    parts.push_back(o);
  };
  part(whole.low, int64_t{protocol} - 1);
  const size_t alone = index + parts.size();
  part(protocol, protocol);
  part(int64_t{protocol} + 1, whole.high);
  runs.erase(runs.begin() + static_cast<ptrdiff_t>(index));
  runs.insert(runs.begin() + static_cast<ptrdiff_t>(index), parts.begin(), parts.end());
  return alone;
}

// Values of a state that a check compares: not those that did not come to rest, nor those of which
// the model predicts nothing.
std::vector<size_t> comparable(const Recording& recording, const StateText& state,
                               const std::vector<std::string>& predicted) {
  std::vector<size_t> found;
  for (size_t i = 0; i < state.values.size(); ++i) {
    const auto& [name, text] = state.values[i];
    const int model_row = find_observable(recording.states.names()[name]);
    if (model_row < 0 || text == "!EAGAIN") continue;
    if (!predicted[static_cast<size_t>(model_row)].empty()) found.push_back(i);
  }
  return found;
}

// Another text of the same observable, as some other socket shows it; else one that none shows.
std::string other_text(const Recording& recording, uint16_t name, const std::string& text,
                       Dice& dice) {
  std::vector<std::string> others = {text + "1"};
  for (const StateText& state : recording.states.states())
    for (const auto& [n, t] : state.values)
      if (n == name && t != text && t != "!EAGAIN") others.push_back(t);
  return dice.one_of(others);
}

// One value of one call, or its errno, becomes another.
Lie lie_once(const World& world, Recording& recording, Answers& answers, Dice& dice) {
  std::vector<Observation>& runs = answers.observations;
  size_t index = dice.below(runs.size());
  while (!has_model(runs[index].family)) index = dice.below(runs.size());
  const Observation chosen = runs[index];
  const auto span = static_cast<size_t>(int64_t{chosen.high} - chosen.low + 1);
  const auto protocol = static_cast<int32_t>(chosen.low + static_cast<int64_t>(dice.below(span)));
  index = cut_out(runs, index, protocol);
  Lie lie{.context = answers.context,
          .observable = "errno",
          .family = chosen.family,
          .type = chosen.type,
          .protocol = protocol,
          .now = {}};
  const bool errno_lie = chosen.error != 0 || dice.below(4) == 0;
  if (errno_lie) {
    const std::vector<int32_t> errnos = {kEPERM, kEACCES, kEINVAL, kENOBUFS, kEAFNOSUPPORT};
    int32_t error = dice.one_of(errnos);
    while (error == chosen.error) error = dice.one_of(errnos);
    runs[index].error = error;
    runs[index].state = 0;
    lie.now = outcome_name(error);
    return lie;
  }
  ModelAsker asker(context_world(world, *find_context(answers.context)));
  const ShownState& shown = asker.state(chosen.family, chosen.type, protocol);
  StateText state = recording.states.states()[chosen.state];
  auto& [name, text] = state.values[dice.one_of(comparable(recording, state, shown.texts))];
  text = other_text(recording, name, text, dice);
  lie.observable = recording.states.names()[name];
  lie.now = text;
  runs[index].state = recording.states.add(std::move(state));
  return lie;
}

// Some runs show what the run before them shows: what folding hides best.
void blur(std::vector<Observation>& runs, Dice& dice) {
  for (size_t i = 1; i < runs.size(); ++i) {
    const Observation& before = runs[i - 1];
    Observation& o = runs[i];
    const bool alike = before.family == o.family && before.type == o.type &&
                       before.deep == o.deep && before.error == 0 && o.error == 0;
    if (alike && dice.below(3) == 0) o.state = before.state;
  }
}

Recording recorded(const World& world, const std::vector<std::string>& wanted) {
  const std::unique_ptr<Subject> subject = model_subject(world);
  Recording recording;
  subject->answer({.contexts = wanted}, [&](Answers&& answers) {
    normalise(answers);
    recording.contexts.push_back(std::move(answers));
  });
  recording.provenance = subject->provenance();
  recording.states = subject->states();
  return recording;
}

Comparison checked(const World& world, const Recording& recording) {
  Comparer comparer(world, recording.states);
  for (const Answers& answers : recording.contexts) comparer.add(answers);
  return comparer.finish(recording.provenance, {}, true);
}

// Each protocol in a run of its own, and the model asked anew for each: nothing is folded.
Comparison checked_one_by_one(const World& world, const Recording& recording) {
  Comparer comparer(world, recording.states);
  for (const Answers& answers : recording.contexts) {
    for (const Observation& o : answers.observations) {
      for (int64_t p = o.low; p <= o.high; ++p) {
        Observation one = o;
        one.low = one.high = static_cast<int32_t>(p);
        Answers alone;
        alone.context = answers.context;
        alone.observations = {one};
        comparer.add(alone);
      }
    }
  }
  return comparer.finish(recording.provenance, {}, true);
}

// Leaves the questions of the lies' families and types.
void keep_questions(Answers& answers, const std::vector<Lie>& lies) {
  std::erase_if(answers.observations, [&](const Observation& o) {
    return std::none_of(lies.begin(), lies.end(), [&](const Lie& lie) {
      return lie.family == o.family && lie.type == o.type;
    });
  });
}

std::vector<std::string> sorted_findings(const Comparison& comparison) {
  std::vector<std::string> all;
  for (const Finding& f : comparison.findings) {
    std::string text = std::string(row(f.rule).name) + " " + f.observable + " " + f.expected + " " +
                       f.got + " " + std::to_string(f.count) + " " + std::to_string(f.low) + " " +
                       std::to_string(f.high) + " " + std::to_string(f.smallest.family) + "," +
                       std::to_string(f.smallest.type) + "," + std::to_string(f.smallest.protocol);
    for (const std::string& context : f.contexts) text += " " + context;
    all.push_back(std::move(text));
  }
  std::sort(all.begin(), all.end());
  return all;
}

bool tells(const Comparison& comparison, const Lie& lie) {
  return std::any_of(comparison.findings.begin(), comparison.findings.end(), [&](const Finding& f) {
    return f.observable == lie.observable && f.got == lie.now && f.low <= lie.protocol &&
           lie.protocol <= f.high &&
           std::find(f.contexts.begin(), f.contexts.end(), lie.context) != f.contexts.end();
  });
}

const std::vector<std::string> kContexts = {"root",     "nobody", "net-raw-only",
                                            "ping-gid", "pmtu-2", "userns-root"};

Release any_release(Dice& dice) {
  Release release;
  release.index = static_cast<uint8_t>(dice.below(releases().size()));
  return release;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wrong_subject)

BOOST_AUTO_TEST_CASE(each_of_40_is_found) {
  const std::string path =
      std::string(SOCKORACLE_SOURCE_DIR) + "/corpus/recordings/linux-6.12.jsonl";
  const Recording real = read_recording(path);
  const World world = world_of(real.provenance, path);
  const Comparison right = checked(world, real);
  BOOST_REQUIRE(right.findings.empty());
  for (const uint32_t seed : seeds()) {
    Dice dice(seed);
    for (int i = 0; i < 40; ++i) {
      Recording wrong = real;
      std::vector<size_t> staged;
      for (size_t c = 0; c < wrong.contexts.size(); ++c)
        if (!wrong.contexts[c].observations.empty()) staged.push_back(c);
      // The others are as right as they were.
      wrong.contexts = {wrong.contexts[dice.one_of(staged)]};
      const Lie lie = lie_once(world, wrong, wrong.contexts.front(), dice);
      normalise(wrong.contexts.front());
      BOOST_TEST(tells(checked(world, wrong), lie), "seed " << seed << ": " << words(lie));
    }
  }
}

// What one protocol shows, its neighbours show as well: so does a subject without special cases.
BOOST_AUTO_TEST_CASE(a_subject_without_special_protocols_is_found) {
  for (const char* name : {"3.12", "5.4", "6.12", "7.3"}) {
    Release release;
    BOOST_REQUIRE(parse_release(name, &release));
    const World world = default_world(release);
    const Recording right = recorded(world, {"root"});
    const std::vector<Observation>& all = right.contexts.front().observations;
    Recording wrong = right;
    for (size_t i = 1; i < all.size(); ++i) {
      const Observation before = all[i - 1];
      Observation lie = all[i];
      if (before.error != 0 || lie.error != 0 || before.deep || lie.deep) continue;
      if (before.family != lie.family || before.type != lie.type) continue;
      if (before.state == lie.state) continue;
      lie.state = before.state;
      wrong.contexts.front().observations = {before, lie};
      normalise(wrong.contexts.front());
      const Comparison comparison = checked(world, wrong);
      BOOST_TEST(!comparison.findings.empty(), name << ": family " << lie.family << " type "
                                                    << lie.type << " protocol " << lie.low);
      for (const Finding& f : comparison.findings) {
        BOOST_TEST(f.low >= lie.low);
        BOOST_TEST(f.high <= lie.high);
      }
    }
  }
}

// A kernel whose AF_INET6 raw sockets show one state at 58, ICMPv6, and its neighbours.
BOOST_AUTO_TEST_CASE(a_kernel_without_icmpv6_filters_is_found_in_each_context) {
  const std::string path =
      std::string(SOCKORACLE_SOURCE_DIR) + "/corpus/recordings/linux-6.12.jsonl";
  Recording wrong = read_recording(path);
  for (Answers& answers : wrong.contexts) {
    uint32_t neighbour = 0;
    for (Observation& o : answers.observations) {
      if (o.family != kAF_INET6 || o.type != kSOCK_RAW || o.error != 0 || o.deep) continue;
      if (o.low == 58 && o.high == 58) o.state = neighbour;
      neighbour = o.state;
    }
    normalise(answers);
  }
  const Comparison comparison = checked(world_of(wrong.provenance, path), wrong);
  std::set<std::string> observables;
  for (const Finding& f : comparison.findings) {
    observables.insert(f.observable);
    BOOST_TEST(f.low == 58);
    BOOST_TEST(f.high == 58);
    BOOST_TEST(f.contexts.size() == 9u);
  }
  const std::set<std::string> expected = {"IPV6_CHECKSUM", "SOL_RAW:IPV6_CHECKSUM",
                                          "ICMPV6_FILTER"};
  BOOST_TEST(observables == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(folded_unfolded_and_diff_find_the_same) {
  for (const uint32_t seed : seeds()) {
    Dice dice(seed);
    for (int i = 0; i < 4; ++i) {
      const World world = default_world(any_release(dice));
      Recording right = recorded(world, {dice.one_of(kContexts)});
      Recording wrong = right;
      Answers& answers = wrong.contexts.front();
      std::vector<Lie> lies = {{.context = {},
                                .observable = {},
                                .family = kAF_INET6,
                                .type = kSOCK_RAW,
                                .protocol = 0,
                                .now = {}}};
      for (int n = 0; n < 2; ++n) lies.push_back(lie_once(world, wrong, answers, dice));
      keep_questions(right.contexts.front(), lies);
      keep_questions(answers, lies);
      blur(answers.observations, dice);
      const Comparison alone = checked_one_by_one(world, wrong);
      normalise(answers);
      const Comparison folded = checked(world, wrong);
      BOOST_TEST_CONTEXT("seed " << seed << ", subject " << i << ", "
                                 << releases()[world.release.index].name) {
        const std::vector<std::string> found = sorted_findings(folded);
        BOOST_TEST(!found.empty());
        BOOST_TEST(found == sorted_findings(alone), boost::test_tools::per_element());
        BOOST_TEST(found == sorted_findings(compare_recordings(right, world, wrong)),
                   boost::test_tools::per_element());
        BOOST_TEST(folded.values == alone.values);
      }
    }
  }
}

// Protocols around everything that the tables name, and around what only low bits keep.
BOOST_AUTO_TEST_CASE(what_stands_for_a_run_is_right_for_each_of_it) {
  std::vector<int32_t> protocols;
  for (int32_t p = -3; p <= 300; ++p) protocols.push_back(p);
  for (const int32_t base : {-131072, -65536, 65536, 65536 * 2, 1 << 30})
    for (const int32_t p : {-257, -1, 0, 1, 2, 58, 135, 255, 256, 300, 512})
      protocols.push_back(base + p);
  for (const char* name : {"3.12", "4.4", "5.4", "5.6", "6.12", "7.3"}) {
    Release release;
    BOOST_REQUIRE(parse_release(name, &release));
    const World world = default_world(release);
    for (const int32_t family : {kAF_INET, kAF_INET6}) {
      ModelAsker asker(world);
      for (const int32_t protocol : protocols) {
        if (asker.piece(family, kSOCK_RAW, protocol).error != 0) continue;
        const ShownState shown = asker.state(family, kSOCK_RAW, protocol);
        BOOST_TEST(shown.low <= protocol);
        BOOST_TEST(protocol <= shown.high);
        for (const int32_t other : protocols) {
          if (other < shown.low || other > shown.high || (other - shown.low) % 37 != 0) continue;
          ModelAsker alone(world);
          const ShownState& same = alone.state(family, kSOCK_RAW, other);
          BOOST_TEST((same.texts == shown.texts),
                     name << " family " << family << ": " << protocol << " and " << other);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
