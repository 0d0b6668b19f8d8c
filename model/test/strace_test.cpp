// SPDX-License-Identifier: GPL-2.0-only
// The notation of calls: what is accepted, what is printed, and that printing can be read back.
#include "model/strace.h"

#include <linux/netlink.h>

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "model/symbols.h"
#include "model/value.h"

namespace sockoracle {
namespace {

constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

std::string printed(const Call& call) {
  char room[kCallTextMax];
  const size_t length = print_call(call, room);
  BOOST_REQUIRE_LE(length, sizeof room);
  return std::string(room, length);
}

std::string shown(const Value& value) {
  char room[kValueTextMax];
  const size_t length = value_text(value, room);
  BOOST_REQUIRE_LE(length, sizeof room);
  return std::string(room, length);
}

// Text, what it means, and how it is printed; "" = as it was read.
struct Reading {
  const char* text;
  Call call;
  const char* canonical;
};

const Reading kReadings[] = {
    {"socket(AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_ICMP)", {Entry::socket, 2, 0x80003, 1}, ""},
    {"socket(2, 0x80003, 1)",
     {Entry::socket, 2, 0x80003, 1},
     "socket(AF_INET, SOCK_RAW|SOCK_CLOEXEC, IPPROTO_ICMP)"},
    {"socket(PF_INET,SOCK_STREAM,IPPROTO_IP)",
     {Entry::socket, 2, 1, 0},
     "socket(AF_INET, SOCK_STREAM, 0)"},
    {"  socket ( AF_INET6 , SOCK_DGRAM | SOCK_NONBLOCK , IPPROTO_ICMPV6 )  ",
     {Entry::socket, 10, 0x802, 58},
     "socket(AF_INET6, SOCK_DGRAM|SOCK_NONBLOCK, IPPROTO_ICMPV6)"},
    {"socket(AF_INET, 0xf /* SOCK_??? */, 0x107 /* IPPROTO_??? */)",
     {Entry::socket, 2, 15, 263},
     "socket(AF_INET, 15, 263)"},
    {"socket(0x3e7 /* AF_??? */, SOCK_STREAM, 0)",
     {Entry::socket, 999, 1, 0},
     "socket(999, SOCK_STREAM, 0)"},
    {"socket(AF_INET, SOCK_STREAM|0x20, IPPROTO_MPTCP)", {Entry::socket, 2, 0x21, 262}, ""},
    {"socket(AF_LOCAL, SOCK_STREAM, 0)",
     {Entry::socket, 1, 1, 0},
     "socket(AF_UNIX, SOCK_STREAM, 0)"},
    {"socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT)",
     {Entry::socket, 16, 3, 15},
     "socket(AF_NETLINK, SOCK_RAW, 15)"},
    {"socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL))",
     {Entry::socket, 17, 3, 0x300},
     "socket(AF_PACKET, SOCK_RAW, 768)"},
    {"socket(-1, -2147483648, 4294967295)",
     {Entry::socket, -1, kMin, -1},
     "socket(-1, -2147483648, -1)"},
    {"socket(02, 01, 0377)",
     {Entry::socket, 2, 1, 255},
     "socket(AF_INET, SOCK_STREAM, IPPROTO_RAW)"},
    {"socket(2, SOCK_CLOEXEC, 0x7fffffff)",
     {Entry::socket, 2, 0x80000, kMax},
     "socket(AF_INET, 0|SOCK_CLOEXEC, 2147483647)"},
    {"socketpair(AF_INET, SOCK_STREAM, 0, [3, 4])",
     {Entry::socketpair, 2, 1, 0},
     "socketpair(AF_INET, SOCK_STREAM, 0)"},
    {"io_uring_socket(AF_INET, SOCK_DGRAM, IPPROTO_UDP)", {Entry::io_uring, 2, 2, 17}, ""},
    {"socketcall(SYS_SOCKET, [AF_INET, SOCK_STREAM, IPPROTO_TCP])",
     {Entry::socketcall, 2, 1, 6},
     "socketcall(AF_INET, SOCK_STREAM, IPPROTO_TCP)"},
};

// Text that is no call, and where it stops being one.
struct Refusal {
  const char* text;
  size_t position;
};

const Refusal kRefusals[] = {
    {"", 0},
    {"connect(3, 0, 0)", 0},
    {"socket", 6},
    {"socket(", 7},
    {"socket(AF_INETX, 1, 0)", 7},
    {"socket(F_INET, 1, 0)", 7},
    {"socket(AF_INET SOCK_STREAM, 0)", 15},
    {"socket(AF_INET, STREAM, 0)", 16},
    {"socket(AF_INET, SOCK_STREAM|, 0)", 28},
    {"socket(AF_INET, SOCK_STREAM, tcp)", 29},
    {"socket(AF_INET, SOCK_STREAM, 4294967296)", 29},
    {"socket(AF_INET, SOCK_STREAM, -2147483649)", 29},
    {"socket(AF_INET, SOCK_STREAM, 0x)", 29},
    {"socket(AF_INET, SOCK_STREAM, 08)", 29},
    {"socket(AF_INET, SOCK_STREAM, 6tcp)", 29},
    {"socket(AF_INET, SOCK_STREAM, -)", 29},
    {"socket(AF_INET, SOCK_STREAM, 0, 0)", 30},
    {"socket(AF_INET, SOCK_STREAM, 0", 30},
    {"socket(AF_INET, SOCK_STREAM, 0) = 3", 32},
    {"socket(AF_INET, 1 /* open, 0)", 18},
    {"socket(AF_INET, 1, htons(65536))", 19},
    {"socketcall(SYS_SOCKET, [2, 1, 0)", 31},
};

BOOST_AUTO_TEST_SUITE(strace)

BOOST_AUTO_TEST_CASE(reads_and_prints) {
  for (const Reading& row : kReadings) {
    BOOST_TEST_CONTEXT(row.text) {
      Call call;
      CallError error;
      BOOST_REQUIRE(parse_call(row.text, &call, &error));
      BOOST_TEST((call == row.call));
      BOOST_TEST(printed(row.call) == (row.canonical[0] != '\0' ? row.canonical : row.text));
    }
  }
}

// Names of another family's third argument have the numbers of the system's own header.
BOOST_AUTO_TEST_CASE(netlink_protocols) {
  const struct {
    const char* name;
    int32_t number;
  } rows[] = {
#define X(name) {#name, name}
      X(NETLINK_ROUTE),      X(NETLINK_USERSOCK),
      X(NETLINK_FIREWALL),   X(NETLINK_SOCK_DIAG),
      X(NETLINK_INET_DIAG),  X(NETLINK_NFLOG),
      X(NETLINK_XFRM),       X(NETLINK_SELINUX),
      X(NETLINK_ISCSI),      X(NETLINK_AUDIT),
      X(NETLINK_FIB_LOOKUP), X(NETLINK_CONNECTOR),
      X(NETLINK_NETFILTER),  X(NETLINK_IP6_FW),
      X(NETLINK_DNRTMSG),    X(NETLINK_KOBJECT_UEVENT),
      X(NETLINK_GENERIC),    X(NETLINK_SCSITRANSPORT),
      X(NETLINK_ECRYPTFS),   X(NETLINK_RDMA),
      X(NETLINK_CRYPTO),     X(NETLINK_SMC),
#undef X
  };
  for (const auto& row : rows) {
    Call call;
    CallError error;
    const std::string text = std::string("socket(AF_NETLINK, SOCK_RAW, ") + row.name + ")";
    BOOST_REQUIRE_MESSAGE(parse_call(text, &call, &error), text);
    BOOST_TEST(call.protocol == row.number, row.name);
  }
}

BOOST_AUTO_TEST_CASE(refuses_and_says_where) {
  for (const Refusal& row : kRefusals) {
    BOOST_TEST_CONTEXT(row.text) {
      Call call{Entry::socketcall, 7, 7, 7};
      CallError error;
      BOOST_TEST(!parse_call(row.text, &call, &error));
      BOOST_TEST(error.position == row.position);
      BOOST_TEST(!error.accepted.empty());
      BOOST_TEST((call == Call{Entry::socketcall, 7, 7, 7}));
    }
  }
}

BOOST_AUTO_TEST_CASE(stops_behind_the_call_when_asked_to) {
  Call call;
  CallError error;
  size_t consumed = 0;
  BOOST_REQUIRE(parse_call("socket(AF_INET, SOCK_STREAM, 0) = 3", &call, &error, &consumed));
  BOOST_TEST(consumed == 31U);
}

// Every name, every single bit, every neighbour of a power of two in each argument, all entries.
BOOST_AUTO_TEST_CASE(what_is_printed_reads_back) {
  std::vector<int32_t> numbers = {0, kMin, kMax, 0x80801, 0x80805, 0x8080f};
  for (int32_t n = -3; n <= 300; ++n) numbers.push_back(n);
  for (int bit = 0; bit < 32; ++bit)
    for (uint32_t near : {0xffffffffU, 0U, 1U, 3U})
      numbers.push_back(static_cast<int32_t>((uint32_t{1} << bit) + near));
  std::vector<Call> calls;
  for (Entry entry : {Entry::socket, Entry::socketpair, Entry::io_uring, Entry::socketcall})
    for (int32_t n : numbers)
      for (int32_t family : {kAF_INET, kAF_INET6, kAF_PACKET, 0, -1}) {
        calls.push_back({entry, family, kSOCK_STREAM, n});
        calls.push_back({entry, family, n, 6});
        calls.push_back({entry, n, family, n});
      }
  size_t failures = 0;
  for (const Call& call : calls) {
    Call again;
    CallError error;
    if (parse_call(printed(call), &again, &error) && again == call) continue;
    if (++failures < 5) BOOST_ERROR("does not read back: " << printed(call));
  }
  BOOST_TEST(failures == 0U);
}

BOOST_AUTO_TEST_CASE(a_short_buffer_is_never_overrun) {
  const Call call{Entry::io_uring, kMin, kMin, kMin};
  const std::string whole = printed(call);
  for (size_t room = 0; room < whole.size(); ++room) {
    std::vector<char> buffer(room);
    BOOST_REQUIRE_EQUAL(print_call(call, buffer), whole.size());
    BOOST_REQUIRE_EQUAL(std::string(buffer.begin(), buffer.end()), whole.substr(0, room));
  }
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(value)

BOOST_AUTO_TEST_CASE(canonical_text) {
  const int64_t numbers[] = {0, 131072, -1, std::numeric_limits<int64_t>::min()};
  BOOST_TEST(shown(Value{}) == "-");
  BOOST_TEST(shown(Value::number(131072)) == "131072");
  BOOST_TEST(shown(Value::number(std::numeric_limits<int64_t>::min())) == "-9223372036854775808");
  BOOST_TEST(shown(Value::list(numbers)) == "0,131072,-1,-9223372036854775808");
  BOOST_TEST(shown(Value::list({})) == "len0");
  BOOST_TEST(shown(Value::name("UDP-Lite")) == "UDP-Lite");
  BOOST_TEST(shown(Value::failed(kENOPROTOOPT)) == "!ENOPROTOOPT");
  BOOST_TEST(shown(Value::failed(4095)) == "!4095");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
