// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/watch/entry_points.h"

#include <linux/audit.h>
#include <sys/syscall.h>

#include <boost/test/unit_test.hpp>

using namespace sockoracle;

BOOST_AUTO_TEST_SUITE(entry_points)

#if defined(__x86_64__) || defined(__aarch64__)
#if defined(__x86_64__)
constexpr uint32_t kHere = AUDIT_ARCH_X86_64;
#else
constexpr uint32_t kHere = AUDIT_ARCH_AARCH64;
#endif

// The C library's numbers, which are the kernel's of this machine.
BOOST_AUTO_TEST_CASE(entry_points_have_the_kernels_numbers) {
  BOOST_TEST(knows_this_machine());
  const auto is = [](long number, uint64_t first, Watched what) {
    BOOST_TEST((watched_call(kHere, static_cast<uint64_t>(number), first) == what));
  };
  is(SYS_socket, 2, Watched::socket);
  is(SYS_socketpair, 1, Watched::socketpair);
  for (const long number : {SYS_setuid, SYS_setgid, SYS_setreuid, SYS_setregid, SYS_setgroups,
                            SYS_setresuid, SYS_setresgid, SYS_setfsuid, SYS_setfsgid, SYS_capset,
                            SYS_setrlimit, SYS_prlimit64, SYS_unshare, SYS_setns})
    is(number, 0, Watched::caller);
  is(SYS_seccomp, 1, Watched::filter);
  is(SYS_prctl, 22, Watched::filter);  // PR_SET_SECCOMP
  is(SYS_prctl, 38, Watched::nothing);
  is(SYS_read, 0, Watched::nothing);
  is(SYS_bind, 0, Watched::nothing);
}
#endif

// 102 is another call where it is not i386's socketcall.
BOOST_AUTO_TEST_CASE(entry_points_are_those_of_an_architecture) {
  BOOST_TEST((watched_call(AUDIT_ARCH_I386, 102, 1) == Watched::socketcall));
  BOOST_TEST((watched_call(AUDIT_ARCH_I386, 102, 8) == Watched::socketcall));
  BOOST_TEST((watched_call(AUDIT_ARCH_I386, 102, 2) == Watched::nothing));
  BOOST_TEST((watched_call(AUDIT_ARCH_X86_64, 102, 1) == Watched::nothing));
  BOOST_TEST((watched_call(AUDIT_ARCH_X86_64, 0x40000029, 2) == Watched::socket));
  BOOST_TEST((watched_call(AUDIT_ARCH_I386, 41, 2) == Watched::nothing));
}

BOOST_AUTO_TEST_SUITE_END()
