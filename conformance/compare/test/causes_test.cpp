// SPDX-License-Identifier: GPL-2.0-only
// Known and likely causes, over the committed recordings of other systems.
#include "conformance/compare/causes.h"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <set>

#include "conformance/base/json_reader.h"
#include "conformance/compare/compare.h"
#include "conformance/plan/plan.h"
#include "conformance/recording/recording.h"
#include "conformance/report/report.h"
#include "conformance/subject/subject.h"
#include "model/symbols.h"

using namespace sockoracle;

namespace {

std::string recording_path(const std::string& name) {
  return SOCKORACLE_SOURCE_DIR "/corpus/recordings/" + name + ".jsonl";
}

Comparison checked(const std::string& name, bool with_deviations) {
  const auto subject = file_subject(recording_path(name), {});
  Comparer comparer(subject->world(), subject->states());
  subject->answer({}, [&](Answers&& answers) { comparer.add(answers); });
  std::vector<Deviation> deviations;
  if (with_deviations) deviations = deviations_of(subject->provenance().subject);
  return comparer.finish(subject->provenance(), deviations, true);
}

Finding errno_finding(Rule rule, const char* expected, const char* got) {
  Finding finding;
  finding.rule = rule;
  finding.observable = "errno";
  finding.expected = expected;
  finding.got = got;
  finding.count = 1;
  finding.contexts = {"root"};
  finding.smallest = {.entry = Entry::socket, .family = 2, .type = 3, .protocol = 0};
  return finding;
}

Comparison of(std::vector<Finding> findings) {
  Comparison comparison;
  comparison.expected_from = "Linux 6.18";
  comparison.findings = std::move(findings);
  return comparison;
}

std::vector<std::vector<size_t>> clusters(const Comparison& comparison) {
  std::vector<std::vector<size_t>> all;
  for (const LikelyCause& cause : likely_causes(comparison)) all.push_back(cause.findings);
  return all;
}

bool covers_each_once(const Comparison& comparison) {
  std::set<size_t> seen;
  for (const LikelyCause& cause : likely_causes(comparison))
    for (const size_t i : cause.findings)
      if (comparison.findings[i].known || !seen.insert(i).second) return false;
  return seen.size() == comparison.unexpected();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(causes)

// One missing check of Linux, whatever answers instead.
BOOST_AUTO_TEST_CASE(what_comes_after_a_missing_check_is_one_cause) {
  const Comparison c = of({errno_finding(Rule::type_flags, "EINVAL", "EPROTONOSUPPORT"),
                           errno_finding(Rule::type_flags, "EINVAL", "success"),
                           errno_finding(Rule::type_flags, "EINVAL", "EPERM")});
  const auto causes = likely_causes(c);
  BOOST_REQUIRE(causes.size() == 1u);
  BOOST_TEST(causes[0].sentence.find("does not ask type_flags, and what comes later answers "
                                     "EPROTONOSUPPORT, success or EPERM: ") == 0u);
}

// One answer, whatever Linux answers: "created" is no check that could be missing.
BOOST_AUTO_TEST_CASE(an_answer_that_comes_too_early_is_one_cause) {
  const Comparison c = of({errno_finding(Rule::created, "success", "EPERM"),
                           errno_finding(Rule::protocol_range, "EINVAL", "EPERM"),
                           errno_finding(Rule::protocol_known, "EPROTONOSUPPORT", "EPERM")});
  const auto causes = likely_causes(c);
  BOOST_REQUIRE(causes.size() == 1u);
  BOOST_TEST(causes[0].sentence ==
             "answers EPERM where Linux 6.18 answers success, EINVAL or EPROTONOSUPPORT "
             "(SOCK_RAW in each smallest case)");
}

BOOST_AUTO_TEST_CASE(what_shares_nothing_is_kept_apart) {
  const std::vector<std::vector<size_t>> apart = {{0}, {1}};
  BOOST_TEST((clusters(of({errno_finding(Rule::ping_group, "EACCES", "success"),
                           errno_finding(Rule::raw_needs_net_raw, "EPERM", "success")})) == apart));
  BOOST_TEST((clusters(of({errno_finding(Rule::created, "success", "EPERM"),
                           errno_finding(Rule::created, "success", "EINVAL")})) == apart));
}

BOOST_AUTO_TEST_CASE(likely_causes_of_other_systems_are_few) {
  const std::pair<const char*, size_t> most[] = {{"gvisor-20221219-ptrace", 15},
                                                 {"gvisor-20240729-ptrace", 15},
                                                 {"gvisor-20240729-systrap", 15},
                                                 {"qemu-user-7.2", 5}};
  for (const auto& [name, limit] : most) {
    const Comparison c = checked(name, false);
    BOOST_TEST(c.findings.size() > 100u, name);
    BOOST_TEST(likely_causes(c).size() <= limit, name << ": " << likely_causes(c).size());
    BOOST_TEST(covers_each_once(c), name);
  }
}

// DCCP left in 6.16: in each context another rule would have decided, and it is one finding.
BOOST_AUTO_TEST_CASE(what_left_with_a_release_is_one_cause) {
  const auto answers = [](const char* name) {
    Release release;
    BOOST_REQUIRE(parse_release(name, &release));
    const auto subject = model_subject(default_world(release));
    Recording recording;
    subject->answer({}, [&](Answers&& one) {
      normalise(one);
      recording.contexts.push_back(std::move(one));
    });
    recording.provenance = subject->provenance();
    recording.states = subject->states();
    return std::pair(recording, subject->world());
  };
  const auto [before, world] = answers("6.15");
  const Comparison c = compare_recordings(before, world, answers("6.16").first);
  BOOST_TEST(covers_each_once(c));
  std::vector<LikelyCause> about_errnos;
  for (const LikelyCause& cause : likely_causes(c))
    if (c.findings[cause.smallest].observable == "errno") about_errnos.push_back(cause);
  BOOST_REQUIRE(about_errnos.size() == 1u);
  BOOST_TEST(about_errnos[0].findings.size() == 7u);
  const std::string& sentence = about_errnos[0].sentence;
  BOOST_TEST(sentence.find("answers ESOCKTNOSUPPORT where Linux 6.15 answers") == 0u);
  BOOST_TEST(sentence.find("(SOCK_DCCP in each") != std::string::npos);
}

// Nine headings, and nothing that is known only because everything is.
BOOST_AUTO_TEST_CASE(gvisor_has_nine_causes_on_one_screen) {
  for (const char* name :
       {"gvisor-20221219-ptrace", "gvisor-20240729-ptrace", "gvisor-20240729-systrap"}) {
    const Comparison c = checked(name, true);
    BOOST_TEST(c.unexpected() == 0u, name);
    BOOST_TEST(c.stale.empty(), name);
    const auto causes = known_causes(c);
    BOOST_TEST(causes.size() <= 9u, name);
    for (const CauseSummary& cause : causes) BOOST_TEST(!cause.cause.where.empty());
    const std::string text = write_text_report({&c, 1});
    BOOST_TEST(std::count(text.begin(), text.end(), '\n') <= 45, name);
  }
}

BOOST_AUTO_TEST_CASE(a_deviation_names_what_it_is_about) {
  for (const SubjectFile& file : subject_files()) {
    for (const Deviation& row : parse_deviations(file.text, file.name)) {
      BOOST_TEST(row.observable.find('*') == std::string::npos, row.where);
      BOOST_TEST(row.rule.find('*') == std::string::npos, row.where);
      BOOST_TEST(row.got.find('*') == std::string::npos, row.where);
    }
  }
  // A socket whose type cannot be read is no longer covered by what is said of other options.
  for (const Deviation& row : deviations_of("gvisor-systrap"))
    for (const char* name : {"SO_TYPE", "SO_ERROR", "IP_TTL", "TCP_INFO", "getsockname"})
      for (const char* got : {"!ENOPROTOOPT", "!EOPNOTSUPP"})
        BOOST_TEST(
            !(matches_pattern(row.rule, "created") && matches_pattern(row.observable, name) &&
              matches_pattern(row.expected, "1") && matches_pattern(row.got, got)),
            row.where << ": " << name);
}

// Causes, then rows, then classes, with the same numbers in every format.
BOOST_AUTO_TEST_CASE(every_format_counts_alike) {
  const Comparison c = checked("gvisor-20240729-systrap", true);
  const KnownCounts counts = known_counts(c);
  const std::string line = verdict_line(c);
  BOOST_TEST(line == "0 unexpected findings, " + std::to_string(counts.causes) + " known causes (" +
                         std::to_string(counts.rows) + " rows, " + std::to_string(counts.classes) +
                         " classes), 0 stale deviations");
  BOOST_TEST(counts.classes == c.findings.size());
  for (const char* format : {"text", "markdown", "ktap", "sarif", "html"}) {
    const std::string report = find_report_format(format)->write({&c, 1});
    BOOST_TEST(report.find(line) != std::string::npos, format);
  }
  JsonTree json;
  std::string reason;
  BOOST_REQUIRE(read_json(find_report_format("json")->write({&c, 1}), &json, &reason));
  const JsonTree& said = *json.find("comparisons")->items.at(0).find("counts");
  BOOST_TEST(said.find("causes")->number == static_cast<int64_t>(counts.causes));
  BOOST_TEST(said.find("rows")->number == static_cast<int64_t>(counts.rows));
  BOOST_TEST(said.find("classes")->number == static_cast<int64_t>(counts.classes));
  const std::string junit = find_report_format("junit")->write({&c, 1});
  BOOST_TEST(junit.find(".causes\" tests=\"" + std::to_string(counts.causes) + "\"") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
