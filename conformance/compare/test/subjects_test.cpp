// SPDX-License-Identifier: GPL-2.0-only
// Commands split into words, patterns of deviations, the files of subjects/.
#include <boost/test/unit_test.hpp>

#include "conformance/base/cli_error.h"
#include "conformance/client/command_probe.h"
#include "conformance/compare/deviations.h"
#include "conformance/compare/subjects.h"

using namespace sockoracle;

namespace {

std::string joined(std::string_view text) {
  std::string all;
  for (const std::string& word : split_words(text, "x")) all += "<" + word + ">";
  return all;
}

std::string refusal(std::string_view text) {
  try {
    parse_subject(text, "x.json");
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(subjects_test)

// As `printf '<%s>'` shows them in a shell.
BOOST_AUTO_TEST_CASE(words_are_split_as_a_shell_does) {
  BOOST_TEST(joined("runsc --rootless do") == "<runsc><--rootless><do>");
  BOOST_TEST(joined("  a \t b\n") == "<a><b>");
  BOOST_TEST(joined(R"(sh -c 'a "b" \c')") == R"(<sh><-c><a "b" \c>)");
  BOOST_TEST(joined(R"("a b"c'd e')") == "<a bcd e>");
  BOOST_TEST(joined(R"("a\"b\\c\d\$e")") == R"(<a"b\c\d$e>)");
  BOOST_TEST(joined(R"(a\ b \'c)") == "<a b><'c>");
  BOOST_TEST(joined("a '' \"\"") == "<a><><>");
  BOOST_TEST(joined("$HOME *;|&") == "<$HOME><*;|&>");
  for (const char* bad : {"", " ", "'a", "\"a", "a\\", "\"a\\"}) {
    BOOST_CHECK_THROW(split_words(bad, "x"), UsageError);
  }
}

BOOST_AUTO_TEST_CASE(patterns_of_deviations) {
  BOOST_TEST(matches_pattern("*", ""));
  BOOST_TEST(matches_pattern("IP_*", "IP_TTL"));
  BOOST_TEST(!matches_pattern("IP_*", "IPV6_TTL"));
  BOOST_TEST(matches_pattern("SO_*TIMEO_NEW", "SO_RCVTIMEO_NEW"));
  BOOST_TEST(!matches_pattern("SO_*TIMEO_NEW", "SO_RCVTIMEO"));
  BOOST_TEST(matches_pattern("a|b|c*", "cd"));
  BOOST_TEST(!matches_pattern("a|b|c", "a|b"));
  BOOST_TEST(matches_pattern("$protocol", "$protocol"));
  BOOST_TEST(!matches_pattern("", "x"));
  BOOST_TEST(matches_pattern("*a*a*", "banana"));
  BOOST_TEST(!matches_pattern("*a*a*a*a*", "banana"));
}

BOOST_AUTO_TEST_CASE(files_of_subjects_are_read_strictly) {
  const std::string head = R"({"subject":"s","sentence":"t")";
  BOOST_TEST(refusal(head + "}") == "accepted");
  BOOST_TEST(refusal("[]") == "x.json: an object is accepted");
  BOOST_TEST(refusal(R"({"subject":"s"})") == "x.json: \"sentence\" is a string");
  BOOST_TEST(refusal(head + R"(,"lunch":1})").find("\"lunch\"; accepted: subject") !=
             std::string::npos);
  BOOST_TEST(refusal(head + R"(,"launch":"a"})") == "x.json: \"launch\" is an object of commands");
  BOOST_TEST(refusal(head + R"(,"launch":{"n":[]}})") == "x.json: \"launch\": a command has words");
  BOOST_TEST(refusal(head + R"(,"launch":{"n":[1]}})") ==
             "x.json: \"launch\": a list of strings is accepted");
  BOOST_TEST(refusal(head + R"(,"world":7})") == "x.json: accepted is a JSON object");
  const auto two = parse_subject(head + R"(,"launch":{"a":["x"],"b":["y","z"]}})", "x.json");
  BOOST_REQUIRE(two.size() == 2u);
  BOOST_TEST(two[1].name == "b");
  BOOST_TEST(two[1].launch.back() == "z");
}

BOOST_AUTO_TEST_CASE(every_named_subject_is_found_with_its_deviations) {
  for (const NamedSubject& named : named_subjects()) {
    NamedSubject found;
    BOOST_TEST(find_subject(named.name, &found), named.name);
    BOOST_TEST(found.sentence == named.sentence);
    World world = default_world(newest_release());
    BOOST_CHECK_NO_THROW(apply_items(world, named.world));
    BOOST_CHECK_NO_THROW(deviations_of(named.name));
    if (!named.launch.empty()) BOOST_TEST(!deviations_of(named.name).empty(), named.name);
  }
  NamedSubject none;
  BOOST_TEST(!find_subject("nobody's", &none));
}

BOOST_AUTO_TEST_SUITE_END()
