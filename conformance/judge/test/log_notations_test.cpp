// SPDX-License-Identifier: GPL-2.0-only
// Lines of other logs, as their writers print them: tools/perf/Documentation and real logs of perf
// trace, gVisor's pkg/sentry/strace, the kernel's audit_seccomp and audit_log_exit, AppArmor's
// audit_net_cb, SELinux' avc_audit_pre_callback.
#include "conformance/judge/log_notations.h"

#include <boost/test/unit_test.hpp>

#include <cerrno>

namespace sockoracle {
namespace {

std::string joined(const Translated& t) {
  std::string text;
  for (const std::string& line : t.lines) text += line + "\n";
  return text;
}

BOOST_AUTO_TEST_SUITE(log_notations_test)

BOOST_AUTO_TEST_CASE(calls_of_other_tracers) {
  struct Row {
    const char *line, *strace;
  };
  const Row rows[] = {
      {"  0.172 ( 0.026 ms): socket(family: INET, type: STREAM, protocol: 6  ) = 1",
       "socket(AF_INET, SOCK_STREAM, 6) = 1\n"},
      {"6854.7 ( 0.005 ms): a b/1332 socket(family: INET, type: DGRAM|CLOEXEC, protocol: UDP)"
       " = 45",
       "1332 socket(AF_INET, SOCK_DGRAM|SOCK_CLOEXEC, IPPROTO_UDP) = 45\n"},
      {"1.0 ( 0.005 ms): x/7 close(fd: 3<socket:[12]>)                  = 0", ""},
      {"I0506 17:04:01.4  211953 strace.go:622] [   3] python X socket(AF_INET, SOCK_RAW|0x0, "
       "IPPROTO_TCP) = 0 (0x0) errno=1 (operation not permitted) (4.2us)",
       "3 socket(AF_INET, SOCK_RAW|0x0, IPPROTO_TCP) = -1 EPERM (Operation not permitted)\n"},
      {"I0506 17:04:01.4  211953 strace.go:584] [   1:   3] p E socket(AF_INET, SOCK_RAW, 0)", ""},
      {"type=SYSCALL msg=audit(1.2:3): arch=c00000b7 syscall=198 success=yes exit=3 a0=a "
       "a1=80001 a2=6 a3=0 pid=9 uid=1000 euid=1000 egid=100",
       "9 geteuid() = 1000\n9 getegid() = 100\n9 socket(0xa, 0x80001, 0x6) = 3\n"},
      {"type=SYSCALL msg=audit(1.2:3): arch=c000003e syscall=198 success=yes exit=3 a0=a", ""},
      {"type=SYSCALL msg=x : arch=x86_64 syscall=socket success=no exit=EACCES(Permission denied) "
       "a0=inet a1=SOCK_RAW a2=icmp pid=9 euid=root",
       "9 geteuid() = 0\n9 socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) = -1 EACCES (Permission "
       "denied)\n"},
  };
  for (const Row& row : rows) {
    const std::optional<Translated> t = other_notation(row.line);
    BOOST_TEST_REQUIRE(t.has_value(), row.line);
    BOOST_TEST(joined(*t) == row.strace);
    BOOST_TEST(!t->refusal.has_value());
  }
}

BOOST_AUTO_TEST_CASE(records_of_who_refused) {
  const auto of = [](const char* line) {
    const std::optional<Translated> t = other_notation(line);
    BOOST_TEST_REQUIRE(t.has_value(), line);
    return t->refusal;
  };
  const auto apparmor =
      of("audit: type=1400 audit(1.2:9): apparmor=\"DENIED\" operation=\"create\" profile=\"a b\" "
         "pid=5 "
         "comm=\"curl\" family=\"inet6\" sock_type=\"dgram\" protocol=0 requested_mask=\"create\"");
  BOOST_TEST_REQUIRE(apparmor.has_value());
  BOOST_TEST(apparmor->call == "socket(AF_INET6, SOCK_DGRAM, 0)");
  BOOST_TEST(apparmor->error == EACCES);
  BOOST_TEST(apparmor->by.find("\"a b\"") != std::string::npos);
  BOOST_TEST(apparmor->by.find("network inet6 dgram,") != std::string::npos);
  // complain mode, another operation, permissive, SECCOMP_RET_LOG, another call: nobody refused
  for (const char* line :
       {"apparmor=\"ALLOWED\" operation=\"create\" profile=\"p\" family=\"inet\" sock_type=\"raw\"",
        "apparmor=\"DENIED\" operation=\"connect\" profile=\"p\" family=\"inet\" sock_type=\"raw\"",
        "avc:  denied  { create } for  pid=1 scontext=a tcontext=a tclass=udp_socket permissive=1",
        "avc:  denied  { create } for  pid=1 scontext=a tcontext=b tclass=file permissive=0",
        "type=1326 audit(1.2:3): pid=7 sig=0 arch=c000003e syscall=41 code=0x7ffc0000",
        "type=1326 audit(1.2:3): pid=7 sig=31 arch=c000003e syscall=59 code=0x0"})
    BOOST_TEST(!of(line).has_value(), line);
  const auto selinux =
      of("avc:  denied  { create } for  pid=1 scontext=s:t tcontext=s:t tclass=icmp_socket");
  BOOST_TEST_REQUIRE(selinux.has_value());
  BOOST_TEST(!selinux->whole);
  BOOST_TEST(selinux->error == EACCES);
  const auto killed = of(
      "type=1326 audit(1.2:3): pid=7 comm=\"x\" sig=31 arch=40000003 syscall=102 code=0x80000000");
  BOOST_TEST_REQUIRE(killed.has_value());
  BOOST_TEST(killed->call == "socketcall(?)");
  BOOST_TEST(killed->error == 0);
}

BOOST_AUTO_TEST_CASE(what_is_none_of_them) {
  for (const char* line :
       {"", "socket(AF_INET, SOCK_STREAM, 0) = 3", "hello", "( ms): ", " ms): socket(",
        "strace.go:", "write(1, \"strace.go: apparmor=\\\"DENIED\\\" socket(\", 3) = 3"})
    BOOST_TEST((!other_notation(line) || joined(*other_notation(line)).empty()), line);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
