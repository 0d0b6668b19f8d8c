// SPDX-License-Identifier: GPL-2.0-only
// Around __sock_create: descriptors and files, the other entry points, the policies, the range of
// families of each release (net/socket.c, fs/file.c, fs/file_table.c, io_uring/net.c).
#include "model/af_inet.h"
#include "model/socket.h"
#include "model/test/support.h"

namespace sockoracle::test {
namespace {

World limited(int32_t fds, int32_t files, uint64_t caps = kAllCaps, uint8_t user_ns = 0) {
  World world = world_of("6.12");
  world.limits = {fds, files};
  world.caller.caps = caps;
  if (user_ns != 0) {
    world.user_ns_count = 2;
    world.user_ns[1] = {0, 1000, 0, 1000, 1};
    world.caller.user_ns = world.net_user_ns = 1;
  }
  return world;
}

struct Limit {
  int32_t fds, files;
  uint64_t caps;
  uint8_t user_ns;
  const char* answer;
};

constexpr uint64_t kAdmin = uint64_t{1} << kCAP_SYS_ADMIN;

const Limit kLimits[] = {
    {kUnlimited, kUnlimited, kAllCaps, 0, "0 created"},
    {1, kUnlimited, kAllCaps, 0, "0 created"},
    {0, kUnlimited, kAllCaps, 0, "EMFILE fd_available"},  // no capability helps
    {0, 0, 0, 0, "EMFILE fd_available"},                  // the descriptor comes first
    {kUnlimited, 0, 0, 0, "ENFILE file_max"},
    {kUnlimited, 0, kAdmin, 0, "0 created"},
    {kUnlimited, 0, kAllCaps & ~kAdmin, 0, "ENFILE file_max"},
    {kUnlimited, 1, 0, 0, "0 created"},
    // CAP_SYS_ADMIN counts in the initial user namespace only
    {kUnlimited, 0, kAllCaps, 1, "ENFILE file_max"},
};

BOOST_AUTO_TEST_CASE(descriptors_and_files) {
  for (const Limit& row : kLimits)
    BOOST_TEST_CONTEXT(row.fds << ' ' << row.files << ' ' << row.caps) {
      Kernel k(limited(row.fds, row.files, row.caps, row.user_ns));
      const Balance before = k.balance();
      const Verdict v = k.call(inet(1, 0));
      BOOST_TEST(words(v) == row.answer);
      k.close(v.fd);
      BOOST_TEST((k.balance() == before));
    }
}

// A limit is used up by sockets and given back by close().
BOOST_AUTO_TEST_CASE(limits_are_used_up) {
  Kernel k(limited(2, kUnlimited));
  const int32_t first = k.call(inet(1, 0)).fd;
  const int32_t second = k.call(inet(1, 0)).fd;
  BOOST_TEST(second != first);
  BOOST_TEST(words(k.call(inet(1, 0))) == "EMFILE fd_available");
  k.close(first);
  BOOST_TEST(k.call(inet(1, 0)).fd == first);
}

// An EMFILE call really creates and destroys a socket, the BPF release hook included (5.9+).
BOOST_AUTO_TEST_CASE(emfile_creates_and_destroys) {
  for (const char* release : {"5.8", "5.9", "7.3"}) {
    World world = world_of(release, "no-fd");
    Kernel k(world);
    BOOST_TEST(words(k.call(inet(1, 0))) == "EMFILE fd_available");
    BOOST_TEST(has_step(k, StepKind::init, "tcp_init_sock"));
    BOOST_TEST(has_step(k, StepKind::release, "tcp_close"));
    BOOST_TEST(has_step(k, StepKind::bpf, "BPF_CGROUP_INET_SOCK_RELEASE") ==
               between(at(release), "5.9", ""));
  }
}

// -- other entry points

struct EntryRow {
  const char* release;
  Entry entry;
  int32_t type, protocol;
  int32_t fds;
  const char* answer;
};

const EntryRow kEntries[] = {
    {"5.18", Entry::io_uring, 1, 0, kUnlimited, "EINVAL io_uring_opcode"},
    {"5.18", Entry::io_uring, 1 | 0x10000, 0, 0, "EINVAL io_uring_opcode"},
    {"5.19", Entry::io_uring, 1, 0, kUnlimited, "0 created"},
    {"5.19", Entry::io_uring, 1, 0, 0, "EMFILE fd_first"},
    {"5.19", Entry::io_uring, 1 | 0x10000, 0, 0, "EINVAL type_flags"},
    // the descriptor before everything else: the reverse of socket(2)
    {"6.12", Entry::io_uring, 7, 0, 0, "EMFILE fd_first"},
    {"6.12", Entry::io_uring, 15, 0, 0, "EMFILE fd_first"},
    {"6.12", Entry::io_uring, 1, 999, 0, "EMFILE fd_first"},
    {"6.12", Entry::io_uring, 1, 999, 1, "EINVAL protocol_range"},
    {"6.12", Entry::socket, 1, 999, 0, "EINVAL protocol_range"},
    {"6.12", Entry::socket, 7, 0, 0, "ESOCKTNOSUPPORT type_has_protocols"},
    {"6.12", Entry::socketcall, 1, 0, 0, "EMFILE fd_available"},
    {"6.12", Entry::socketcall, 1, 0, 1, "0 created"},
    // no INET protocol makes pairs; two descriptors are reserved first, in younger kernels
    {"3.12", Entry::socketpair, 1, 0, kUnlimited, "EOPNOTSUPP socketpair_supported"},
    {"7.3", Entry::socketpair, 1, 0, kUnlimited, "EOPNOTSUPP socketpair_supported"},
    {"3.12", Entry::socketpair, 1, 0, 0, "EOPNOTSUPP socketpair_supported"},
    {"7.3", Entry::socketpair, 1, 0, 0, "EMFILE fd_first"},
    {"7.3", Entry::socketpair, 1, 0, 1, "EMFILE fd_first"},
    {"7.3", Entry::socketpair, 1, 0, 2, "EOPNOTSUPP socketpair_supported"},
    {"7.3", Entry::socketpair, 1, 999, 1, "EMFILE fd_first"},
    {"7.3", Entry::socketpair, 1, 999, 2, "EINVAL protocol_range"},
    {"7.3", Entry::socketpair, 0x10001, 0, 0, "EINVAL type_flags"},
    {"7.3", Entry::socketpair, 3, 0, 2, "EPROTONOSUPPORT protocol_known"},
};

BOOST_AUTO_TEST_CASE(entry_points_and_their_order) {
  for (const EntryRow& row : kEntries)
    BOOST_TEST_CONTEXT(row.release << ' ' << entry_name(row.entry) << ' ' << row.type << ' '
                                   << row.protocol << " fds " << row.fds) {
      World world = world_of(row.release);
      world.limits.fds_left = row.fds;
      Kernel k(world);
      const Balance before = k.balance();
      const Verdict v = k.call({row.entry, kAF_INET, row.type, row.protocol});
      BOOST_TEST(words(v) == row.answer);
      k.close(v.fd);
      BOOST_TEST((k.balance() == before));
    }
}

// The four entry points agree wherever descriptors play no part.
BOOST_AUTO_TEST_CASE(entry_points_agree_on_what_they_share) {
  for (const char* release : {"5.19", "6.12", "7.3"})
    for (const char* context : {"root", "nobody", "ping-gid", "cgroup-deny"}) {
      const World world = world_of(release, context);
      for (int32_t type = 0; type < 16; ++type)
        for (const int32_t protocol : {-1, 0, 1, 6, 17, 58, 132, 136, 255, 256, 262, 263})
          for (const int32_t family : {-1, 0, 2, 10, 17, 46}) {
            const Verdict plain = verdict_of(world, {Entry::socket, family, type, protocol});
            for (const Entry entry : {Entry::io_uring, Entry::socketcall, Entry::socketpair}) {
              const Verdict v = verdict_of(world, {entry, family, type, protocol});
              const bool pair = entry == Entry::socketpair && plain.error == 0;
              if (words(v) != (pair ? "EOPNOTSUPP socketpair_supported" : words(plain)))
                BOOST_ERROR(release << ' ' << context << ' ' << entry_name(entry) << ' ' << family
                                    << ' ' << type << ' ' << protocol << ": " << words(v));
            }
          }
    }
}

// update_socket_protocol: evaluated as an argument, before any check, in __sys_socket alone.
BOOST_AUTO_TEST_CASE(a_bpf_program_may_replace_the_protocol) {
  struct Replaced {
    const char* release;
    Entry entry;
    int32_t type, protocol, replaced;
    const char* answer;
  };
  for (const Replaced& row :
       {Replaced{"6.5", Entry::socket, 1, 999, 6, "EINVAL protocol_range"},
        Replaced{"6.6", Entry::socket, 1, 999, 6, "0 created"},
        Replaced{"6.6", Entry::socket, 1, 0, 262, "0 created"},
        Replaced{"6.6", Entry::socket, 1, 6, 17, "EPROTONOSUPPORT protocol_known"},
        Replaced{"6.6", Entry::socket, 0x10001, 6, 6, "EINVAL type_flags"},
        Replaced{"6.6", Entry::io_uring, 1, 999, 6, "EINVAL protocol_range"},
        Replaced{"6.6", Entry::socketpair, 1, 999, 6, "EINVAL protocol_range"},
        Replaced{"7.3", Entry::socketcall, 1, 999, 6, "0 created"}}) {
    World world = world_of(row.release);
    world.policies.update_protocol = row.replaced;
    Kernel k(world);
    const Verdict v = k.call({row.entry, kAF_INET, row.type, row.protocol});
    BOOST_TEST(words(v) == row.answer, row.release << ' ' << row.protocol << ": " << words(v));
    if (v.error == 0) BOOST_TEST(int32_t{k.lookup(v.fd)->sk->sk_protocol.number} == row.replaced);
  }
}

// The requested aliases carry the replaced number.
BOOST_AUTO_TEST_CASE(aliases_carry_the_replaced_protocol) {
  World world = world_of("6.6");
  world.policies.update_protocol = 200;
  Kernel k(world);
  (void)k.call(inet(1, 0));
  const std::vector<std::string> expected{"net-pf-2-proto-200-type-1", "net-pf-2-proto-200"};
  BOOST_TEST(aliases(k) == expected, boost::test_tools::per_element());
}

// -- policies

// kernel/seccomp.c:__secure_computing: the system call does not begin, whatever its arguments.
BOOST_AUTO_TEST_CASE(a_seccomp_filter_answers_before_everything) {
  for (const Release release : all_releases())
    for (const Entry entry : {Entry::socket, Entry::socketpair, Entry::io_uring, Entry::socketcall})
      for (const int32_t type : {1, 3, 11, 0x10000}) {
        World world = world_of(release);
        world.policies.lsm_socket_create = kEACCES;
        world.limits.fds_left = 0;
        for (const int32_t answer : {kEAFNOSUPPORT, kENOSYS, kKilledBySigsys}) {
          world.policies.seccomp_filter = answer;
          Kernel k(world);
          const Verdict v = k.call({entry, 999, type, -1});
          BOOST_TEST(v.error == answer);
          BOOST_TEST((v.rule == Rule::seccomp_filter));
          BOOST_TEST(v.fd == -1);
          BOOST_TEST(k.trace().size() == 2u);  // that it was asked, and that it decided
        }
      }
}

BOOST_AUTO_TEST_CASE(security_modules) {
  for (const char* release : {"3.12", "4.4", "5.13", "5.14", "7.3"})
    for (const Call& call : {inet(1, 0), inet(10, 0), inet6(1, 0)}) {
      const World plain = world_of(release);
      const bool late =
          call.family == kAF_INET && call.type != kSOCK_PACKET && between(at(release), "5.14", "");
      World world = plain;
      world.policies.lsm_socket_create = kEPERM;
      BOOST_TEST(words(verdict_of(world, call)) == "EPERM lsm_socket_create");
      world = plain;
      world.policies.lsm_socket_post_create = kEACCES;
      BOOST_TEST(words(verdict_of(world, call)) == "EACCES lsm_socket_post_create");
      // its own errno is lost
      world = plain;
      world.policies.lsm_sk_alloc = kEACCES;
      BOOST_TEST(words(verdict_of(world, call)) ==
                 words(late ? "ENOMEM" : "ENOBUFS", "lsm_sk_alloc"));
    }
}

// Nothing is allocated for a call that security_socket_create refuses; the family it sees is the
// rewritten one, and a family nobody registered is refused by it all the same.
BOOST_AUTO_TEST_CASE(security_socket_create_comes_before_any_allocation) {
  World world = world_of("6.12");
  world.policies.lsm_socket_create = kEACCES;
  for (const Call& call : {inet(1, 0), inet(10, 0), Call{Entry::socket, 0, 1, 0}, inet(7, 999)}) {
    Kernel k(world);
    BOOST_TEST(words(k.call(call)) == "EACCES lsm_socket_create");
    BOOST_TEST(steps_named(k, StepKind::alloc).empty());
  }
  Kernel k(world);
  (void)k.call(inet(10, 0));
  std::vector<std::string> order;
  for (const Step& step : k.trace())
    if (step.kind == StepKind::set || step.kind == StepKind::security)
      order.emplace_back(step.what);
  const std::vector<std::string> expected{"family = PF_PACKET", "security_socket_create"};
  BOOST_TEST(order == expected, boost::test_tools::per_element());
}

// A post-create refusal is a full release through the socket's ops.
BOOST_AUTO_TEST_CASE(security_socket_post_create_releases_everything) {
  for (const Release release : all_releases())
    for (const Call& call : {inet(1, 0), inet(3, 1), inet(10, 0x300), inet6(2, 0)}) {
      World world = world_of(release);
      world.policies.lsm_socket_post_create = kEACCES;
      Kernel k(world);
      k.objects().observer = true;
      const Balance before = k.balance();
      const Verdict v = k.call(call);
      BOOST_TEST(words(v) == "EACCES lsm_socket_post_create");
      BOOST_TEST(hazard_words(v.hazards) == "");
      BOOST_TEST((k.balance() == before));
    }
}

BOOST_AUTO_TEST_CASE(cgroup_bpf_programs) {
  struct Bpf {
    const char* release;
    int32_t policy;
    const char* answer;
  };
  for (const Bpf& row :
       {Bpf{"4.9", kEPERM, "0 created"}, Bpf{"4.10", kEPERM, "EPERM cgroup_sock_create"},
        // an errno of its own: bpf_set_retval
        Bpf{"5.17", kEACCES, "EPERM cgroup_sock_create"},
        Bpf{"5.19", kEACCES, "EACCES cgroup_sock_create"},
        Bpf{"7.3", kENOMEM, "ENOMEM cgroup_sock_create"}}) {
    World world = world_of(row.release);
    world.policies.cgroup_sock_create = row.policy;
    BOOST_TEST(words(verdict_of(world, inet(1, 0))) == row.answer, row.release);
    BOOST_TEST(words(verdict_of(world, inet6(2, 0))) == row.answer, row.release);
    // not asked for packet sockets
    BOOST_TEST(words(verdict_of(world, inet(10, 0))) == "0 created", row.release);
  }
}

// connect() on a socket without a number asks prot->get_port. A raw socket with number 0, which 4.3
// and before allow, has none: CVE-2015-8543.
BOOST_AUTO_TEST_CASE(autobind_through_a_null_get_port) {
  Kernel k(world_of("4.3"));
  const auto bind = [&](const Call& call) {
    const Verdict v = k.call(call);
    return inet_autobind(k, const_cast<struct socket&>(*k.lookup(v.fd)));
  };
  const auto warned = [&] { return has_step(k, StepKind::hazard, "null_get_port"); };
  BOOST_TEST(bind(inet(1, 0)) == 0);
  BOOST_TEST(!warned());
  BOOST_TEST(bind(inet(3, 255)) == 0);  // has a number already
  BOOST_TEST(!warned());
  const Verdict v = k.call(inet(3, 65536));
  const size_t before = steps_named(k, StepKind::hazard).size();
  BOOST_TEST(inet_autobind(k, const_cast<struct socket&>(*k.lookup(v.fd))) == 0);
  BOOST_TEST(steps_named(k, StepKind::hazard).size() == before + 1);
  BOOST_TEST(warned());
}

// -- NPROTO

BOOST_AUTO_TEST_CASE(families_of_each_release) {
  struct Range {
    const char* since;
    const char* until;
    int32_t nproto;
  };
  const Range rows[] = {{"3.12", "4.6", 41},  {"4.6", "4.7", 42},   {"4.7", "4.11", 43},
                        {"4.11", "4.18", 44}, {"4.18", "5.15", 45}, {"5.15", "", 46}};
  for (const Range& row : rows)
    for (const Release release : all_releases()) {
      if (!between(release, row.since, row.until)) continue;
      BOOST_TEST_CONTEXT(name_of(release)) {
        Kernel k(world_of(release));
        BOOST_TEST(nproto(k) == row.nproto);
        const Call beyond{Entry::socket, row.nproto, 1, 0};
        BOOST_TEST(words(k.call(beyond)) == "EAFNOSUPPORT family_range");
        const Call last{Entry::socket, row.nproto - 1, 1, 0};
        BOOST_TEST((k.call(last).rule != Rule::family_range));
        const Call minimum{Entry::socket, kMin, 1, 0};
        BOOST_TEST(words(k.call(minimum)) == "EAFNOSUPPORT family_range");
      }
    }
}

// sock_register: one owner per family, within NPROTO; sock_unregister makes room.
BOOST_AUTO_TEST_CASE(sock_register_rules) {
  Kernel k(world_of("6.12"));
  net_proto_family own = *k.objects().net_families[kAF_INET];
  BOOST_TEST(sock_register(k, own) == -kEEXIST);
  own.family = 46;
  BOOST_TEST(sock_register(k, own) == -kENOBUFS);
  sock_unregister(k, kAF_INET);
  BOOST_TEST(words(k.call(inet(1, 0))) == "EAFNOSUPPORT family_registered");
  own.family = kAF_INET;
  BOOST_TEST(sock_register(k, own) == 0);
  BOOST_TEST(words(k.call(inet(1, 0))) == "0 created");
}

BOOST_AUTO_TEST_CASE(a_kernel_without_inet) {
  World world = world_of("6.12");
  set_provider(world, Provider::inet, Presence::absent);
  for (const Call& call : {inet(1, 0), inet(7, 0), inet(3, 999), inet6(1, 0)})
    BOOST_TEST(words(verdict_of(world, call)) == "EAFNOSUPPORT family_registered");
  BOOST_TEST(words(verdict_of(world, inet(10, 0))) == "0 created");  // AF_PACKET needs no AF_INET
}

}  // namespace
}  // namespace sockoracle::test
