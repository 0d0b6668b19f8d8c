// SPDX-License-Identifier: GPL-2.0-only
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>

#include "conformance/process/cgroup_programs.h"
#include "conformance/process/proc_folder.h"
#include "conformance/process/process_world.h"
#include "conformance/process/seccomp_filters.h"
#include "conformance/process/task_status.h"

using namespace sockoracle;

BOOST_AUTO_TEST_SUITE(process)

// As a 6.18 kernel writes it, shortened.
constexpr const char* kStatus =
    "Name:\tUid:\\n 0\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t12\nPid:\t12\nTracerPid:\t0\n"
    "Uid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t4294967295\nFDSize:\t64\nGroups:\t7 2500 \n"
    "CapEff:\t000001fffeffffff\nNoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t3\n";

BOOST_AUTO_TEST_CASE(a_status_is_read) {
  const auto status = parse_task_status(kStatus);
  BOOST_REQUIRE(status);
  BOOST_TEST(status->name == "Uid:\\n 0");
  BOOST_TEST(status->state == 'S');
  BOOST_TEST(!status->has_ended());
  BOOST_TEST(status->uid[1] == 2u);
  BOOST_TEST(status->gid[3] == 4294967295u);
  BOOST_TEST(status->groups == (std::vector<uint32_t>{7, 2500}), boost::test_tools::per_element());
  BOOST_TEST(status->effective == 0x1fffeffffffu);
  BOOST_TEST(status->no_new_privs);
  BOOST_TEST(status->seccomp == 2);
  BOOST_TEST(status->filters == 3);
}

BOOST_AUTO_TEST_CASE(what_is_no_status_is_none) {
  const std::string whole = kStatus;
  BOOST_TEST(!parse_task_status(""));
  BOOST_TEST(!parse_task_status("Uid:\t1\t2\t3\nGid:\t1\t2\t3\t4\nCapEff:\t0\n"));
  BOOST_TEST(!parse_task_status("Uid:\t1\t2\t3\t4\nGid:\t1\t2\t3\t99999999999\nCapEff:\t0\n"));
  for (size_t cut = 0; cut < whole.find("CapEff"); ++cut)
    BOOST_TEST(!parse_task_status(whole.substr(0, cut)));
}

BOOST_AUTO_TEST_CASE(threads_of_the_kernel_are_known) {
  BOOST_TEST(is_kernel_thread("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0"));
  BOOST_TEST(!is_kernel_thread("9 (a) S 0 0 0 0 -1 2129984) R 1 9 9 0 -1 4194304 0"));
  BOOST_TEST(!is_kernel_thread("2 (kthreadd) S 0"));
  BOOST_TEST(!is_kernel_thread(""));
}

// Mounts as container runtimes make them: a part of the hierarchy, a name with a blank.
BOOST_AUTO_TEST_CASE(a_cgroup_is_found_where_it_is_mounted) {
  const std::string mounts = "25 1 0:22 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
                             "29 1 0:26 /a/b /mnt/one\\040more rw,nosuid - cgroup2 cgroup2 rw\n";
  BOOST_TEST(cgroup_folder("9:pids:/\n0::/a/b/c\n", mounts) == "/mnt/one more/c");
  BOOST_TEST(cgroup_folder("0::/a/b\n", mounts) == "/mnt/one more");
  BOOST_TEST(cgroup_folder("0::/a/bc\n", mounts) == "");
  BOOST_TEST(cgroup_folder("0::/../x\n", mounts) == "");
  BOOST_TEST(cgroup_folder("9:pids:/\n", mounts) == "");
  BOOST_TEST(cgroup_folder("0::/\n", "29 1 0:26 / /c rw shared:1 - cgroup2 none rw\n") == "/c/");
}

BOOST_AUTO_TEST_CASE(a_process_that_has_ended_is_gone_for_good) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const ProcFolder folder(std::to_string(child));
  BOOST_TEST(folder.is_open());
  BOOST_TEST(!folder.is_gone());
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  BOOST_TEST(folder.is_gone());
  BOOST_TEST(!folder.text("status"));
  ProcessWorld world;
  std::string why;
  BOOST_TEST(!read_process(std::to_string(child), &world, &why));
  BOOST_TEST(!why.empty());
}

BOOST_AUTO_TEST_CASE(names_of_processes) {
  BOOST_TEST(names_process("me"));
  BOOST_TEST(!names_process_world("me"));
  BOOST_TEST(names_process_world("self"));
  BOOST_TEST(names_process_world("pid:1"));
  BOOST_TEST(!names_process("root"));
  BOOST_TEST(!names_process("pid"));
}

BOOST_AUTO_TEST_SUITE_END()
