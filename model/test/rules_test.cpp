// SPDX-License-Identifier: GPL-2.0-only
// Which function of the kernel decides, release by release: a row names only what the release has.
#include <boost/test/unit_test.hpp>

#include "model/release.h"
#include "model/test/support.h"
#include "model/verdict.h"

namespace sockoracle::test {
namespace {

// The kernel's functions that decide something, by its trees: rules.def says which were read.
struct Function {
  const char* file;
  const char* name;
  const char* since;
  const char* until;
};

const Function kFunctions[] = {
    {"kernel/seccomp.c", "__secure_computing", "", ""},
    {"net/socket.c", "sys_socket", "", "4.17"},
    {"net/socket.c", "__sys_socket", "4.17", ""},
    {"net/socket.c", "__sys_socket_create", "5.19", ""},
    {"net/socket.c", "sys_socketpair", "", "4.17"},
    {"net/socket.c", "__sys_socketpair", "4.17", ""},
    {"net/socket.c", "__sock_create", "", ""},
    {"net/socket.c", "sock_alloc_file", "", ""},
    {"fs/io_uring.c", "io_submit_sqe", "5.1", "6.0"},
    {"fs/io_uring.c", "io_socket", "5.19", "6.0"},
    {"io_uring/net.c", "io_socket", "6.0", ""},
    {"fs/file.c", "__alloc_fd", "", "5.11"},
    {"fs/file.c", "alloc_fd", "", ""},
    {"fs/file_table.c", "get_empty_filp", "", "4.19"},
    {"fs/file_table.c", "alloc_empty_file", "4.19", ""},
    {"net/core/sock.c", "sk_prot_alloc", "", ""},
    {"net/ipv4/af_inet.c", "inet_create", "", ""},
    {"net/ipv4/ping.c", "ping_init_sock", "", ""},
    {"net/ipv4/udp.c", "udp_init_sock", "4.9", ""},
    {"net/packet/af_packet.c", "packet_create", "", ""},
    {"net/mptcp/protocol.c", "mptcp_init_sock", "5.6", ""},
    {"net/mptcp/protocol.c", "__mptcp_socket_create", "5.6", ""},
    {"net/sctp/socket.c", "sctp_init_sock", "", ""},
    {"net/dccp/feat.c", "dccp_feat_init", "", "6.16"},
    {"net/smc/smc_inet.c", "smc_inet_init_sock", "6.11", ""},
};

bool has_function(Release release, std::string_view file, std::string_view name) {
  for (const Function& row : kFunctions)
    if (row.file == file && row.name == name && within(release, row.since, row.until)) return true;
  return false;
}

BOOST_AUTO_TEST_CASE(a_rule_names_what_the_release_has) {
  size_t nowhere = 0;
  for (size_t i = 0; i < releases().size(); ++i) {
    const Release release{static_cast<uint8_t>(i), 0};
    for (const RuleRow& rule : rules()) {
      if (!within(release, rule.since, rule.until)) continue;
      const std::string_view file = rule.file(release), function = rule.function(release);
      BOOST_TEST(file.empty() == function.empty(), rule.name << " on " << releases()[i].name);
      if (function.empty()) ++nowhere;
      else
        BOOST_TEST(has_function(release, file, function),
                   rule.name << " on " << releases()[i].name << ": " << file << ":" << function);
    }
  }
  // io_uring_opcode, where there is no io_uring to refuse anything: 3.12 to 5.0.
  BOOST_TEST(nowhere == static_cast<size_t>(at("5.1").index));
}

struct Named {
  const char* names;
  const char* release;
  const char* name;
};

const Named kNamed[] = {
    {"a", "3.12", "a"},
    {"a", "7.3", "a"},
    {"a 4.17:b", "4.16", "a"},
    {"a 4.17:b", "4.16.18", "a"},
    {"a 4.17:b", "4.17", "b"},
    {"a 4.17:b", "7.3", "b"},
    {"5.1:b", "5.0", ""},
    {"5.1:b", "5.1.3", "b"},
    {"a 4.17:b 5.19:c", "5.18", "b"},
    {"a 4.17:b 5.19:c", "5.19", "c"},
    {"", "6.12", ""},
};

BOOST_AUTO_TEST_CASE(names_by_release) {
  for (const Named& row : kNamed)
    BOOST_TEST(name_on(row.names, at(row.release)) == row.name, row.names << " on " << row.release);
}

// What the path's steps are called where a function got another name.
BOOST_AUTO_TEST_CASE(steps_by_release) {
  const struct {
    const char* release;
    const char* init;
    const char* release_step;
  } rows[] = {{"3.12", "raw_init", "sock_release"},     {"4.17", "raw_init", "sock_release"},
              {"4.18", "raw_init", "__sock_release"},   {"4.20", "raw_init", "__sock_release"},
              {"5.0", "raw_sk_init", "__sock_release"}, {"7.3", "raw_sk_init", "__sock_release"}};
  for (const auto& row : rows) {
    Kernel k(world_of(row.release));
    const Verdict v = k.call(inet(3, 1));
    k.close(v.fd);
    BOOST_TEST(has_step(k, StepKind::init, row.init), row.release);
    BOOST_TEST(has_step(k, StepKind::release, row.release_step), row.release);
  }
}

// A rule of no class, or of a class that its errnos contradict, would mislead the fault oracle.
BOOST_AUTO_TEST_CASE(classes_agree_with_the_errnos) {
  for (const RuleRow& rule : rules()) {
    const bool fault = rule.is(RuleClass::memory | RuleClass::race);
    const bool memory = rule.errnos.find("ENOMEM") != std::string_view::npos ||
                        rule.errnos.find("ENOBUFS") != std::string_view::npos;
    BOOST_TEST((!memory || fault || rule.is(RuleClass::policy)), rule.name);
  }
  BOOST_TEST(row(Rule::raw_needs_net_raw).is(RuleClass::check));
  BOOST_TEST(!row(Rule::raw_needs_net_raw).is(RuleClass::memory | RuleClass::race));
  BOOST_TEST(row(Rule::lsm_sk_alloc).is(RuleClass::policy));
  BOOST_TEST(row(Rule::lsm_sk_alloc).is(RuleClass::memory));
}

}  // namespace
}  // namespace sockoracle::test
