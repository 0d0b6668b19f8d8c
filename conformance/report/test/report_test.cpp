// SPDX-License-Identifier: GPL-2.0-only
#include <boost/test/unit_test.hpp>

#include "conformance/base/json_reader.h"
#include "conformance/base/text_file.h"
#include "conformance/cli/commands_check.h"
#include "conformance/report/report.h"

using namespace sockoracle;

namespace {

// One context with a finding, a known deviation and a skip; one that was skipped; one stale
// deviation. Some texts are as hostile as a recording may make them.
Comparison sample() {
  Comparison c;
  c.provenance.subject = "gvisor";
  c.provenance.release = "4.4.0";
  c.expected_from = "Linux 4.4";
  c.explain_flags = " --release 4.4";
  Finding finding;
  finding.rule = Rule::protocol_known;
  finding.observable = "errno";
  finding.expected = "EPROTONOSUPPORT";
  finding.got = "EINVAL";
  finding.count = 2;
  finding.contexts = {"root", "nobody"};
  finding.smallest = {.entry = Entry::socket, .family = 2, .type = 1, .protocol = 17};
  finding.low = finding.high = 17;
  Finding known = finding;
  known.rule = Rule::created;
  known.observable = "system.sockprotoname";
  known.expected = "TCP";
  known.got = "<a href='x'>|`# \"&";
  known.known = true;
  known.reason = "netstack has no names";
  known.link = "https://example.org/1";
  c.findings = {finding, known};
  ContextResult root{.name = "root", .skipped = {}, .groups = {}};
  root.checked_cases = 18;
  root.skipped_cases = 3;
  root.groups = {
      {.family = 2, .type = 1, .low = 0, .high = 0, .skipped = {}, .findings = {1}},
      {.family = 2, .type = 1, .low = 1, .high = 16, .skipped = {}, .findings = {}},
      {.family = 2, .type = 1, .low = 17, .high = 17, .skipped = {}, .findings = {0, 1}},
      {.family = 2, .type = 5, .low = 0, .high = 2, .skipped = "no # modprobe", .findings = {}},
  };
  ContextResult nobody{
      .name = "nobody", .skipped = "cannot be staged here: <setresuid> EPERM", .groups = {}};
  nobody.skipped_cases = 21;
  c.contexts = {root, nobody};
  c.skipped = {{"no # modprobe", 3}, {"cannot be staged here: <setresuid> EPERM", 21}};
  c.skipped_contexts = {{"cannot be staged here: <setresuid> EPERM", {"nobody"}}};
  c.unread = {{"are fields of kernel objects: they need BTF", 7}};
  c.stale = {
      {"ping_group", "errno", "EACCES", "success", "r", "", "subjects/gvisor.json: deviation 2"}};
  c.values = 40;
  return c;
}

std::string written(std::string_view format) {
  const Comparison c = sample();
  return find_report_format(format)->write({&c, 1});
}

std::string golden(const std::string& name) {
  return load_text(SOCKORACLE_SOURCE_DIR "/conformance/test/report/" + name);
}

size_t count_of(const std::string& text, std::string_view part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report)

BOOST_AUTO_TEST_CASE(formats_are_found_by_name) {
  const std::vector<std::string> expected = {"text",     "json",  "junit", "ktap",
                                             "markdown", "sarif", "html"};
  BOOST_TEST(report_formats() == expected, boost::test_tools::per_element());
  BOOST_TEST(find_report_format("yaml") == nullptr);
}

BOOST_AUTO_TEST_CASE(text_says_what_why_how_often_and_how_to_see_it) {
  BOOST_TEST(written("text") == golden("sample.text"));
}

BOOST_AUTO_TEST_CASE(json_is_json_and_complete) {
  JsonTree tree;
  std::string reason;
  BOOST_REQUIRE_MESSAGE(read_json(written("json"), &tree, &reason), reason);
  BOOST_TEST(tree.find("schema")->text == "sockoracle.report/1");
  const JsonTree& c = tree.find("comparisons")->items.at(0);
  BOOST_TEST(c.find("checked_cases")->number == 18);
  BOOST_TEST(c.find("skipped_cases")->number == 24);
  BOOST_TEST(c.find("findings")->items.size() == 2u);
  const JsonTree& known = c.find("findings")->items.at(1);
  BOOST_TEST(known.find("got")->text == "<a href='x'>|`# \"&");
  BOOST_TEST(known.find("known")->boolean);
  BOOST_TEST(c.find("stale")->items.at(0).find("rule")->text == "ping_group");
}

BOOST_AUTO_TEST_CASE(junit_counts_are_those_of_its_elements) {
  const std::string xml = written("junit");
  BOOST_TEST(xml.find("<testsuites name=\"sockoracle\" tests=\"7\" failures=\"2\" errors=\"0\">") !=
             std::string::npos);
  BOOST_TEST(count_of(xml, "<testcase ") == 7u);
  BOOST_TEST(count_of(xml, "<failure ") == 2u);
  BOOST_TEST(count_of(xml, "<skipped>") == 2u);
  BOOST_TEST(count_of(xml, "<testsuite ") == 4u);
  BOOST_TEST(
      xml.find("<testsuite name=\"gvisor-4.4.0.root\" tests=\"4\" failures=\"1\" errors=\"0\" "
               "skipped=\"1\">") != std::string::npos);
  BOOST_TEST(xml.find("name=\"AF_INET SOCK_STREAM 1 to 16\"/>") != std::string::npos);
  BOOST_TEST(xml.find("<failure type=\"protocol_known\"") != std::string::npos);
  // A known deviation alone is no failure.
  BOOST_TEST(xml.find("name=\"AF_INET SOCK_STREAM 0\"/>") != std::string::npos);
  BOOST_TEST(xml.find("<a href") == std::string::npos);
  BOOST_TEST(xml.find("&lt;a href='x'&gt;|`# &quot;&amp;") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(ktap_is_nested_and_a_skip_is_ok) {
  BOOST_TEST(written("ktap") == golden("sample.ktap"));
}

BOOST_AUTO_TEST_CASE(markdown_keeps_its_tables_whole) {
  const std::string text = written("markdown");
  BOOST_TEST(text.find("## gvisor, Linux 4.4.0, against Linux 4.4\n") == 0u);
  BOOST_TEST(text.find("| root | 18 | 3 | 1 | 1 |\n") != std::string::npos);
  BOOST_TEST(
      text.find("| nobody | 0 | 21: cannot be staged here: \\<setresuid\\> EPERM | 1 | 1 |\n") !=
      std::string::npos);
  BOOST_TEST(text.find("| `protocol_known` | errno | EPROTONOSUPPORT | EINVAL | 2 | "
                       "`socket(AF_INET, SOCK_STREAM, IPPROTO_UDP)` as root |\n") !=
             std::string::npos);
  BOOST_TEST(text.find("\\<a href='x'\\>\\|\\`\\# \"\\&") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_comparison_is_a_valid_report_too) {
  BOOST_TEST(find_report_format("ktap")->write({}) == "KTAP version 1\n1..0\n");
  BOOST_TEST(find_report_format("junit")->write({}).find("tests=\"0\"") != std::string::npos);
  BOOST_TEST(find_report_format("text")->write({}).empty());
}

BOOST_AUTO_TEST_SUITE_END()
