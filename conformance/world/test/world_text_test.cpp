// SPDX-License-Identifier: GPL-2.0-only
// Worlds from flags and from JSON: what they mean, in which order, and what is refused how.
#include "conformance/world/world_text.h"

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "conformance/base/cli_error.h"
#include "conformance/words/step_text.h"
#include "conformance/world/cli_world.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

std::vector<Item> items_of(const std::string& json) {
  std::vector<Item> items;
  items_of_json(json, {}, &items);
  return items;
}

Setting setting_of(const std::string& json) { return build_setting(items_of(json)); }

std::string refusal_of(const std::string& json) {
  try {
    setting_of(json);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "accepted";
}

std::string outcome(const World& world, const Call& call) {
  const Verdict verdict = ask({world, call}).verdict;
  return std::string(errno_name(verdict.error)) + " " + std::string(row(verdict.rule).name);
}

const Call kPing{Entry::socket, kAF_INET, kSOCK_DGRAM, kIPPROTO_ICMP};
const Call kRaw{Entry::socket, kAF_INET, kSOCK_RAW, kIPPROTO_ICMP};
const Call kSctp{Entry::socket, kAF_INET, kSOCK_SEQPACKET, kIPPROTO_SCTP};

BOOST_AUTO_TEST_SUITE(world_text)

// kernel-behaviour 2.6, 3.2, 7.3: each world shows one cause.
// What a real machine prints is taken, and what was assumed of it is said.
BOOST_AUTO_TEST_CASE(release_names) {
  const std::string rows[][3] = {
      {"5.15.167.4-microsoft-standard-WSL2", "5.15.167", ""},
      {"6.6.58_1", "6.6.58", ""},
      {"6.1.0-49-amd64", "6.1", "sublevel not known: 0 assumed, uname -v has it"},
      {"6.1.0-49-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)", "6.1.192", ""},
      {"3.10.0-1160.el7.x86_64", "3.12",
       "3.10 is older than the oldest release modelled: 3.12 answers; "
       "a RHEL 7 kernel: its backports are not known"},
  };
  for (const auto& [name, release, note] : rows) {
    const Setting setting = setting_of("{\"release\":\"" + name + "\"}");
    BOOST_TEST(release_text(setting.world.release) == release);
    BOOST_TEST(setting.release_note == note);
  }
  BOOST_TEST(refusal_of(R"({"release":"banana"})").find("accepted is a release from 3.12") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(json_worlds_mean_what_they_say) {
  const struct {
    const char* json;
    Call call;
    const char* outcome;
  } rows[] = {
      {R"({"release":"6.12","as":"nobody"})", kRaw, "EPERM raw_needs_net_raw"},
      {R"({"release":"6.12","as":"nobody","caps":["net_raw"]})", kRaw, "0 created"},
      {R"({"release":"6.12","as":"nobody","caps":["CAP_NET_RAW"]})", kRaw, "0 created"},
      {R"({"release":"6.12"})", kPing, "EACCES ping_group"},
      {R"({"release":"6.12","sysctls":{"net.ipv4.ping_group_range":"0 0"}})", kPing, "0 created"},
      {R"({"sysctls":{"net.ipv4.ping_group_range":"2000 2000"},"groups":[2000],"as":"nobody",)"
       R"("release":"6.12"})",
       kPing, "0 created"},
      {R"({"release":"6.12","as":"ping-gid","gid":999})", kPing, "EACCES ping_group"},
      {R"({"release":"6.12","as":"ping-out","egid":2500})", kPing, "0 created"},
      {R"({"release":"6.12","config":{"IP_SCTP":"n"}})", kSctp,
       "ESOCKTNOSUPPORT type_has_protocols"},
      {R"({"release":"6.12","config":{"IP_SCTP":"y"}})", kSctp, "0 created"},
      {R"({"release":"6.12","config":{"IP_SCTP":"m","MODULES":"n"}})", kSctp,
       "ESOCKTNOSUPPORT type_has_protocols"},
      {R"({"release":"6.12","modules":{"sctp":"absent"}})", kSctp,
       "ESOCKTNOSUPPORT type_has_protocols"},
      {R"({"release":"6.12","limits":{"fds_left":0}})", kRaw, "EMFILE fd_available"},
      {R"({"release":"6.12","policies":{"cgroup_sock_create":"deny"}})", kRaw,
       "EPERM cgroup_sock_create"},
      {R"({"release":"6.12","policies":{"lsm_socket_create":"EACCES"}})", kRaw,
       "EACCES lsm_socket_create"},
      {R"({"release":"6.12","policies":{"lsm_sk_alloc":"deny"}})", kRaw, "ENOMEM lsm_sk_alloc"},
      {R"({"release":"6.12","faults":[1]})", kRaw, "ENFILE sock_alloc_inode"},
      {R"({"release":"4.3"})", {Entry::socket, kAF_INET, kSOCK_RAW, -1}, "0 created"},
      {R"({"release":"4.3","behaviours":["+protocol_range_check"]})",
       {Entry::socket, kAF_INET, kSOCK_RAW, -1},
       "EINVAL protocol_range"},
      {R"({"release":"4.4","behaviours":["-protocol_range_check"]})",
       {Entry::socket, kAF_INET, kSOCK_RAW, -1},
       "0 created"},
  };
  for (const auto& row : rows) BOOST_TEST_CONTEXT(row.json) {
      BOOST_TEST(outcome(setting_of(row.json).world, row.call) == row.outcome);
    }
}

BOOST_AUTO_TEST_CASE(refusals_name_what_is_accepted) {
  const struct {
    const char* json;
    const char* place;
    const char* accepted;
  } rows[] = {
      {R"([])", "world", "a JSON object"},
      {R"({"realease":"6.12"})", "realease", "release, process, config"},
      {R"({"release":6})", "release", "3.12"},
      {R"({"release":"six"})", "six", "from 3.12 to"},
      {R"({"release":"6.12","as":"nobdy"})", "nobdy", "root, nobody"},
      {R"({"release":"6.12","modules":{"sctp":"maybe"}})", "sctp=maybe", "absent, loadable"},
      {R"({"release":"6.12","modules":{"rds":"absent"}})", "rds", "inet, udplite"},
      {R"({"release":"5.4","modules":{"smc":"loaded"}})", "smc=loaded", "it came with 6.11"},
      {R"({"release":"7.1","modules":{"udplite":"builtin"}})", "udplite", "it went with 7.1"},
      {R"({"release":"6.12","config":{"IP_SCTP":"yes"}})", "IP_SCTP=yes", "y, m or n"},
      {R"({"release":"6.12","config":{"FOO":"y"}})", "FOO", "MPTCP"},
      {R"({"release":"6.12","sysctls":{"net.x":"1"}})", "net.x", "net.mptcp.enabled"},
      {R"({"release":"6.12","sysctls":{"net.mptcp.enabled":"on"}})", "on", "1 number from 0"},
      {R"({"release":"6.12","sysctls":{"net.ipv4.ping_group_range":"1"}})", "=1", "2 numbers"},
      {R"({"release":"6.12","caps":["net_rawr"]})", "net_rawr", "net_raw"},
      {R"({"release":"6.12","uid":-1})", "-1", "from 0"},
      {R"({"release":"6.12","groups":["x"]})", "groups", "a list of group numbers"},
      {R"({"release":"6.12","limits":{"fds_left":-2}})", "fds_left=-2", "unlimited or a number"},
      {R"({"release":"6.12","policies":{"cgroup_sock_create":"no"}})", "no", "allow, deny"},
      {R"({"release":"6.12","faults":[0]})", "0", "from 1"},
      {R"({"release":"6.12","faults":[1,2,3,4,5,6,7,8,9]})", "9", "at most 8 faults"},
      {R"({"release":"6.12","behaviours":["txrehash"]})", "behaviours", "+name"},
      {R"({"release":"6.12","behaviours":["+nothing"]})", "nothing", "list behaviours"},
      {R"({"release":"6.12","behaviours":["+txrehash","-txrehash"]})", "txrehash", "not both"},
      {R"({"release":"6.12")", "world", ""},
  };
  for (const auto& row : rows) BOOST_TEST_CONTEXT(row.json) {
      const std::string refusal = refusal_of(row.json);
      BOOST_TEST(refusal != "accepted");
      BOOST_TEST(refusal.find(row.place) != std::string::npos, refusal);
      BOOST_TEST(refusal.find(row.accepted) != std::string::npos, refusal);
      BOOST_TEST(refusal.find('\n') == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(the_order_of_flags_does_not_matter) {
  WorldFlags flags;
  const std::pair<std::string_view, const char*> typed[] = {
      {"--release", "6.12"},
      {"--as", "nobody"},
      {"--cap", "net_raw"},
      {"--sysctl", "net.ipv4.ping_group_range=5 6"}};
  for (const auto& [flag, value] : typed)
    for (size_t i = 0; i < item_forms().size(); ++i)
      if (item_forms()[i].flag == flag) flags.typed[i].push_back(value);
  std::vector<Item> items = flags.items();
  const Setting forward = build_setting(items);
  const Setting backward = build_setting({items.rbegin(), items.rend()});
  BOOST_TEST((forward.world == backward.world));
  BOOST_TEST(forward.flags == backward.flags);
  BOOST_TEST(forward.caller == "nobody, cap net_raw");
  BOOST_TEST(forward.flags == "--release 6.12 --as nobody --cap net_raw "
                              "--sysctl net.ipv4.ping_group_range=\"5 6\"");
}

BOOST_AUTO_TEST_CASE(a_flag_overrides_the_world_file) {
  std::vector<Item> items = items_of(R"({"release":"6.12","as":"nobody","uid":7})");
  items.push_back({ItemKind::context, {}, "root", "--as"});
  items.push_back({ItemKind::release, {}, "5.4", "--release"});
  const Setting setting = build_setting(items);
  BOOST_TEST(release_text(setting.world.release) == "5.4");
  BOOST_TEST(setting.world.caller.euid == 7U);
  BOOST_TEST((setting.world.caller.caps == kAllCaps));
}

BOOST_AUTO_TEST_CASE(changes_as_flags) {
  Change cap{}, context{}, release{}, call{};
  cap.kind = Change::Kind::capability;
  cap.number = kCAP_NET_RAW;
  context.kind = Change::Kind::context;
  release.kind = Change::Kind::release;
  release.release = oldest_release();
  call.kind = Change::Kind::call;
  call.call = kPing;
  BOOST_TEST(change_text(cap) == "--cap net_raw");
  BOOST_TEST(change_text(context) == "--as root");
  BOOST_TEST(change_text(release) == "--release 3.12");
  const std::vector<std::string> lines = change_lines({{cap}, {context}, {call, release}});
  BOOST_REQUIRE(lines.size() == 3U);
  BOOST_TEST(lines[0] == "with --cap net_raw");
  BOOST_TEST(lines[1] == "with --as root");
  BOOST_TEST(lines[2] == "as socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP) with --release 3.12");
}

BOOST_AUTO_TEST_CASE(contexts_of_one_caller_are_named_once) {
  std::vector<std::vector<Change>> sets;
  for (const char* name : {"root", "mptcp-off", "pmtu-0", "netns-owner"}) {
    Change change{};
    change.kind = Change::Kind::context;
    change.index = static_cast<uint8_t>(find_context(name) - contexts().data());
    sets.push_back({change});
  }
  const std::vector<std::string> lines = change_lines(sets);
  BOOST_REQUIRE(lines.size() == 1U);
  BOOST_TEST(lines[0] == "with --as root or netns-owner");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
