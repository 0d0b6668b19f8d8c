// SPDX-License-Identifier: GPL-2.0-only
// Calls as people paste them. What each line says was written down by hand, from strace's manual
// and from programs; never from the reader.
#include "conformance/world/pasted_call.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "conformance/base/cli_error.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr int32_t kNothing = -1;  // no answer stands behind the call

struct Pasted {
  const char* text;
  Call call;
  int32_t error;
};

constexpr Call kRawIcmp{Entry::socket, 2, 3, 1}, kTcp{Entry::socket, 2, 1, 0},
    kTcp6{Entry::socket, 10, 0x80001, 6};

const Pasted kPasted[] = {
    {"socket(2,3,1);", kRawIcmp, kNothing},
    {"socket(AF_INET, SOCK_RAW, 1) = -1 EACCES (Permission denied)", kRawIcmp, kEACCES},
    {"int fd = socket(PF_INET, SOCK_STREAM, 0);", kTcp, kNothing},
    {"[pid 12] socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3", kTcp, 0},
    {"[pid  4711] 16:20:01 socket(AF_INET, SOCK_STREAM, IPPROTO_IP) = 3<TCP:[918]>", kTcp, 0},
    {"12345 socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EPERM (Operation not permitted)", kRawIcmp,
     kEPERM},
    {"16:20:01.123456 socket(AF_INET, SOCK_STREAM, 0) = 7 <0.000012>", kTcp, 0},
    {"1712345678.123456 socket(AF_INET, SOCK_STREAM, 0) = ?", kTcp, kNothing},
    {"     0.000131 socket(AF_INET, SOCK_STREAM, 0) = -1 EMFILE (Too many open files)", kTcp,
     kEMFILE},
    {"77 16:20:01 (+     0.166672) socket(AF_INET, SOCK_STREAM, 0) = 3", kTcp, 0},
    {"> socket(AF_INET6, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = -1 EAFNOSUPPORT "
     "(Address family not supported by protocol)",
     kTcp6, kEAFNOSUPPORT},
    {"sockfd = ::socket(AF_INET, SOCK_STREAM, 0);", kTcp, kNothing},
    {"if ((fd = socket(AF_INET, SOCK_STREAM, 0)) < 0) {", kTcp, kNothing},
    {"if (socket (PF_INET, SOCK_RAW, IPPROTO_ICMP) == -1)", kRawIcmp, kNothing},
    {"\tint s = socket (PF_INET, SOCK_STREAM, 0);  // the listener\r", kTcp, kNothing},
    {"const int fd{socket(AF_INET,\n                    SOCK_STREAM, 0)};", kTcp, kNothing},
    {"CHECK(socket(AF_INET, SOCK_STREAM, 0) >= 0);", kTcp, kNothing},
    {"return socket(AF_INET, SOCK_STREAM, 0);", kTcp, kNothing},
    {"`socket(AF_INET, SOCK_STREAM, 0)`", kTcp, kNothing},
    {"  'socket(AF_INET, SOCK_STREAM, 0)'  ", kTcp, kNothing},
    {"\"socket(AF_INET, SOCK_STREAM, 0)\",", kTcp, kNothing},
    {"Nov 27 10:00:00 web ping[812]: socket(0x2, 03, 0x1) = -1 (errno 13)", kRawIcmp, kEACCES},
    {"socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -13", kRawIcmp, kEACCES},
    {"socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -EACCES", kRawIcmp, kEACCES},
    {"this->fd_ = socket(AF_INET, SOCK_STREAM, 0), ok = true;", kTcp, kNothing},
};

BOOST_AUTO_TEST_SUITE(pasted)

BOOST_AUTO_TEST_CASE(lines_of_logs_and_programs) {
  for (const Pasted& row : kPasted) {
    BOOST_TEST_CONTEXT(row.text) {
      const PastedCall got = pasted_call(row.text);
      BOOST_TEST((got.call == row.call));
      BOOST_TEST(got.error.value_or(kNothing) == row.error);
    }
  }
}

struct Refused {
  const char* text;
  const char* says;  // where, counted in the text as it was given
};
const Refused kRefused[] = {
    {"", "character 1:"},
    {"socket", "character 7:"},
    {"websocket(2, 1, 0)", "character 1:"},
    {"connect(3, 0, 0)", "character 1:"},
    {"int fd = socket(PF_INET, SOCK_STREAMM, 0);", "character 26:"},
    {"socket (2, 3, x)", "character 15:"},
    {"socket(2, 3, 1) and so on", "character 17: accepted is nothing after the call"},
    {"socket(2, 3, 1) = three", "character 18: accepted is a descriptor"},
    {"socket(2, 3, 1) = -1", "a descriptor, -1 and an errno"},
    {"socket(2, 3, 1) = -1 EWHAT", "a descriptor, -1 and an errno"},
    {"socket(2, 3, 1) =", "a descriptor, -1 and an errno"},
    {"close(3) = 0 socket(2, 3, 1)", "character 1:"},
    {"socket(AF_INET, SOCK_STREAM, 0 <unfinished ...>", "character 32:"},
};

BOOST_AUTO_TEST_CASE(what_is_no_call_is_refused_where_it_stops_being_one) {
  for (const Refused& row : kRefused) {
    BOOST_TEST_CONTEXT(row.text) {
      std::string message = "accepted";
      try {
        pasted_call(row.text);
      } catch (const UsageError& error) {
        message = error.what();
      }
      BOOST_TEST(message.find(row.says) != std::string::npos, message);
    }
  }
}

BOOST_AUTO_TEST_CASE(any_bytes_are_safe) {
  uint64_t state = 1;
  constexpr std::string_view kParts[] = {"socket", "(",       ")", "2",     ",",    "=",
                                         "-1",     "EPERM",   " ", "\x1b[", "\xff", "'",
                                         "int fd", "[pid 1]", ";", "<"};
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    for (int n = 0; n < 12; ++n) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      text += kParts[state >> 60];
    }
    try {
      pasted_call(text);
    } catch (const UsageError&) {
    }
  }
}

BOOST_AUTO_TEST_CASE(families) {
  for (const char* text : {"AF_INET6", "PF_INET6", "inet6", "INET6", "af_inet6", "10", "0xa"})
    BOOST_TEST(family_argument(text) == 10, text);
  BOOST_CHECK_EXCEPTION(family_argument("inet7"), UsageError, [](const UsageError& error) {
    return std::string(error.what()).rfind("--family inet7: accepted is ", 0) == 0;
  });
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
