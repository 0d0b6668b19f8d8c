// SPDX-License-Identifier: GPL-2.0-only
// Text on its way out: nothing in it moves a terminal, no line is wider than it can be.
#include <boost/test/unit_test.hpp>
#include <string>

#include "conformance/base/terminal.h"

namespace sockoracle {
namespace {

BOOST_AUTO_TEST_SUITE(terminal_text)

struct Shown {
  std::string raw, shown;
};

BOOST_AUTO_TEST_CASE(control_bytes_are_visible) {
  const Shown rows[] = {
      {"plain", "plain"},
      {"\x1b]0;title\x07", "\\x1b]0;title\\x07"},
      {"a\tb\rc\x7f", "a\\x09b\\x0dc\\x7f"},
      {std::string("nul\0", 4), "nul\\x00"},
      {"\xc2\x9b"
       "31m",
       "\\x9b31m"},                    // C1: CSI in one character
      {"\x9b", "\\x9b"},               // the byte alone is no UTF-8
      {"caf\xc3\xa9", "caf\xc3\xa9"},  // UTF-8 stays
      {"\xc0\xaf \xe0\x80\x80 \xed\xa0\x80", "\\xc0\\xaf \\xe0\\x80\\x80 \\xed\\xa0\\x80"},
      {"\xf0\x9f\x90\xa7", "\xf0\x9f\x90\xa7"},
      {"\xf5\x80\x80\x80 \xe2\x82", "\\xf5\\x80\\x80\\x80 \\xe2\\x82"},
  };
  for (const Shown& row : rows) BOOST_TEST(visible(row.raw) == row.shown);
  BOOST_TEST(visible("a\nb") == "a\nb");
  BOOST_TEST(visible_line("a\nb") == "a\\x0ab");
}

BOOST_AUTO_TEST_CASE(lines_are_broken_below_their_last_column) {
  const std::string line = "  label        one two three four five six seven eight nine ten eleven";
  BOOST_TEST(folded(line, 60) == "  label        one two three four five six seven eight nine\n"
                                 "               ten eleven");
  BOOST_TEST(folded(line, 80) == line);
  BOOST_TEST(folded("short\n\n" + line + "\n", 60) == "short\n\n" + folded(line, 60) + "\n");
}

BOOST_AUTO_TEST_CASE(a_column_that_fits_on_the_next_line_stays_whole) {
  BOOST_TEST(folded("socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3    Linux 6.18, as root", 60) ==
             "socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 3\n"
             "    Linux 6.18, as root");
}

BOOST_AUTO_TEST_CASE(a_command_can_still_be_pasted) {
  const std::string line =
      "  why       sockoracle explain 'socket(AF_INET, SOCK_DCCP, 0)' --release 6.15 --as root";
  BOOST_TEST(folded(line, 60) == "  why       sockoracle explain \\\n"
                                 "                'socket(AF_INET, SOCK_DCCP, 0)' \\\n"
                                 "                --release 6.15 --as root");
}

BOOST_AUTO_TEST_CASE(a_word_that_is_too_long_stays_whole) {
  const std::string word(90, 'x');
  BOOST_TEST(folded("  a            " + word + " y", 60) ==
             "  a            " + word + "\n               y");
  BOOST_TEST(folded(word, 60) == word);
  BOOST_TEST(folded(word + "   ", 60) == word + "   ");
}

BOOST_AUTO_TEST_CASE(colours_change_no_letter) {
  const std::string text =
      "socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (Operation not permitted)    Linux\n\n"
      "  decided by   raw_needs_net_raw\nfinding  got EACCES\nok   socket(2, 1, 0) = 3\n";
  const std::string colour = coloured(text);
  std::string plain;
  for (size_t at = 0; at < colour.size(); ++at) {
    if (colour[at] == '\x1b') at = colour.find('m', at);
    else plain += colour[at];
  }
  BOOST_TEST(plain == text);
  BOOST_TEST(colour.find("\x1b[31mEPERM\x1b[0m") != std::string::npos);
  BOOST_TEST(colour.find("\x1b[36mdecided by\x1b[0m") != std::string::npos);
  BOOST_TEST(colour.find("\x1b[31mfinding\x1b[0m") != std::string::npos);
  BOOST_TEST(colour.find(") = \x1b[32m3\x1b[0m") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
