// SPDX-License-Identifier: GPL-2.0-only
// What running machines call their kernels (corpus/kernel-names.tsv), and what people write.
#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <fstream>
#include <string>

#include "model/kernel_name.h"

using namespace sockoracle;

namespace {

std::string text_of(Release release) {
  std::string text(releases()[release.index].name);
  if (release.sublevel != 0) text += "." + std::to_string(release.sublevel);
  return text;
}

using Row = std::array<std::string, 6>;  // the columns of the file

std::vector<Row> corpus() {
  std::ifstream file(SOCKORACLE_KERNEL_NAMES);
  std::vector<Row> rows;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#') continue;
    Row row;
    size_t start = 0;
    for (std::string& cell : row) {
      const size_t end = std::min(line.find('\t', start), line.size());
      cell = line.substr(start, end - start);
      start = std::min(end + 1, line.size());
    }
    rows.push_back(row);
  }
  return rows;
}

void check(const std::string& text, const std::string& version, const Row& row) {
  const std::optional<KernelName> name = read_kernel_name(text, version);
  BOOST_REQUIRE_MESSAGE(name, "not understood: " << text);
  BOOST_TEST(text_of(name->release) == row[3]);
  BOOST_TEST(name->vendor == row[4]);
  BOOST_TEST(name->note.view() == row[5]);
}

}  // namespace

BOOST_AUTO_TEST_CASE(names_of_running_machines) {
  const std::vector<Row> rows = corpus();
  BOOST_TEST(rows.size() >= 60U);
  for (const Row& row : rows) {
    BOOST_TEST_CONTEXT(row[0]) {
      check(row[1], row[2], row);
      check("Linux version " + row[1] + " " + row[2], "", row);
      check("Linux a-host.example " + row[1] + " " + row[2], "", row);
    }
  }
}

BOOST_AUTO_TEST_CASE(as_people_write_it) {
  const Row rows[] = {
      {"6.12", "", "", "6.12", "", ""},
      {"v6.12.43", "", "", "6.12.43", "", ""},
      {"1:6.1.63-1+rpt1", "", "", "6.1.63", "Raspberry Pi OS", ""},
      {"Ubuntu 5.15.0-122.132-generic 5.15.160", "", "", "5.15.160", "Ubuntu", ""},
      {"Linux 6.12.43", "", "", "6.12.43", "", ""},
      {"5.15.0-7-homemade", "", "", "5.15", "", "sublevel not known: 0 assumed"},
      {"6.12.0+", "", "", "6.12", "", ""},
      {"7.4.0-rc1", "", "", "7.3", "",
       "7.4 is not in the table: 7.3 answers; a release candidate: the release itself answers"},
      {"4.21.3", "", "", "4.20", "", "4.21 is not in the table: 4.20 answers"},
  };
  for (const Row& row : rows) BOOST_TEST_CONTEXT(row[0]) check(row[0], row[1], row);
}

BOOST_AUTO_TEST_CASE(what_names_no_kernel) {
  for (const char* text :
       {"", "6", "six", "6.", "6.12.", "6.12,", "6.12x", "6..12", "-6.12", "host", "Linux",
        "Linux version", "6.12.70000", "99999999999.1", "FreeBSD 14.1"})
    BOOST_TEST(!read_kernel_name(text).has_value(), text);
  BOOST_TEST(!read_kernel_name("6.12." + std::string(200, '1')).has_value());
  BOOST_TEST(!read_kernel_name("6.12-" + std::string(200, 'a')).has_value());
}

// A recording's file is no release, and what is outside the table is none of it.
BOOST_AUTO_TEST_CASE(only_the_table) {
  Release release;
  for (const char* text : {"6.12.jsonl", "6.12.43.json", "2.6.32", "7.4", "9.9"})
    BOOST_TEST(!parse_release(text, &release), text);
  for (const char* text : {"6.12", "6.6.58_1", "5.15.167.4-microsoft-standard-WSL2"})
    BOOST_TEST(parse_release(text, &release), text);
}
