// SPDX-License-Identifier: GPL-2.0-only
// What was seen inside a virtual machine comes out of it whole, or is refused with the line.
#include <boost/test/unit_test.hpp>

#include "conformance/base/cli_error.h"
#include "conformance/whitebox/deep_json.h"

using namespace sockoracle;

namespace {

DeepResult example() {
  DeepResult result;
  result.oracles.push_back({.name = "steps",
                            .counts = "3 steps of 1 calls",
                            .skipped = {},
                            .notes = {"capabilities: \"no\" event", "another"},
                            .compared = 3});
  result.oracles.push_back(
      {.name = "fields", .counts = {}, .skipped = "no BTF", .notes = {}, .compared = 0});
  DeepGroup group;
  group.context = "nobody";
  group.group.family = 2;
  group.group.type = 3;
  group.group.low = -1;
  group.group.high = 255;
  group.group.oracle = "steps";
  group.differences.push_back({"nobody",
                               Rule::raw_needs_net_raw,
                               {.entry = Entry::io_uring, .family = 2, .type = 3, .protocol = 1},
                               7,
                               "the call's steps",
                               "+a",
                               "+b"});
  result.groups.push_back(group);
  group.differences.clear();
  group.group.skipped = "not here";
  result.groups.push_back(group);
  return result;
}

std::string refusal(const std::string& text) {
  try {
    read_deep_json(text);
  } catch (const UnavailableError& error) {
    return error.what();
  }
  return "accepted";
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t at = text.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(deep_json_test)

BOOST_AUTO_TEST_CASE(what_is_written_is_read) {
  const std::string text = deep_json(example());
  const DeepResult read = read_deep_json(text);
  BOOST_TEST(deep_json(read) == text);
  BOOST_TEST(read.oracles.size() == 2u);
  BOOST_TEST(read.oracles[0].notes.size() == 2u);
  BOOST_TEST(read.oracles[1].skipped == "no BTF");
  BOOST_REQUIRE(read.groups.size() == 2u);
  BOOST_TEST(read.groups[0].group.low == -1);
  BOOST_REQUIRE(read.groups[0].differences.size() == 1u);
  const Difference& difference = read.groups[0].differences[0];
  BOOST_TEST(difference.context == "nobody");
  BOOST_TEST((difference.rule == Rule::raw_needs_net_raw));
  BOOST_TEST((difference.call.entry == Entry::io_uring));
  BOOST_TEST(difference.high == 7);
  BOOST_TEST(difference.got == "+b");
  BOOST_TEST(read.groups[1].group.skipped == "not here");
}

BOOST_AUTO_TEST_CASE(what_is_not_whole_is_refused) {
  const std::string text = deep_json(example());
  BOOST_TEST(refusal("").find("the end is missing") != std::string::npos);
  BOOST_TEST(refusal(text.substr(0, text.size() - 1)).find("within a line") != std::string::npos);
  BOOST_TEST(refusal(replaced(text, "{\"end\":1}\n", "")).find("the end is missing") !=
             std::string::npos);
  BOOST_TEST(refusal(text + text).find("goes on behind its end") != std::string::npos);
  BOOST_TEST(refusal(replaced(text, "nobody", "somebody")).find("line 5: no context somebody") !=
             std::string::npos);
  BOOST_TEST(refusal(replaced(text, "raw_needs_net_raw", "rule")).find("line 6: no rule rule") !=
             std::string::npos);
  BOOST_TEST(refusal(replaced(text, "\"compared\":3", "\"compared\":\"3\"")).find("line 1") !=
             std::string::npos);
  BOOST_TEST(refusal("{\"difference\":\"x\"}\n").find("no line begins with difference here") !=
             std::string::npos);
  BOOST_TEST(refusal("panic\n").find("line 1") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
