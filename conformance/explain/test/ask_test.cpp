// SPDX-License-Identifier: GPL-2.0-only
// `ask`, line by line: answers, malformed lines, and that the cache changes no answer.
#include "conformance/explain/ask.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "conformance/base/json_reader.h"

namespace sockoracle {
namespace {

std::string reply(Oracle& oracle, std::string_view line) {
  std::string out;
  oracle.answer(line, 7, &out);
  return out;
}

std::string fresh_reply(std::string_view line) {
  Oracle oracle({});
  return reply(oracle, line);
}

bool begins(const std::string& text, std::string_view head) {
  return std::string_view(text).substr(0, head.size()) == head;
}

// A complete answer whose members stand in the documented order.
JsonTree parsed(const std::string& line) {
  JsonTree json;
  std::string reason;
  BOOST_REQUIRE(!line.empty() && line.back() == '\n');
  BOOST_REQUIRE_MESSAGE(read_json(line.substr(0, line.size() - 1), &json, &reason), reason);
  return json;
}

struct Row {
  const char* line;
  const char* head;
};

const Row kRows[] = {
    {R"j({"call":"socket(AF_INET, SOCK_RAW, 1)","world":{"release":"6.12","as":"nobody"}})j",
     R"j({"errno":"EPERM","rule":"raw_needs_net_raw","where":"net/ipv4/af_inet.c:inet_create",)j"},
    {R"j( { "world" : {"release":"6.12"} , "call" : {"family":2,"type":1,"protocol":17} } )j",
     R"j({"errno":"EPROTONOSUPPORT","rule":"protocol_known",)j"},
    {R"j({"call":{"family":2,"type":1,"protocol":0,"entry":"socketpair"},"world":{}})j",
     R"j({"errno":"EOPNOTSUPP","rule":"socketpair_supported",)j"},
    {R"j({"call":{"family":2,"type":4294967295,"protocol":0},"world":{"release":"6.12"}})j",
     R"j({"errno":"EINVAL","rule":"type_flags",)j"},
    {R"j({"call":"socket(AF_INET, SOCK_STREAM, 0)","world":{"release":"6.12"}})j",
     R"j({"errno":null,"rule":"created",)j"},
};

const char* const kMalformed[] = {
    "",
    " ",
    "{",
    "{}",
    "[]",
    "null",
    R"j({"call")j",
    R"j({"call":)j",
    R"j({"call":})j",
    R"j({"call":])j",
    R"j({"call":"socket(2,1,0)"}x)j",
    R"j({"call":"socket(2,1,0)","call":"socket(2,1,0)"})j",
    R"j({"call":"socket(2,1,0)","wrld":{}})j",
    R"j({"call":"socket(2,1)"})j",
    R"j({"call":7})j",
    R"j({"call":{"family":2,"type":1}})j",
    R"j({"call":{"family":2,"type":1,"protocol":"x"}})j",
    R"j({"call":{"family":2,"type":1,"protocol":4294967296}})j",
    R"j({"call":{"family":2,"type":1,"protocol":0,"entry":"open"}})j",
    R"j({"call":"socket(2,1,0)","world":[]})j",
    R"j({"call":"socket(2,1,0)","world":{"a":1}})j",
    R"j({"call":"socket(2,1,0)","world":{"release":"6.12"]}})j",
    R"j({"call":"socket(2,1,0)\)j",
    "\x01\xff{\"call\":\"socket(2,1,0)\"}",
};

BOOST_AUTO_TEST_SUITE(ask_lines)

BOOST_AUTO_TEST_CASE(answers) {
  for (const Row& row : kRows) {
    BOOST_TEST_CONTEXT(row.line) {
      const std::string got = fresh_reply(row.line);
      BOOST_TEST(begins(got, row.head), got);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_answer_is_json_with_all_members) {
  const JsonTree json = parsed(fresh_reply(
      R"j({"call":"socket(AF_INET, SOCK_RAW, IPPROTO_UDP)","world":{"release":"6.12"}})j"));
  const std::vector<std::string> keys = {"errno", "rule", "where", "steps", "state", "hazards"};
  BOOST_TEST(json.keys == keys, boost::test_tools::per_element());
  const JsonTree* state = json.find("state");
  BOOST_REQUIRE(state != nullptr && state->find("SO_PROTOCOL") != nullptr);
  BOOST_TEST(state->find("SO_PROTOCOL")->number == 17);
  BOOST_TEST(state->find("SO_REUSEADDR")->number == 1);  // RAW: INET_PROTOSW_REUSE
  BOOST_TEST(state->find("IP_MTU")->text == "ENOTCONN");
}

BOOST_AUTO_TEST_CASE(malformed_lines_are_answered_in_place) {
  for (const char* line : kMalformed) {
    BOOST_TEST_CONTEXT(line) {
      Oracle oracle({});
      std::string out;
      BOOST_TEST(!oracle.answer(line, 7, &out));
      BOOST_TEST(begins(out, R"j({"error":"line 7: )j"), out);
      parsed(out);
    }
  }
}

BOOST_AUTO_TEST_CASE(the_cache_changes_no_answer) {
  const char* const lines[] = {
      R"j({"call":"socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP)","world":{"release":"6.12"}})j",
      R"j({"call":"socket(AF_INET, SOCK_STREAM, IPPROTO_MPTCP)","world":{"release":"6.12"}})j",
      R"j({"call":"socket(AF_INET, SOCK_RAW, 1)","world":{"release":"6.12","as":"nobody"}})j",
      R"j({"call":"socket(AF_INET, SOCK_RAW, 1)","world":{"release":"6.12"}})j",
  };
  Oracle oracle({});
  for (int round = 0; round < 3; ++round)
    for (const char* line : lines) BOOST_TEST(reply(oracle, line) == fresh_reply(line));
}

BOOST_AUTO_TEST_CASE(flags_are_the_default_of_a_line) {
  Oracle oracle(
      {{ItemKind::release, {}, "6.12", "--release"}, {ItemKind::context, {}, "nobody", "--as"}});
  const char* const bare = R"j({"call":"socket(AF_INET, SOCK_RAW, 1)"})j";
  const char* const own = R"j({"call":"socket(AF_INET, SOCK_RAW, 1)","world":{"as":"root"}})j";
  BOOST_TEST(begins(reply(oracle, bare), R"j({"errno":"EPERM")j"));
  BOOST_TEST(begins(reply(oracle, own), R"j({"errno":null)j"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
