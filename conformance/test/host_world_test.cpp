// SPDX-License-Identifier: GPL-2.0-only
// The world of a kernel from its configuration and from /proc, in made-up file trees.
#include "conformance/host_world.h"

#include <stdlib.h>
#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "conformance/cli_error.h"
#include "conformance/kernel_config.h"
#include "conformance/world_text.h"

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
    "CONFIG_MODULES=y\nCONFIG_INET=y\nCONFIG_IP_SCTP=m\n# CONFIG_IP_DCCP is not set\n"
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
  const auto config = parse_kernel_config(
      "CONFIG_MPTCP=y\r\n# CONFIG_IP_SCTP is not set\nCONFIG_SMC=m\n# CONFIG_PACKET\nCONFIG_IPV6\n"
      "  CONFIG_DEBUG_NET=y\nCONFIG_MPTCP_IPV6=n");
  BOOST_TEST(config.at("MPTCP") == "y");
  BOOST_TEST(config.at("IP_SCTP") == "n");
  BOOST_TEST(config.at("SMC") == "m");
  BOOST_TEST(config.at("PACKET") == "n");
  BOOST_TEST(config.at("IPV6") == "n");
  BOOST_TEST(config.at("DEBUG_NET") == "n");
  BOOST_TEST(config.count("MPTCP_IPV6") == 0U);
  BOOST_TEST(parse_kernel_config("hello\n").empty());
  BOOST_TEST(parse_kernel_config("").empty());
}

BOOST_AUTO_TEST_CASE(damaged_gzip_is_refused) {
  const Tree tree;
  const std::string good = gzip(kConfig);
  for (const size_t length : {size_t{2}, size_t{10}, good.size() / 2, good.size() - 1}) {
    tree.put("/config.gz", good.substr(0, length));
    BOOST_CHECK_THROW(read_kernel_config(tree.root() + "/config.gz"), UsageError);
  }
  tree.put("/config.gz", good);
  BOOST_TEST(read_kernel_config(tree.root() + "/config.gz").at("MPTCP") == "y");
}

BOOST_AUTO_TEST_CASE(gunzip_is_bounded) {
  std::string out;
  BOOST_TEST(!gunzip(gzip(std::string(1u << 20, 'x')), 1u << 16, &out));
  BOOST_TEST(out.size() <= (1u << 16) + 16384);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
