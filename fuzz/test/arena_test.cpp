// SPDX-License-Identifier: GPL-2.0-only
// Objects in the arena are watched as closely as those on the heap: a use after free and an
// overflow end the process, in a frame of the kernel's function and one that names the rule.
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <string>

#include "fuzz/oracles/oracles.h"
#include "model/program_text.h"
#include "model/slab.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;
namespace ut = boost::unit_test;

namespace {

boost::test_tools::assertion_result has_asan(ut::test_unit_id) {
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
  return true;
#endif
#endif
  boost::test_tools::assertion_result no(false);
  no.message() << "needs AddressSanitizer";
  return no;
}

// The shortest way to three bugs of corpus/cves.
struct Row {
  std::string_view program;
  Hazard hazard;
  std::string_view function, heap_says;
};

constexpr Row kRows[] = {
    {"world release=3.12 as=ping-gid with=ping_drops_group_ref\n"
     "observe on\n"
     "s0 = socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP)\n"
     "connect(s0)\ndisconnect(s0)\ndisconnect(s0)\nclose(s0)\n",
     Hazard::double_unhash, "sock_release", "heap-use-after-free"},
    {"world release=4.13 as=root\n"
     "observe on\n"
     "s0 = socket(AF_INET6, SOCK_STREAM, 0)\naddrform(s0)\naccept(s0, s1)\nclose(s1)\n"
     "s1 = socket(AF_INET6, SOCK_STREAM, 0)\n",
     Hazard::wrong_slab, "sk_prot_alloc", "heap-buffer-overflow"},
    {"world release=5.11 as=root with=inet_create_clears_sk net.sctp.default_auto_asconf=1 "
     "cgroup_sock_create=EPERM\n"
     "observe on\n"
     "s0 = socket(AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP)\n",
     Hazard::unlocked_list, "sctp_addr_wq_timeout_handler", "heap-use-after-free"},
};

Program read(std::string_view text) {
  Program program;
  std::vector<Expectation> expectations;
  ProgramError error;
  BOOST_TEST_REQUIRE(parse_program(text, &program, &expectations, &error), error.reason);
  return program;
}

// What a process that checks the program says on stderr.
std::string report_of(const Row& row, const char* slab, int* status) {
  const Program program = read(row.program);
  int ends[2];
  BOOST_TEST_REQUIRE(pipe(ends) == 0);
  const pid_t child = fork();
  BOOST_TEST_REQUIRE(child >= 0);
  if (child == 0) {
    dup2(ends[1], 2);
    close(ends[0]);
    close(ends[1]);
    setenv("SOCKORACLE_SLAB", slab, 1);
    check_program(program, {true, true, row.hazard});
    _exit(0);
  }
  close(ends[1]);
  std::string text;
  char room[4096];
  for (ssize_t n = 0; (n = ::read(ends[0], room, sizeof room)) > 0;)
    text.append(room, static_cast<size_t>(n));
  close(ends[0]);
  BOOST_TEST_REQUIRE(waitpid(child, status, 0) == child);
  return text;
}

bool says(const std::string& report, std::string_view word) {
  return report.find(word) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(bugs_are_seen_in_the_arena, *ut::precondition(has_asan)) {
  for (const Row& row : kRows) {
    int status = 0;
    const std::string report = report_of(row, "", &status);
    BOOST_TEST_CONTEXT(hazard_name(row.hazard) << '\n' << report) {
      BOOST_TEST(status != 0);
      BOOST_TEST(says(report, "use-after-poison"));
      BOOST_TEST(says(report, row.function));
      BOOST_TEST(says(report, "during__"));
    }
  }
}

BOOST_AUTO_TEST_CASE(and_on_the_heap_by_their_names, *ut::precondition(has_asan)) {
  for (const Row& row : kRows) {
    int status = 0;
    const std::string report = report_of(row, "heap", &status);
    BOOST_TEST_CONTEXT(hazard_name(row.hazard) << '\n' << report) {
      BOOST_TEST(status != 0);
      BOOST_TEST(says(report, row.heap_says));
      BOOST_TEST(says(report, row.function));
    }
  }
}

BOOST_AUTO_TEST_CASE(no_block_is_used_twice, *ut::precondition(has_asan)) {
  SlabArena arena(4096);
  void* first = arena.take(500);
  BOOST_TEST_REQUIRE(first != nullptr);
  BOOST_TEST(arena.owns(first));
  arena.give(first, 500);
  void* second = arena.take(500);
  BOOST_TEST(first != second);
  BOOST_TEST(!arena.owns(&arena));
  while (void* more = arena.take(500)) BOOST_TEST_REQUIRE(more != first);
  BOOST_TEST(arena.take(500) == nullptr);
  arena.begin_again();
  BOOST_TEST(arena.take(500) == first);
}
