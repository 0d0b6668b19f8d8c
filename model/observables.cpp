// SPDX-License-Identifier: GPL-2.0-only
#include "model/observables.h"

#include <iterator>
#include <utility>

#include "model/getsockopt.h"
#include "model/getsockopt_options.h"
#include "model/getsockopt_views.h"

namespace sockoracle {
namespace {

// A table row as the .def files state it; the reader takes a View, the table's Expect a socket.
struct Row {
  Observable observable;
  OptionReader read;  // null: an option that no function knows
};

constexpr bool plain = false, symbolic = true;
constexpr bool fast = false, deep = true;

constexpr std::string_view source_of(int32_t level) {
  switch (level) {
    case kSOL_SOCKET: return "net/core/sock.c:sk_getsockopt";
    case kSOL_IP: return "net/ipv4/ip_sockglue.c:do_ip_getsockopt";
    case kSOL_TCP: return "net/ipv4/tcp.c:do_tcp_getsockopt";
    case kSOL_UDP:
    case kSOL_UDPLITE: return "net/ipv4/udp.c:udp_lib_getsockopt";
    case kSOL_RAW: return "net/ipv4/raw.c:raw_getsockopt";
    case kSOL_IPV6: return "net/ipv6/ipv6_sockglue.c:do_ipv6_getsockopt";
    case kSOL_ICMPV6: return "net/ipv6/raw.c:rawv6_getsockopt";
    case kSOL_MPTCP: return "net/mptcp/sockopt.c:mptcp_getsockopt";
    default: return "net/socket.c:do_sock_getsockopt";
  }
}

constexpr Row kRows[] = {
#define SOCKOPT(name, level, option, length, format, shape, since, until, reader)                  \
  {{name, Reading::sockopt, level, option, length, Format::format, "", false, shape, since, until, \
    nullptr, source_of(level)},                                                                    \
   reader},
#include "model/getsockopt.def"
#define VIEW(name, reading, option, format, shape, argument, speed, since, until, reader, source) \
  {{name, Reading::reading, 0, option, 4, Format::format, argument, speed, shape, since, until,   \
    nullptr, source},                                                                             \
   reader},
#define FIELD(name, since, until, where, reader)                                           \
  {{name, Reading::field, 0, 0, 0, Format::i32, where, true, false, since, until, nullptr, \
    "include/net"},                                                                        \
   reader},
#include "model/observables.def"
};
constexpr size_t kCount = std::size(kRows);

// Releases as indices into releases.def, so that a read does not parse text.
constexpr std::pair<int32_t, int32_t> kReleases[] = {
#define RELEASE(major, minor, seen) {major, minor},
#include "model/releases.def"
};

// The index of "6.12"; `otherwise` for an empty text, -1 for no release of the table.
constexpr int release_index(std::string_view text, int otherwise) {
  if (text.empty()) return otherwise;
  int32_t part[2] = {0, 0};
  size_t at = 0;
  for (char c : text) {
    if (c == '.' && at == 0) {
      at = 1;
    } else if (c >= '0' && c <= '9') {
      part[at] = part[at] * 10 + (c - '0');
    } else {
      return -1;
    }
  }
  for (size_t i = 0; i < std::size(kReleases); ++i)
    if (kReleases[i].first == part[0] && kReleases[i].second == part[1]) return static_cast<int>(i);
  return -1;
}

struct Span {
  int first, end;
  constexpr bool holds(Release release) const {
    return release.index >= first && release.index < end;
  }
};

constexpr Span span_of(const Observable& row) {
  return {release_index(row.since, 0),
          release_index(row.until, static_cast<int>(std::size(kReleases)))};
}

constexpr bool table_is_well_formed() {
  for (const Row& row : kRows) {
    const Span span = span_of(row.observable);
    if (span.first < 0 || span.end < 0 || span.first >= span.end) return false;
    if (row.observable.name.empty() || row.observable.source.empty()) return false;
    if (row.read == nullptr && row.observable.reading != Reading::sockopt) return false;
  }
  return true;
}
static_assert(table_is_well_formed());

template <size_t index>
Value expect(const Kernel& kernel, const struct socket& sock) {
  constexpr const Row& row = kRows[index];
  constexpr Span span = span_of(row.observable);
  if (sock.sk == nullptr) return {};
  const View view{kernel, sock, *sock.sk};
  const bool exists = span.holds(kernel.world().release);
  if constexpr (row.observable.reading == Reading::sockopt) {
    return getsockopt(view, {row.observable.level, row.observable.option, row.read, exists});
  } else {
    return exists ? row.read(view) : Value{};
  }
}

template <size_t index>
constexpr Observable with_expectation() {
  Observable observable = kRows[index].observable;
  observable.expect = expect<index>;
  return observable;
}

template <size_t... index>
constexpr std::array<Observable, kCount> with_expectations(std::index_sequence<index...>) {
  return {with_expectation<index>()...};
}
constexpr std::array<Observable, kCount> kObservables =
    with_expectations(std::make_index_sequence<kCount>());

constexpr std::string_view kReadingNames[] = {"sockopt", "sockname", "peername", "fstat", "fcntl",
                                              "ioctl",   "xattr",    "proc",     "field"};
constexpr std::string_view kFormatNames[] = {"i32", "u32s", "u64", "hex", "len", "nonzero", "str"};

}  // namespace

std::string_view reading_name(Reading reading) {
  return kReadingNames[static_cast<size_t>(reading)];
}

std::string_view format_name(Format format) { return kFormatNames[static_cast<size_t>(format)]; }

std::span<const Observable> observables() { return kObservables; }

int find_observable(std::string_view name) {
  for (size_t i = 0; i < kCount; ++i)
    if (kObservables[i].name == name) return static_cast<int>(i);
  return -1;
}

}  // namespace sockoracle
