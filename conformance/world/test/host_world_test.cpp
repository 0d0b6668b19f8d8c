// SPDX-License-Identifier: GPL-2.0-only
// The world of a kernel from its configuration and from /proc, in made-up file trees.
#include "conformance/world/host_world.h"

#include <stdlib.h>
#include <zlib.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/world/kernel_config.h"
#include "conformance/world/world_text.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

namespace fs = std::filesystem;

// A folder that goes away with the test.
class Tree {
 public:
  Tree() {
    std::string name = (fs::temp_directory_path() / "sockoracle-XXXXXX").string();
    BOOST_REQUIRE(mkdtemp(name.data()) != nullptr);
    root_ = name;
  }
  ~Tree() { fs::remove_all(root_); }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void put(const std::string& path, const std::string& text) const {
    fs::create_directories(fs::path(root_ + path).parent_path());
    std::ofstream(root_ + path, std::ios::binary) << text;
  }
  const std::string& root() const { return root_; }

 private:
  std::string root_;
};

std::string gzip(const std::string& text) {
  z_stream stream{};
  BOOST_REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string input = text, out(text.size() + 1024, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  BOOST_REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

constexpr const char* kConfig =
    "# Linux/x86 6.12.43 Kernel Configuration\n"
    "CONFIG_MODULES=y\nCONFIG_NET=y\nCONFIG_INET=y\nCONFIG_L2TP=m\nCONFIG_MPTCP_IPV6=y\n"
    "CONFIG_IP_SCTP=m\n# CONFIG_IP_DCCP is not set\n"
    "CONFIG_L2TP_IP=m\nCONFIG_MPTCP=y\nCONFIG_IPV6=y\nCONFIG_PACKET=y\nCONFIG_CGROUP_BPF=y\n"
    "CONFIG_LOCALVERSION=\"-test\"\n";

constexpr const char* kProtocols =
    "protocol  size sockets  memory press maxhdr  slab module     cl co di ac\n"
    "PACKET    1600      0      -1   NI       0   no   kernel      n  n  n  n\n"
    "SCTP      1728      0       0   no       0   yes  sctp        y  y  y  y\n"
    "MPTCP     1936      0       0   no       0   yes  kernel      y  y  y  n\n"
    "TCPv6     2432      0       0   no     192   yes  kernel      y  y  y  y\n"
    "UDP-Lite  1344      0       0   NI       0   yes  kernel      y  y  y  n\n"
    "TCP       2304      1       0   no     192   yes  kernel      y  y  y  y\n";

void put_kernel(const Tree& tree) {
  tree.put("/proc/sys/kernel/ostype", "Linux\n");
  tree.put("/proc/sys/kernel/osrelease", "6.12.43-cloud-amd64\n");
  tree.put("/proc/sys/kernel/modprobe", "/sbin/modprobe\n");
  tree.put("/proc/modules", "sctp 450560 2 - Live 0x0\n");
  tree.put("/proc/net/protocols", kProtocols);
  tree.put("/proc/sys/net/ipv4/ping_group_range", "0\t2147483647\n");
  tree.put("/proc/sys/net/ipv4/tcp_rmem", "4096\t65536\t6291456\n");
  tree.put("/proc/sys/net/core/rmem_default", "262144\n");
}

Presence presence(const World& world, Provider provider) {
  return world.providers[static_cast<size_t>(provider)];
}
const SysctlValue& value(const World& world, Sysctl sysctl) {
  return world.sysctls[static_cast<size_t>(sysctl)];
}

BOOST_AUTO_TEST_SUITE(host_world)

BOOST_AUTO_TEST_CASE(from_its_configuration) {
  const Tree tree;
  put_kernel(tree);
  tree.put("/proc/config.gz", gzip(kConfig));
  const HostFacts facts = host_facts(tree.root());
  BOOST_REQUIRE(facts.in_table);
  BOOST_TEST(release_text(facts.world.release) == "6.12.43");
  BOOST_TEST(facts.config_source == "/proc/config.gz");
  BOOST_TEST(facts.config.at("IP_SCTP") == "m");
  BOOST_TEST(facts.config.at("SMC") == "n");
  BOOST_TEST((presence(facts.world, Provider::sctp) == Presence::loaded));
  BOOST_TEST((presence(facts.world, Provider::l2tp_ip) == Presence::loadable));
  BOOST_TEST((presence(facts.world, Provider::dccp) == Presence::absent));
  BOOST_TEST((presence(facts.world, Provider::smc) == Presence::absent));
  BOOST_TEST((presence(facts.world, Provider::mptcp) == Presence::builtin));
  BOOST_TEST((presence(facts.world, Provider::udplite) == Presence::builtin));
  BOOST_TEST(facts.world.modules_enabled);
  BOOST_TEST(facts.notes.empty());
}

// kernel-behaviour 7.2, 7.3: a new namespace starts at "1 0"; buffer sizes are copied from the
// first.
BOOST_AUTO_TEST_CASE(a_fresh_namespace_inherits_only_what_the_kernel_copies) {
  const Tree tree;
  put_kernel(tree);
  tree.put("/proc/config.gz", gzip(kConfig));
  const HostFacts facts = host_facts(tree.root());
  BOOST_TEST((value(facts.world, Sysctl::ping_group_range).v == std::array<int64_t, 3>{1, 0, 0}));
  BOOST_TEST(
      (value(facts.here, Sysctl::ping_group_range).v == std::array<int64_t, 3>{0, 2147483647, 0}));
  BOOST_TEST(value(facts.world, Sysctl::tcp_rmem).v[1] == 65536);
  BOOST_TEST(value(facts.world, Sysctl::rmem_default).v[0] == 262144);
  BOOST_TEST(facts.sysctls.at("net.ipv4.ping_group_range") == "0 2147483647");
}

// Another machine's files come as texts: they say the same, and this machine's are not looked at.
BOOST_AUTO_TEST_CASE(from_texts_as_from_files) {
  std::map<std::string, std::string> files = {
      {"/proc/sys/kernel/ostype", "Linux"},
      {"/proc/sys/kernel/osrelease", "6.12.43-cloud-amd64"},
      {"/proc/net/protocols", kProtocols},
      {"/proc/modules", "sctp 450560 2 - Live 0x0\n"},
      {"/proc/sys/net/ipv4/tcp_rmem", "4096\t65536\t6291456\n"},
      {"/proc/config.gz", gzip(kConfig)}};
  const HostFacts facts = facts_of_files(files);
  BOOST_REQUIRE(facts.in_table);
  BOOST_TEST(release_text(facts.world.release) == "6.12.43");
  BOOST_TEST(facts.config_source == "/proc/config.gz");
  BOOST_TEST((presence(facts.world, Provider::sctp) == Presence::loaded));
  BOOST_TEST((presence(facts.world, Provider::l2tp_ip) == Presence::loadable));
  BOOST_TEST(value(facts.world, Sysctl::tcp_rmem).v[1] == 65536);
  BOOST_TEST(!facts.world.modules_enabled);  // no modprobe
  BOOST_TEST(facts.lsm.empty());
  BOOST_TEST(facts.notes.empty());
  files.erase("/proc/sys/kernel/osrelease");
  BOOST_TEST(!facts_of_files(files).in_table);
  BOOST_TEST(!facts_of_files({}).in_table);
}

BOOST_AUTO_TEST_CASE(without_a_configuration) {
  const Tree tree;
  put_kernel(tree);
  const HostFacts facts = host_facts(tree.root());
  BOOST_TEST(facts.config_source.empty());
  BOOST_REQUIRE(facts.notes.size() == 1U);
  BOOST_TEST(facts.notes[0].find("/proc/net/protocols") != std::string::npos);
  BOOST_TEST((presence(facts.world, Provider::sctp) == Presence::loaded));
  BOOST_TEST((presence(facts.world, Provider::l2tp_ip) == Presence::absent));
  BOOST_TEST((presence(facts.world, Provider::ipv6) == Presence::builtin));
}

BOOST_AUTO_TEST_CASE(ipv6_disabled_at_boot) {
  const Tree tree;
  put_kernel(tree);
  tree.put("/proc/config.gz", gzip(kConfig));
  std::string protocols = kProtocols;
  const size_t line = protocols.find("TCPv6");
  protocols.erase(line, protocols.find('\n', line) + 1 - line);
  tree.put("/proc/net/protocols", protocols);
  BOOST_TEST((presence(host_facts(tree.root()).world, Provider::ipv6) == Presence::absent));
}

BOOST_AUTO_TEST_CASE(modprobe_can_be_switched_off) {
  const Tree tree;
  put_kernel(tree);
  tree.put("/proc/config.gz", gzip(kConfig));
  tree.put("/proc/sys/kernel/modprobe", "\n");
  BOOST_TEST(!host_facts(tree.root()).world.modules_enabled);
  tree.put("/proc/sys/kernel/modprobe", "/sbin/modprobe\n");
  tree.put("/proc/sys/kernel/modules_disabled", "1\n");
  BOOST_TEST(!host_facts(tree.root()).world.modules_enabled);
}

// Ubuntu's uname keeps the stable release to itself; the file beside it has it.
BOOST_AUTO_TEST_CASE(the_signature_names_the_stable_release) {
  std::map<std::string, std::string> files = {
      {"/proc/sys/kernel/ostype", "Linux"},
      {"/proc/sys/kernel/osrelease", "5.15.0-122-generic"},
      {"/proc/sys/kernel/version", "#132-Ubuntu SMP Thu Aug 29 13:45:52 UTC 2024"},
      {"/proc/version_signature", "Ubuntu 5.15.0-122.132-generic 5.15.160\n"}};
  BOOST_TEST(release_text(facts_of_files(files).world.release) == "5.15.160");
  BOOST_TEST(facts_of_files(files).release_note.empty());
  files.erase("/proc/version_signature");
  BOOST_TEST(release_text(facts_of_files(files).world.release) == "5.15");
  BOOST_TEST(facts_of_files(files).release_note ==
             "sublevel not known: 0 assumed, /proc/version_signature has it");
}

BOOST_AUTO_TEST_CASE(another_system_is_not_in_the_table) {
  const Tree tree;
  tree.put("/proc/sys/kernel/ostype", "FreeBSD\n");
  tree.put("/proc/sys/kernel/osrelease", "14.1\n");
  BOOST_TEST(!host_facts(tree.root()).in_table);
  tree.put("/proc/sys/kernel/ostype", "Linux\n");
  tree.put("/proc/sys/kernel/osrelease", "2.6.32\n");
  BOOST_TEST(!host_facts(tree.root()).in_table);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(kernel_config)

BOOST_AUTO_TEST_CASE(lines) {
  const KernelConfig whole = parse_kernel_config(
      "CONFIG_NET=y\nCONFIG_MPTCP=y\r\n# CONFIG_IP_SCTP is not set\nCONFIG_SMC=m\n# CONFIG_PACKET\n"
      "CONFIG_IPV6\n  CONFIG_DEBUG_NET=y\nCONFIG_FOO=n");
  const auto& config = whole.values;
  BOOST_TEST(whole.whole);
  BOOST_TEST(config.at("MPTCP") == "y");
  BOOST_TEST(config.at("IP_SCTP") == "n");
  BOOST_TEST(config.at("SMC") == "m");
  BOOST_TEST(config.at("PACKET") == "n");
  BOOST_TEST(config.at("IPV6") == "n");
  BOOST_TEST(config.at("DEBUG_NET") == "n");
  BOOST_TEST(config.count("FOO") == 0U);
  BOOST_TEST(assumed_symbols(whole).empty());
  for (const char* text : {"hello\n", ""}) BOOST_TEST(!parse_kernel_config(text).any);
}

// The silence of an excerpt is no "n".
BOOST_AUTO_TEST_CASE(an_excerpt_says_what_it_says) {
  for (const char* text : {"CONFIG_MPTCP=y\n", "CONFIG_MPTCP=y\nCONFIG_NETDEVICES=y\n"}) {
    const KernelConfig excerpt = parse_kernel_config(text);
    BOOST_TEST(excerpt.any);
    BOOST_TEST(!excerpt.whole);
    BOOST_TEST(excerpt.values.size() == 1u);
    const auto assumed = assumed_symbols(excerpt);
    for (const char* symbol : {"INET", "IPV6", "IP_SCTP", "MPTCP_IPV6", "MODULES"})
      BOOST_TEST((std::find(assumed.begin(), assumed.end(), symbol) != assumed.end()), symbol);
    BOOST_TEST((std::find(assumed.begin(), assumed.end(), "MPTCP") == assumed.end()));
  }
  for (const char* text : {"# CONFIG_NET is not set\n", "CONFIG_NET=y\n"})
    BOOST_TEST(parse_kernel_config(text).values.at("INET") == "n", text);
}

// net/l2tp/Makefile: obj-$(subst y,$(CONFIG_L2TP),$(CONFIG_L2TP_IP)) += l2tp_ip.o
BOOST_AUTO_TEST_CASE(l2tp_ip_follows_l2tp) {
  const auto built = [](const std::string& core, const std::string& ip) {
    return parse_kernel_config("CONFIG_NET=y\nCONFIG_L2TP_IP=" + ip + "\nCONFIG_L2TP=" + core)
        .values.at("L2TP_IP");
  };
  BOOST_TEST(built("y", "y") == "y");
  BOOST_TEST(built("m", "y") == "m");
  BOOST_TEST(built("m", "m") == "m");
  BOOST_TEST(built("y", "m") == "m");
}

// Which symbols guard the inet_register_protosw or inet6_register_protosw of each protocol, v6.12:
// the Kconfig and Makefile beside the file that calls it.
struct Guard {
  int32_t family, type, protocol;
  std::vector<const char*> symbols;
};
const Guard kGuards[] = {
    {2, 1, 6, {"INET"}},
    {2, 2, 17, {"INET"}},
    {2, 2, 1, {"INET"}},
    {2, 3, 0, {"INET"}},
    {2, 2, 136, {"INET"}},
    {2, 1, 262, {"INET", "MPTCP"}},
    {2, 5, 132, {"INET", "IP_SCTP"}},
    {2, 1, 132, {"INET", "IP_SCTP"}},
    {2, 6, 33, {"INET", "IP_DCCP"}},
    {2, 2, 115, {"INET", "L2TP", "L2TP_IP"}},
    {2, 1, 256, {"INET", "SMC"}},
    {10, 3, 0, {"IPV6"}},
    {10, 2, 17, {"IPV6"}},
    {10, 2, 136, {"IPV6"}},
    {10, 1, 6, {"IPV6"}},
    {10, 2, 58, {"IPV6"}},
    {10, 1, 262, {"IPV6", "MPTCP", "MPTCP_IPV6"}},
    {10, 5, 132, {"IPV6", "IP_SCTP"}},
    {10, 1, 132, {"IPV6", "IP_SCTP"}},
    {10, 6, 33, {"IPV6", "IP_DCCP"}},
    {10, 2, 115, {"IPV6", "L2TP", "L2TP_IP"}},
    {10, 1, 256, {"IPV6", "SMC"}},
};

constexpr struct {
  int32_t family, type, protocol;
} kEntries[] = {
#define PROTOSW(family, type, protocol, proto, ops, flags, with, without, source) \
  {family, type, protocol},
#include "model/protosw.def"
};

// A kernel with everything built in but for one symbol, asked as root.
Verdict with_config(const char* off, const Guard& guard) {
  std::string text = "CONFIG_NET=y\n";
  for (const std::string_view symbol : config_symbols())
    if (symbol != off) text += "CONFIG_" + std::string(symbol) + "=y\n";
  Release release;
  BOOST_REQUIRE(parse_release("6.12", &release));
  World world = default_world(release);
  for (const auto& [symbol, value] : parse_kernel_config(text).values)
    BOOST_TEST(apply_config(world, symbol, value));
  world.sysctls[static_cast<size_t>(Sysctl::ping_group_range)] = {{0, 0, 0}};
  // A raw socket of any protocol is the wild card's.
  const int32_t protocol = guard.type == 3 ? 255 : guard.protocol;
  return ask({world, {Entry::socket, guard.family, guard.type, protocol}}).verdict;
}

BOOST_AUTO_TEST_CASE(every_symbol_that_guards_a_registration_is_read) {
  for (const auto& entry : kEntries) {
    const auto same = [&](const Guard& guard) {
      return guard.family == entry.family && guard.type == entry.type &&
             guard.protocol == entry.protocol;
    };
    BOOST_TEST(std::count_if(std::begin(kGuards), std::end(kGuards), same) == 1,
               entry.family << " " << entry.type << " " << entry.protocol);
  }
  for (const Guard& guard : kGuards) {
    const Verdict all = with_config("", guard);
    BOOST_TEST(all.error == 0, guard.family << " " << guard.type << " " << guard.protocol << ": "
                                            << row(all.rule).name);
    for (const char* symbol : guard.symbols)
      BOOST_TEST(with_config(symbol, guard).error != 0, guard.protocol << " without " << symbol);
  }
  // IPV6=y, MPTCP=y, MPTCP_IPV6 unset: only AF_INET has it.
  BOOST_TEST(with_config("MPTCP_IPV6", {10, 1, 262, {}}).error == kEPROTONOSUPPORT);
  BOOST_TEST(with_config("MPTCP_IPV6", {2, 1, 262, {}}).error == 0);
}

BOOST_AUTO_TEST_CASE(damaged_gzip_is_refused) {
  const Tree tree;
  const std::string good = gzip(kConfig);
  for (const size_t length : {size_t{2}, size_t{10}, good.size() / 2, good.size() - 1}) {
    tree.put("/config.gz", good.substr(0, length));
    BOOST_CHECK_THROW(read_kernel_config(tree.root() + "/config.gz"), UsageError);
  }
  tree.put("/config.gz", good);
  BOOST_TEST(read_kernel_config(tree.root() + "/config.gz").values.at("MPTCP") == "y");
}

BOOST_AUTO_TEST_CASE(gunzip_is_bounded) {
  std::string out;
  BOOST_TEST(!gunzip(gzip(std::string(1u << 20, 'x')), 1u << 16, &out));
  BOOST_TEST(out.size() <= (1u << 16) + 16384);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
