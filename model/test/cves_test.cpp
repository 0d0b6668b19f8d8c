// SPDX-License-Identifier: GPL-2.0-only
// The gallery of published bugs (corpus/cves): each program shows its bug on the releases that had
// it, and nothing on those that have not. Other bugs of those releases are cured or taken away by
// the world's with= and without=. Its lines `#: key values` say what is expected:
//   vulnerable, fixed RELEASE[:fault=N]...   N stands in its `fault` line there
//   leak       FIELD                         what of the balance stays behind
// asan       KIND[|KIND] FUNCTION [freed-by FUNCTION]   the sanitizer's report, others being at
// work
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

#include "model/program_text.h"
#include "model/test/support.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SOCKORACLE_ASAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define SOCKORACLE_ASAN 1
#endif

// A report of UBSan alone names no function.
extern "C" const char* __ubsan_default_options();
extern "C" const char* __ubsan_default_options() { return "print_stacktrace=1"; }

namespace sockoracle::test {
namespace {

namespace ut = boost::unit_test;
using Words = std::vector<std::string>;

struct Bug {
  std::string name;
  std::string text;
  std::map<std::string, Words> says;
};

Words words_of(const std::string& line) {
  std::istringstream in(line);
  return {std::istream_iterator<std::string>(in), {}};
}

std::vector<Bug> read_gallery() {
  std::vector<Bug> bugs;
  for (const auto& file : std::filesystem::directory_iterator(SOCKORACLE_GALLERY)) {
    if (file.path().extension() != ".prog") continue;
    std::ifstream in(file.path());
    Bug bug{file.path().stem().string(), {std::istreambuf_iterator<char>(in), {}}, {}};
    std::istringstream lines(bug.text);
    for (std::string line; std::getline(lines, line);) {
      if (line.rfind("#: ", 0) != 0) continue;
      Words words = words_of(line.substr(3));
      const std::string key = words.front();
      words.erase(words.begin());
      bug.says[key] = words;
    }
    bugs.push_back(bug);
  }
  return bugs;
}

const std::vector<Bug>& gallery() {
  static const std::vector<Bug> bugs = read_gallery();
  return bugs;
}

// The program as that release runs it.
struct Staged {
  Program program;
  std::vector<Expectation> expectations;
};

Staged stage(const Bug& bug, const std::string& where) {
  const size_t colon = where.find(':');
  const std::string release = where.substr(0, colon);
  std::string text = bug.text;
  const size_t at = text.find("release=") + 8;
  text.replace(at, text.find(' ', at) - at, release);
  if (colon != std::string::npos) {
    const size_t fault = text.find("\nfault ") + 7;
    text.replace(fault, text.find('\n', fault) - fault, where.substr(where.find('=') + 1));
  }
  Staged staged;
  ProgramError error;
  const bool ok = parse_program(text, &staged.program, &staged.expectations, &error);
  BOOST_REQUIRE_MESSAGE(ok, bug.name << ':' << error.line << ": " << error.reason);
  return staged;
}

struct Ran {
  std::string hazards;
  Balance before, after;
};

Ran run(const Staged& staged, bool checked) {
  Machine machine(staged.program.world);
  for (size_t i = 0; i < staged.program.operations.size(); ++i) {
    const Outcome outcome = machine.run(staged.program.operations[i]);
    if (!checked) continue;
    for (const Expectation& e : staged.expectations) {
      if (e.operation != i || e.error < 0) continue;
      BOOST_TEST(error_word(outcome.error) == error_word(e.error));
      if (e.has_rule) BOOST_TEST(row(outcome.verdict.rule).name == row(e.rule).name);
    }
  }
  machine.close_all();
  return {hazard_words(machine.hazards()), machine.at_boot(), machine.kernel().balance()};
}

std::string expected_hazards(const Staged& staged) {
  HazardSet all;
  for (const Expectation& e : staged.expectations)
    all.bits = static_cast<uint16_t>(all.bits | e.hazards.bits);
  return hazard_words(all);
}

const Words& said(const Bug& bug, const std::string& key) {
  static const Words none;
  const auto found = bug.says.find(key);
  return found == bug.says.end() ? none : found->second;
}

void shows_as_values(const Bug& bug) {
  for (const std::string& where : said(bug, "vulnerable")) {
    BOOST_TEST_CONTEXT(bug.name << " on " << where) {
      const Staged staged = stage(bug, where);
      const Ran ran = run(staged, true);
      BOOST_TEST(ran.hazards == expected_hazards(staged));
      if (said(bug, "leak").empty()) continue;
      const std::string& field = said(bug, "leak").front();
      BOOST_TEST((field == "objects" || field == "group_refs"));
      BOOST_TEST((field == "objects" ? ran.after.objects > ran.before.objects
                                     : ran.after.group_refs > ran.before.group_refs));
    }
  }
  for (const std::string& where : said(bug, "fixed")) {
    BOOST_TEST_CONTEXT(bug.name << " on " << where) {
      const Ran ran = run(stage(bug, where), true);
      BOOST_TEST(ran.hazards == "");
      BOOST_TEST((ran.after == ran.before));
    }
  }
}

// What the child, in which others are at work, says on stderr.
std::string report_of(const Staged& staged, int* status) {
  int ends[2];
  BOOST_REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    Staged observed = staged;
    Operation observe;
    observe.op = Op::observe;
    observe.number = 1;
    observed.program.operations.insert(observed.program.operations.begin(), observe);
    run(observed, false);
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char room[4096];
  for (ssize_t n = 0; (n = read(ends[0], room, sizeof room)) > 0;)
    text.append(room, static_cast<size_t>(n));
  close(ends[0]);
  BOOST_REQUIRE(waitpid(child, status, 0) == child);
  return text;
}

bool has_one_of(const std::string& report, std::string kinds) {
  std::replace(kinds.begin(), kinds.end(), '|', ' ');
  for (std::string kind : words_of(kinds)) {
    std::replace(kind.begin(), kind.end(), '.', ' ');
    if (report.find(kind) != std::string::npos) return true;
  }
  return false;
}

void shows_to_asan(const Bug& bug) {
  const Words& asan = said(bug, "asan");
  if (asan.empty()) return;
  int status = 0;
  for (const std::string& where : {said(bug, "vulnerable").front(), said(bug, "vulnerable").back()})
    BOOST_TEST_CONTEXT(bug.name << " on " << where) {
      const std::string report = report_of(stage(bug, where), &status);
      BOOST_TEST(status != 0);
      BOOST_TEST(has_one_of(report, asan[0]), report);
      BOOST_TEST(report.find(asan[1]) != std::string::npos, report);
      if (asan.size() < 4) continue;
      const size_t freed = report.find("freed by thread");
      BOOST_REQUIRE_MESSAGE(freed != std::string::npos, report);
      const size_t end = report.find("previously allocated", freed);
      BOOST_TEST(report.substr(freed, end - freed).find(asan[3]) != std::string::npos, report);
    }
  for (const std::string& where : said(bug, "fixed"))
    BOOST_TEST_CONTEXT(bug.name << " on " << where) {
      BOOST_TEST(report_of(stage(bug, where), &status) == "");
      BOOST_TEST(status == 0);
    }
}

void shows_as_values_at(size_t index) { shows_as_values(gallery()[index]); }

const bool kRegistered = [] {
  for (size_t i = 0; i < gallery().size(); ++i)
    add_named_test("as_values", gallery()[i].name, shows_as_values_at, i);
  return true;
}();

boost::test_tools::assertion_result has_asan(ut::test_unit_id) {
#ifdef SOCKORACLE_ASAN
  return true;
#else
  boost::test_tools::assertion_result no(false);
  no.message() << "needs AddressSanitizer: only it sees the memory that the bug damages";
  return no;
#endif
}

BOOST_AUTO_TEST_CASE(the_sanitizer_sees_them, *ut::precondition(has_asan)) {
  for (const Bug& bug : gallery()) shows_to_asan(bug);
}

BOOST_AUTO_TEST_CASE(the_gallery_is_whole) {
  BOOST_TEST(gallery().size() >= 16u);
  for (const Bug& bug : gallery()) {
    BOOST_TEST_CONTEXT(bug.name) {
      BOOST_TEST(said(bug, "vulnerable").size() >= 2u);
      BOOST_TEST(said(bug, "fixed").size() >= 2u);
      BOOST_TEST(!said(bug, "hunt").empty());
      BOOST_TEST(!expected_hazards(stage(bug, said(bug, "vulnerable").front())).empty());
    }
  }
}

// Every CVE that a behaviour names has its program, but for those told in corpus/cves/README.md.
BOOST_AUTO_TEST_CASE(each_cve_has_a_program) {
  std::ifstream in(std::string(SOCKORACLE_GALLERY) + "/README.md");
  const std::string readme{std::istreambuf_iterator<char>(in), {}};
  for (const BehaviourRow& row : behaviours())
    if (!row.cve.empty())
      BOOST_TEST(readme.find(row.cve) != std::string::npos, row.name << ' ' << row.cve);
  for (const Bug& bug : gallery())
    BOOST_TEST(readme.find("`" + bug.name + "`") != std::string::npos, bug.name);
}

}  // namespace
}  // namespace sockoracle::test
