// SPDX-License-Identifier: GPL-2.0-only
// errno by release, type and protocol for AF_INET: net/ipv4/af_inet.c:inet_create and the
// protocols' registrations as read in the sources of 3.12 to 7.3; the column of 6.18 also by
// exhaustive sweep on a running kernel. One test per release.
#include <algorithm>
#include <array>

#include "model/test/support.h"

namespace sockoracle::test {
namespace {

enum How : size_t { builtin, loaded, loadable, absent, nobody, kHows };
constexpr const char* kHowNames[] = {"built in", "loaded", "loadable", "absent", "as nobody"};

// Who asks and which optional protocols there are, one column each. All but the last: root, whose
// group may create ping sockets.
using Errors = std::array<int32_t, kHows>;

constexpr Errors all(int32_t error) { return {error, error, error, error, error}; }

struct Row {
  const char* since;  // [since, until) of releases
  const char* until;
  uint32_t types;  // one bit per masked type
  int32_t low, high;
  Errors errors;
};

constexpr uint32_t T(int32_t type) { return 1u << type; }
constexpr uint32_t kInRange = 0x3ff;  // 0 to 9

// The first row that applies counts.
constexpr Row kRows[] = {
    {"", "", 0xf800, kMin, kMax, all(kEINVAL)},  // types 11 to 15
    {"", "", T(10), kMin, kMax, {0, 0, 0, 0, kEPERM}},
    {"4.4", "", kInRange, kMin, -1, all(kEINVAL)},
    {"4.4", "5.6", kInRange, 256, kMax, all(kEINVAL)},
    {"5.6", "", kInRange, 263, kMax, all(kEINVAL)},

    {"", "", T(1), 0, 0, all(0)},
    {"", "", T(1), 6, 6, all(0)},
    {"", "", T(1), 132, 132, {0, 0, 0, kEPROTONOSUPPORT, 0}},
    {"6.11", "", T(1), 256, 256, {0, 0, 0, kEPROTONOSUPPORT, 0}},
    {"5.6", "", T(1), 262, 262, {0, 0, 0, kEPROTONOSUPPORT, 0}},
    {"", "", T(1), kMin, kMax, all(kEPROTONOSUPPORT)},

    {"", "", T(2), 0, 0, all(0)},
    {"", "", T(2), 17, 17, all(0)},
    {"", "", T(2), 1, 1, {0, 0, 0, 0, kEACCES}},
    // l2tp_ip's aliases: fields swapped until 4.3, a name instead of a number in 6.1 and 6.2
    {"", "4.4", T(2), 115, 115, {0, 0, kEPROTONOSUPPORT, kEPROTONOSUPPORT, 0}},
    {"4.4", "6.1", T(2), 115, 115, {0, 0, 0, kEPROTONOSUPPORT, 0}},
    {"6.1", "6.3", T(2), 115, 115, {0, 0, kEPROTONOSUPPORT, kEPROTONOSUPPORT, 0}},
    {"6.3", "", T(2), 115, 115, {0, 0, 0, kEPROTONOSUPPORT, 0}},
    {"", "7.1", T(2), 136, 136, all(0)},
    {"", "", T(2), kMin, kMax, all(kEPROTONOSUPPORT)},

    {"", "", T(3), 0, 0, all(kEPROTONOSUPPORT)},
    {"", "", T(3), kMin, kMax, {0, 0, 0, 0, kEPERM}},

    {"", "", T(5), 132, 132, {0, 0, 0, kESOCKTNOSUPPORT, 0}},
    // no alias says "any protocol of SOCK_SEQPACKET": 0 does not load the module
    {"", "", T(5), 0, 0, {0, 0, kESOCKTNOSUPPORT, kESOCKTNOSUPPORT, 0}},
    {"",
     "",
     T(5),
     kMin,
     kMax,
     {kEPROTONOSUPPORT, kEPROTONOSUPPORT, kESOCKTNOSUPPORT, kESOCKTNOSUPPORT, kEPROTONOSUPPORT}},

    {"", "6.16", T(6), 0, 0, {0, 0, 0, kESOCKTNOSUPPORT, 0}},
    {"", "6.16", T(6), 33, 33, {0, 0, 0, kESOCKTNOSUPPORT, 0}},
    {"",
     "6.16",
     T(6),
     kMin,
     kMax,
     {kEPROTONOSUPPORT, kEPROTONOSUPPORT, kESOCKTNOSUPPORT, kESOCKTNOSUPPORT, kEPROTONOSUPPORT}},

    {"", "", kInRange, kMin, kMax, all(kESOCKTNOSUPPORT)},
};

const Row& row_of(Release release, int32_t type, int32_t protocol) {
  const Row* found = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& row) {
    return between(release, row.since, row.until) && (row.types >> type & 1) != 0 &&
           row.low <= protocol && protocol <= row.high;
  });
  BOOST_REQUIRE(found != std::end(kRows));
  return *found;
}

// Every number that a row, a module or a width of a field could distinguish, and its neighbours.
std::vector<int32_t> protocols() {
  std::vector<int32_t> all{kMin, kMin + 1, kMax - 1, kMax};
  const auto around = [&](int64_t n) {
    for (int64_t p = n - 1; p <= n + 1; ++p)
      if (p >= kMin && p <= kMax) all.push_back(static_cast<int32_t>(p));
  };
  for (const Symbol& row : protocol_symbols()) around(row.number);
  for (int bit = 0; bit < 31; ++bit) {
    around(int64_t{1} << bit);
    around(-(int64_t{1} << bit));
  }
  for (int32_t n = 254; n < 266; ++n) all.push_back(n);
  for (const int32_t low : {0, 1, 6, 17, 255, 256, 262}) {
    all.push_back(65536 + low);
    all.push_back(-65536 + low);
    all.push_back(0x10000 * 256 + low);
  }
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

World world_for(Release release, size_t how) {
  World world = world_of(release, how == nobody ? "nobody" : "root");
  constexpr Presence kPresence[] = {Presence::builtin, Presence::loaded, Presence::loadable,
                                    Presence::absent, Presence::builtin};
  set_optional(world, kPresence[how]);
  if (how != nobody) open_ping(world);
  return world;
}

void check_release(size_t index) {
  const Release release{static_cast<uint8_t>(index), 0};
  const std::vector<int32_t> numbers = protocols();
  for (size_t how = 0; how < kHows; ++how) {
    const World world = world_for(release, how);
    std::optional<Kernel> k;
    for (int32_t type = 0; type < 16; ++type) {
      for (const int32_t protocol : numbers) {
        if (!k || k->changed()) k.emplace(world);
        const Verdict v = k->call(inet(type, protocol));
        k->close(v.fd);
        const int32_t expected = row_of(release, type, protocol).errors[how];
        if (v.error == expected) continue;
        BOOST_ERROR("type " << type << " protocol " << protocol << ", " << kHowNames[how]
                            << ": expected " << error_word(expected) << ", got " << words(v));
      }
    }
  }
}

// An IPv4 table with SOCK_CLOEXEC and SOCK_NONBLOCK set is the same table.
BOOST_AUTO_TEST_CASE(valid_flags_change_nothing) {
  for (const char* release : {"3.12", "5.6", "6.12", "7.3"}) {
    const World world = world_for(at(release), builtin);
    Kernel k(world);
    for (int32_t type = 0; type < 16; ++type)
      for (const int32_t protocol : {-1, 0, 1, 6, 17, 132, 136, 255, 256, 262, 263})
        for (const int32_t flags :
             {kSOCK_CLOEXEC, kSOCK_NONBLOCK, kSOCK_CLOEXEC | kSOCK_NONBLOCK}) {
          const Verdict v = k.call(inet(type | flags, protocol));
          k.close(v.fd);
          BOOST_TEST(v.error == row_of(at(release), type, protocol).errors[builtin]);
        }
  }
}

const bool kRegistered = [] {
  for (size_t i = 0; i < releases().size(); ++i)
    add_named_test("errno_by_release", std::string(releases()[i].name), check_release, i);
  return true;
}();

// 256 to 262 with SOCK_RAW: three eras, told apart by the width of sk_protocol.
struct RawEra {
  const char* release;
  int32_t protocol, error;
  uint16_t sk_protocol, inet_num;
  bool hdrincl, truncated, null_get_port;
};

constexpr RawEra kRawEras[] = {
    {"3.12", 255, 0, 255, 255, true, false, false},
    {"3.12", 256, 0, 0, 256, false, true, false},
    {"3.12", 262, 0, 6, 262, false, true, false},
    {"4.3", 511, 0, 255, 511, false, true, false},
    {"4.3", 65536, 0, 0, 0, false, true, true},
    {"4.3", 65536 + 255, 0, 255, 255, false, true, false},
    {"4.3", -1, 0, 255, 65535, false, true, false},
    {"4.3", kMin, 0, 0, 0, false, true, true},
    {"4.4", 256, kEINVAL, 0, 0, false, false, false},
    {"4.4", 65536, kEINVAL, 0, 0, false, false, false},
    {"5.5", 262, kEINVAL, 0, 0, false, false, false},
    {"5.6", 256, 0, 256, 256, false, false, false},
    {"5.6", 262, 0, 262, 262, false, false, false},
    {"7.3", 262, 0, 262, 262, false, false, false},
    {"7.3", 263, kEINVAL, 0, 0, false, false, false},
    {"7.3", 255, 0, 255, 255, true, false, false},
    // the stable releases that took the range check of CVE-2015-8543
    {"3.12.51", 256, 0, 0, 256, false, true, false},
    {"3.12.52", 256, kEINVAL, 0, 0, false, false, false},
    {"4.1.16", -1, kEINVAL, 0, 0, false, false, false},
    {"4.3.3", -1, 0, 255, 65535, false, true, false},
    {"4.3.4", -1, kEINVAL, 0, 0, false, false, false},
};

BOOST_AUTO_TEST_CASE(raw_protocol_widths) {
  for (const RawEra& row : kRawEras) {
    BOOST_TEST_CONTEXT(row.release << " protocol " << row.protocol) {
      Kernel k(world_of(row.release));
      const Verdict v = k.call(inet(kSOCK_RAW, row.protocol));
      BOOST_TEST(error_word(v.error) == error_word(row.error));
      BOOST_TEST(v.hazards.has(Hazard::truncated_protocol) == row.truncated);
      BOOST_TEST(v.hazards.has(Hazard::null_get_port) == row.null_get_port);
      if (v.error != 0) continue;
      const struct sock& sk = *k.lookup(v.fd)->sk;
      BOOST_TEST(sk.sk_protocol.number == row.sk_protocol);
      BOOST_TEST(sk.skc_num.number == row.inet_num);
      BOOST_TEST(inet_sk(sk).hdrincl == row.hdrincl);
      const uint32_t swapped = uint32_t{row.inet_num} << 8 | row.inet_num >> 8;
      BOOST_TEST(inet_sk(sk).inet_sport.number == (swapped & 0xffff));
      // hashed exactly when it has a number
      BOOST_TEST((sk.sk_node_pprev != nullptr) == (row.inet_num != 0));
    }
  }
}

}  // namespace
}  // namespace sockoracle::test
