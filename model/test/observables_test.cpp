// SPDX-License-Identifier: GPL-2.0-only
// What the views of a fresh socket read, release by release. The expected texts are written by hand
// from net/core/sock.c:sk_getsockopt, the protocols' getsockopt and /proc functions as read in the
// sources, and from answers of a running 6.18; SO_COOKIE and its like show only that they are not
// zero.
#include "model/observables.h"

#include <algorithm>
#include <set>

#include "model/test/support.h"
#include "model/value.h"

namespace sockoracle::test {
namespace {

constexpr const char* kColumns[] = {"3.12", "4.3", "5.4", "6.12", "6.18", "7.3"};
constexpr const char* kSame = "";       // as the column before
constexpr const char* kNoSocket = "#";  // the call fails in this release
constexpr const char* kNone = "-";      // not an observable of this release or socket

constexpr Call kTcp{Entry::socket, 2, 1, 0};
constexpr Call kUdp{Entry::socket, 2, 2, 0};
constexpr Call kPing{Entry::socket, 2, 2, 1};
constexpr Call kUdplite{Entry::socket, 2, 2, 136};
constexpr Call kRawIcmp{Entry::socket, 2, 3, 1};
constexpr Call kRawUdp{Entry::socket, 2, 3, 17};
constexpr Call kRawRaw{Entry::socket, 2, 3, 255};
constexpr Call kRaw262{Entry::socket, 2, 3, 262};
constexpr Call kMptcp{Entry::socket, 2, 1, 262};
constexpr Call kPacket{Entry::socket, 2, 10, 0x300};
constexpr Call kTcp6{Entry::socket, 10, 1, 0};
constexpr Call kUdp6{Entry::socket, 10, 2, 0};
constexpr Call kPing6{Entry::socket, 10, 2, 58};
constexpr Call kRaw6Icmp{Entry::socket, 10, 3, 58};
constexpr Call kRaw6Raw{Entry::socket, 10, 3, 255};

struct Row {
  Call call;
  const char* observable;
  const char* values[std::size(kColumns)];
};

constexpr const char* kNoOpt = "!ENOPROTOOPT";
constexpr const char* kNoSup = "!EOPNOTSUPP";

constexpr Row kRows[] = {
    // include/linux/net.h: SOCK_SUPPORT_ZC came in 6.0 as bit 5 and is bit 3 since 6.16;
    // SOCK_CUSTOM_SOCKOPT (bit 6, then 4) is set by MPTCP and, since 6.7, by UDP
    {kTcp, "socket.flags", {"0", kSame, kSame, "32", "8"}},
    {kUdp, "socket.flags", {"0", kSame, kSame, "96", "24"}},
    {kMptcp, "socket.flags", {kNoSocket, kSame, kSame, "64", "16"}},
    {kRawIcmp, "socket.flags", {"0"}},
    // SOL_SOCKET
    {kTcp, "SO_TYPE", {"1"}},
    {kPacket, "SO_TYPE", {"10"}},
    {kTcp, "SO_DOMAIN", {"2"}},
    {kPacket, "SO_DOMAIN", {"17"}},
    {kTcp6, "SO_DOMAIN", {"10"}},
    {kTcp, "SO_PROTOCOL", {"6"}},
    {kUdp6, "SO_PROTOCOL", {"17"}},
    {kRawRaw, "SO_PROTOCOL", {"255"}},
    {kRaw262, "SO_PROTOCOL", {"6", "6", kNoSocket, "262"}},
    {kMptcp, "SO_PROTOCOL", {kNoSocket, kSame, kSame, "262"}},
    {kPacket, "SO_PROTOCOL", {"0"}},
    {kTcp, "SO_REUSEADDR", {"0"}},
    {kUdp, "SO_REUSEADDR", {"0"}},
    {kUdplite, "SO_REUSEADDR", {"0", kSame, kSame, kSame, kSame, kNoSocket}},
    {kPing, "SO_REUSEADDR", {"1"}},
    {kRawIcmp, "SO_REUSEADDR", {"1"}},
    {kRaw6Icmp, "SO_REUSEADDR", {"1"}},
    {kTcp, "SO_SNDBUF", {"16384"}},
    {kTcp, "SO_RCVBUF", {"87380", "87380", "131072"}},
    {kUdp, "SO_RCVBUF", {"212992"}},
    {kMptcp, "SO_SNDBUF", {kNoSocket, kSame, kSame, "16384"}},
    {kMptcp, "SO_RCVBUF", {kNoSocket, kSame, kSame, "131072"}},
    {kTcp, "SO_LINGER", {"0,0"}},
    {kTcp, "SO_PEERCRED", {"0,4294967295,4294967295"}},
    {kTcp, "SO_RCVTIMEO", {"0,0,0,0"}},
    {kTcp, "SO_BINDTODEVICE", {"len0"}},
    {kTcp, "SO_PEERNAME", {"!ENOTCONN"}},
    {kTcp, "SO_PASSCRED", {"0", "0", "0", "0", kNoSup}},
    {kTcp, "SO_PASSRIGHTS", {kNoOpt, kNoOpt, kNoOpt, kNoOpt, kNoSup}},
    {kTcp, "SO_TIMESTAMPING", {"0", "0", "0", "0,0"}},
    {kTcp, "SO_TIMESTAMPING_NEW", {kNoOpt, kNoOpt, kNoOpt, "0,0"}},
    {kTcp, "SO_PEEK_OFF", {kNoSup, kNoSup, kNoSup, "-1"}},
    {kUdp, "SO_PEEK_OFF", {kNoSup, kNoSup, "-1"}},
    {kPing, "SO_PEEK_OFF", {kNoSup}},
    {kRawIcmp, "SO_PEEK_OFF", {kNoSup}},
    {kPacket, "SO_PEEK_OFF", {kNoSup}},
    {kMptcp, "SO_PEEK_OFF", {kNoSocket, kSame, kSame, kNoSup}},
    {kTcp, "SO_INCOMING_CPU", {kNoOpt, "0", "-1"}},
    {kTcp, "SO_MAX_PACING_RATE", {kNoOpt, "-1"}},
    {kTcp, "SO_MAX_PACING_RATE/8", {kNoOpt, "4294967295", "4294967295,4294967295"}},
    {kTcp, "SO_BPF_EXTENSIONS", {kNoOpt, "64"}},
    {kTcp, "SO_MEMINFO", {kNoOpt, kNoOpt, "0,131072,0,16384,0,0,0,0,0"}},
    {kUdp, "SO_MEMINFO", {kNoOpt, kNoOpt, "0,212992,0,212992,0,0,0,0,0"}},
    {kTcp, "SO_COOKIE", {kNoOpt, kNoOpt, "1"}},
    {kTcp, "SO_PEERGROUPS", {kNoOpt, kNoOpt, "!ENODATA"}},
    {kTcp, "SO_NETNS_COOKIE/4", {kNoOpt, kNoOpt, kNoOpt, "!EINVAL"}},
    {kTcp, "SO_TXREHASH", {kNoOpt, kNoOpt, kNoOpt, "1"}},
    {kUdp, "SO_TXREHASH", {kNoOpt, kNoOpt, kNoOpt, "1", kNoSup}},
    {kRawIcmp, "SO_TXREHASH", {kNoOpt, kNoOpt, kNoOpt, "1", kNoSup}},
    // A packet socket never passes inet_create, which takes the sysctl: 0, not 255 either.
    {kPacket, "SO_TXREHASH", {kNoOpt, kNoOpt, kNoOpt, "0", kNoSup}},
    {kTcp, "SOL_SOCKET:999", {kNoOpt}},

    // SOL_IP
    {kTcp, "IP_TTL", {"64"}},
    {kTcp, "IP_MTU_DISCOVER", {"1"}},
    {kTcp, "IP_MULTICAST_TTL", {"1"}},
    {kTcp, "IP_MULTICAST_LOOP", {"1"}},
    {kTcp, "IP_MULTICAST_ALL", {"1"}},
    {kTcp6, "IP_MULTICAST_ALL", {"0"}},
    {kRawRaw, "IP_HDRINCL", {"1"}},
    {kRawIcmp, "IP_HDRINCL", {"0"}},
    {kTcp, "IP_OPTIONS", {"len0"}},
    {kTcp, "IP_PKTOPTIONS", {"len0"}},
    {kUdp, "IP_PKTOPTIONS", {kNoOpt}},
    {kTcp, "IP_MTU", {"!ENOTCONN"}},
    {kTcp, "IP_CHECKSUM", {kNoOpt, "0"}},
    {kTcp, "IP_RECVERR_RFC4884", {kNoOpt, kNoOpt, kNoOpt, "0"}},
    {kRawIcmp, "IP_PROTOCOL", {kNoOpt, kNoOpt, kNoOpt, "1"}},
    {kRaw262, "IP_PROTOCOL", {kNoOpt, kNoOpt, kNoSocket, "262"}},
    {kTcp, "IP_PROTOCOL", {kNoOpt, kNoOpt, kNoOpt, "0"}},
    {kMptcp, "IP_TTL", {kNoSocket, kSame, kSame, kNoSup}},
    {kMptcp, "IP_TOS", {kNoSocket, kSame, kSame, "0"}},
    {kMptcp, "IP_FREEBIND", {kNoSocket, kSame, kSame, kNoSup, "0"}},
    {kPacket, "IP_TTL", {kNoSup}},
    {kTcp6, "IP_TTL", {"64"}},
    {kRaw6Icmp, "IP_TTL", {kNoOpt}},

    // the protocols' own levels, and the wrong ones
    {kTcp, "TCP_MAXSEG", {"536"}},
    {kTcp, "TCP_INFO", {"7"}},
    {kTcp, "TCP_ULP", {kNoOpt, kNoOpt, "len0"}},
    {kMptcp, "TCP_ULP", {kNoSocket, kSame, kSame, "mptcp"}},
    {kTcp, "TCP_IS_MPTCP", {kNoOpt, kNoOpt, kNoOpt, "0"}},
    {kMptcp, "TCP_IS_MPTCP", {kNoSocket, kSame, kSame, "1"}},
    {kMptcp, "TCP_SYNCNT", {kNoSocket, kSame, kSame, kNoSup}},
    {kUdp, "TCP_MAXSEG", {kNoSup}},
    {kTcp, "UDP_CORK", {kNoSup}},
    {kUdp, "UDP_CORK", {"0"}},
    {kTcp6, "UDP_CORK", {kNoOpt}},
    {kUdp, "UDPLITE_RECV_CSCOV", {"0", kSame, kSame, kSame, kSame, kNoSup}},
    {kUdp, "SOL_UDP:UDPLITE_RECV_CSCOV", {"0", kSame, kSame, kSame, kSame, kNoOpt}},
    {kRawIcmp, "ICMP_FILTER", {"0"}},
    {kRawUdp, "ICMP_FILTER", {kNoSup}},
    {kRawUdp, "SOL_RAW:999", {kNoOpt}},
    {kTcp, "ICMP_FILTER", {kNoSup}},
    {kTcp, "IPV6_V6ONLY", {kNoSup}},
    {kMptcp, "IPV6_V6ONLY", {kNoSocket, kSame, kSame, kNoSup, "0"}},
    {kTcp6, "IPV6_V6ONLY", {"0"}},
    {kPing6, "IPV6_V6ONLY", {"0", "1"}},
    {kTcp6, "IPV6_UNICAST_HOPS", {"64"}},
    {kTcp6, "IPV6_AUTOFLOWLABEL", {kNoOpt, "1"}},
    {kTcp6, "IPV6_MULTICAST_ALL", {kNoOpt, kNoOpt, "1"}},
    {kTcp6, "IPV6_CHECKSUM", {kNoOpt}},
    {kRaw6Icmp, "IPV6_CHECKSUM", {"2"}},
    {kRaw6Raw, "IPV6_CHECKSUM", {"-1"}},
    {kRaw6Raw, "IPV6_HDRINCL", {kNoOpt, kNoOpt, "1"}},
    {kRaw6Icmp, "ICMPV6_FILTER", {"0,0,0,0,0,0,0,0"}},
    {kRaw6Raw, "ICMPV6_FILTER", {kNoSup}},

    // other views
    {kTcp, "getsockname", {"2,0,0"}},
    {kRawRaw, "getsockname", {"2,0,255"}},
    {kRaw262, "getsockname", {"2,0,262", "2,0,262", kNoSocket, "2,0,262"}},
    {kPacket, "getsockname", {"17"}},
    {kRaw6Icmp, "getsockname", {kNone}},
    {kRaw6Icmp, "getsockname.port", {"58"}},
    {kTcp, "getpeername", {"!ENOTCONN"}},
    {kPacket, "getpeername", {kNoSup}},
    {kTcp, "fstat.mode", {"49663"}},
    {kTcp, "FIONREAD", {"0"}},
    {kPing, "FIONREAD", {"!ENOTTY"}},
    {kPing, "SIOCOUTQ", {"!ENOTTY"}},
    {kMptcp, "FIONREAD", {kNoSocket, kSame, kSame, "1"}},
    {kTcp, "SIOCATMARK", {"0"}},
    {kUdp, "SIOCATMARK", {"!ENOTTY"}},
    {kTcp, "system.sockprotoname", {"TCP"}},
    {kUdplite, "system.sockprotoname", {"UDP-Lite", kSame, kSame, kSame, kSame, kNoSocket}},
    {kPing, "system.sockprotoname", {"PING"}},
    {kRaw6Icmp, "system.sockprotoname", {"RAWv6"}},
    {kPacket, "system.sockprotoname", {"PACKET"}},
    {kRawIcmp, "proc.net.raw", {"1"}},
    {kTcp, "proc.net.raw", {"0"}},
    {kRawIcmp, "proc.net.raw.st", {"07"}},
    {kRawIcmp, "proc.net.raw.ref", {"2"}},  // the table's reference beside the socket's
    {kTcp, "proc.net.raw.st", {"!ENOENT"}},
    {kRaw6Icmp, "proc.net.raw6", {"1"}},
    {kPacket, "proc.net.packet", {"1"}},
    {kPacket, "proc.net.packet.R", {"1"}},
    {kTcp, "proc.net.sockstat.used", {kNone, kNone, "1"}},
    {kRawIcmp, "proc.net.sockstat.RAW", {"1"}},
    {kUdp, "proc.net.sockstat.RAW", {"0"}},
    {kRawIcmp, "proc.net.protocols.sockets", {"1"}},
    {kTcp, "proc.net.protocols.sockets", {"0"}},
    {kTcp, "proc.net.protocols.slab", {"yes"}},
    {kPacket, "proc.net.protocols.slab", {"no"}},

    // members
    {kTcp, "sk_no_check", {"0", kNone}},
    {kTcp, "sk_no_check_tx", {kNone, "0"}},
    {kTcp, "sk_uid", {kNone, kNone, "0"}},
    {kTcp, "sk_txrehash", {kNone, kNone, kNone, "1"}},
    {kTcp, "uc_ttl", {"-1"}},
    {kTcp, "is_icsk", {"1"}},
    {kUdp, "is_icsk", {"0"}},
    {kRawIcmp, "inet_num", {"1"}},
    {kPacket, "inet_num", {kNone}},
    {kTcp, "np.hop_limit", {kNone}},
    {kTcp6, "np.hop_limit", {"-1"}},
    {kTcp, "sk_destruct", {"inet_sock_destruct", kSame, kSame, kSame, "tcp4_destruct_sock"}},
    {kTcp, "sk_prot", {"TCP"}},
    {kPing, "socket.ops", {"inet_dgram_ops", "inet_dgram_ops", "inet_sockraw_ops"}},
};

std::string text_of(const Value& value) {
  char room[kValueTextMax];
  return std::string(room, value_text(value, room));
}

// "#" where the call fails, "?" where no row has that name.
std::string read(const World& world, const Call& call, std::string_view observable) {
  const Answer answer = ask({world, call});
  if (answer.verdict.error != 0) return kNoSocket;
  const int index = find_observable(observable);
  if (index < 0 || static_cast<size_t>(index) >= answer.state.size()) return "?";
  return text_of(answer.state[static_cast<size_t>(index)]);
}

World world_at(std::string_view release) {
  World world = world_of(release);
  open_ping(world);
  return world;
}

void check_row(const Row& row) {
  const char* expected = nullptr;
  for (size_t i = 0; i < std::size(kColumns); ++i) {
    if (row.values[i] != nullptr && *row.values[i] != '\0') expected = row.values[i];
    BOOST_TEST_CONTEXT(row.observable << " of type " << row.call.type << " protocol "
                                      << row.call.protocol << " on " << kColumns[i]) {
      BOOST_TEST(read(world_at(kColumns[i]), row.call, row.observable) == expected);
    }
  }
}

constexpr Call kKinds[] = {kTcp,   kUdp,  kPing, kUdplite, kRawIcmp,  kRawUdp,  kRawRaw, kRaw262,
                           kMptcp, kTcp6, kUdp6, kPing6,   kRaw6Icmp, kRaw6Raw, kPacket};

}  // namespace

BOOST_AUTO_TEST_SUITE(observables)

BOOST_AUTO_TEST_CASE(rows_are_well_formed) {
  std::set<std::string_view> names;
  size_t probed = 0;
  for (const Observable& row : sockoracle::observables()) {
    BOOST_TEST_CONTEXT(row.name) {
      BOOST_TEST(names.insert(row.name).second);
      BOOST_TEST(row.name.find(' ') == std::string_view::npos);
      BOOST_TEST((row.expect != nullptr));
      Release release;
      BOOST_TEST((row.since.empty() || parse_release(row.since, &release)));
      BOOST_TEST((row.until.empty() || parse_release(row.until, &release)));
      if (row.reading == Reading::sockopt) BOOST_TEST((row.length > 0 && row.length <= 256));
      if (row.reading == Reading::proc) BOOST_TEST(!row.argument.empty());
      BOOST_TEST(find_observable(row.name) >= 0);
    }
    if (row.reading != Reading::field) ++probed;
  }
  BOOST_TEST(probed <= 256u);  // the probe's ids
  BOOST_TEST(find_observable("SO_NOTHING") == -1);
}

BOOST_AUTO_TEST_CASE(values_by_release) {
  for (const Row& row : kRows) check_row(row);
}

// An option always answers something, be it that it is unknown.
BOOST_AUTO_TEST_CASE(every_option_answers_on_every_release) {
  for (Release release : all_releases()) {
    World world = world_of(release);
    open_ping(world);
    set_optional(world, Presence::builtin);
    for (const Call& call : kKinds) {
      const Answer answer = ask({world, call});
      if (answer.verdict.error != 0) continue;
      for (size_t i = 0; i < answer.state.size(); ++i) {
        const Observable& row = sockoracle::observables()[i];
        if (row.reading != Reading::sockopt) continue;
        BOOST_TEST((answer.state[i].kind != Value::Kind::none),
                   row.name << " of type " << call.type << " protocol " << call.protocol << " on "
                            << name_of(release));
      }
    }
  }
}

// Releases between the columns, where something changed for a while.
BOOST_AUTO_TEST_CASE(changes_between) {
  BOOST_TEST(read(world_at("4.6"), kPing, "SO_PEEK_OFF") == "!EOPNOTSUPP");
  BOOST_TEST(read(world_at("4.7"), kPing, "SO_PEEK_OFF") == "-1");
  BOOST_TEST(read(world_at("4.11"), kPing, "SO_PEEK_OFF") == "-1");
  BOOST_TEST(read(world_at("4.12"), kPing, "SO_PEEK_OFF") == "!EOPNOTSUPP");
  BOOST_TEST(read(world_at("6.9"), kTcp, "SO_PEEK_OFF") == "!EOPNOTSUPP");
  BOOST_TEST(read(world_at("6.10"), kTcp, "SO_PEEK_OFF") == "-1");
  BOOST_TEST(read(world_at("4.4"), kTcp, "SO_INCOMING_CPU") == "-1");
  BOOST_TEST(read(world_at("6.1"), kUdp, "SO_TXREHASH") == "255");
  BOOST_TEST(read(world_at("6.1.12"), kUdp, "SO_TXREHASH") == "1");
  BOOST_TEST(read(world_at("6.1"), kTcp, "IP_PROTOCOL") == "!ENOPROTOOPT");
  BOOST_TEST(read(world_at("6.1.32"), kRawIcmp, "IP_PROTOCOL") == "1");
  // MPTCP's buffers: rmem_default and wmem_default, then tcp_wmem[2], then tcp_wmem[1].
  BOOST_TEST(read(world_at("5.6"), kMptcp, "SO_SNDBUF") == "212992");
  BOOST_TEST(read(world_at("5.7"), kMptcp, "SO_SNDBUF") == "4194304");
  BOOST_TEST(read(world_at("5.8"), kMptcp, "SO_RCVBUF") == "212992");
  BOOST_TEST(read(world_at("5.9"), kMptcp, "SO_RCVBUF") == "131072");
  // Until 5.12 an MPTCP socket answers no option above SOL_SOCKET at all.
  BOOST_TEST(read(world_at("5.12"), kMptcp, "TCP_INFO") == "!EOPNOTSUPP");
  BOOST_TEST(read(world_at("5.12"), kMptcp, "FIONREAD") == "!ENOTTY");
  // The first subflow is a socket of the namespace, too, while init creates it.
  BOOST_TEST(read(world_at("6.3"), kMptcp, "proc.net.sockstat.used") == "2");
  BOOST_TEST(read(world_at("6.4"), kMptcp, "proc.net.sockstat.used") == "1");
  BOOST_TEST(read(world_at("7.0"), kUdp, "UDPLITE_SEND_CSCOV") == "0");
  BOOST_TEST(read(world_at("7.1"), kUdp, "UDPLITE_SEND_CSCOV") == "!EOPNOTSUPP");
}

BOOST_AUTO_TEST_CASE(sysctls_show) {
  World world = world_at("6.18");
  for (const int value : {1, 2, 3, 255}) {
    set_sysctl(world, Sysctl::ip_no_pmtu_disc, value);
    for (const Call& call : {kTcp, kUdp, kPing, kRawIcmp})
      BOOST_TEST(read(world, call, "IP_MTU_DISCOVER") == "0");
    BOOST_TEST(read(world, kTcp6, "IPV6_MTU_DISCOVER") == "1");
  }
  set_sysctl(world, Sysctl::ip_default_ttl, 77);
  BOOST_TEST(read(world, kTcp, "IP_TTL") == "77");
  set_sysctl(world, Sysctl::tcp_rmem, 4096, 50000, 60000);
  set_sysctl(world, Sysctl::rmem_default, 40000);
  BOOST_TEST(read(world, kTcp, "SO_RCVBUF") == "50000");
  BOOST_TEST(read(world, kUdp, "SO_RCVBUF") == "40000");
  set_sysctl(world, Sysctl::txrehash, 0);
  BOOST_TEST(read(world, kTcp, "SO_TXREHASH") == "0");
  set_sysctl(world, Sysctl::busy_read, 50);
  BOOST_TEST(read(world, kUdp, "SO_BUSY_POLL") == "50");
  set_sysctl(world, Sysctl::bindv6only, 1);
  BOOST_TEST(read(world, kTcp6, "IPV6_V6ONLY") == "1");
}

BOOST_AUTO_TEST_CASE(flags_and_owner_show) {
  const World root = world_at("6.18");
  const Call both{Entry::socket, 2, 1 | kSOCK_CLOEXEC | kSOCK_NONBLOCK, 0};
  BOOST_TEST(read(root, kTcp, "fcntl.F_GETFL") == "2");
  BOOST_TEST(read(root, kTcp, "fcntl.F_GETFD") == "0");
  BOOST_TEST(read(root, both, "fcntl.F_GETFL") == "2050");
  BOOST_TEST(read(root, both, "fcntl.F_GETFD") == "1");
  BOOST_TEST(read(root, both, "proc.fdinfo.flags") == "02004002");
  BOOST_TEST(read(root, kTcp, "fstat.uid") == "0");
  BOOST_TEST(read(world_of("6.18", "nobody"), kTcp, "fstat.uid") == "1000");
  BOOST_TEST(read(world_of("6.18", "nobody"), kTcp, "fstat.gid") == "1000");
  // Seen from inside a user namespace that maps 0 to uid 1000, and from one that maps nobody.
  World inside = world_of("6.18", "nobody");
  inside.user_ns_count = 2;
  inside.user_ns[1] = {.parent = 0, .owner = 1000, .inside = 0, .outside = 1000, .count = 1};
  inside.caller.user_ns = 1;
  BOOST_TEST(read(inside, kTcp, "fstat.uid") == "0");
  inside.user_ns[1].count = 0;
  BOOST_TEST(read(inside, kTcp, "fstat.uid") == "65534");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sockoracle::test
