// SPDX-License-Identifier: GPL-2.0-only
// What comes over a virtual machine's line, whole and damaged, and what the machine is given. The
// checksums are Python's zlib.crc32 of the same bytes.
#include <stdlib.h>

#include <boost/test/unit_test.hpp>
#include <string>
#include <vector>

#include "conformance/base/cli_error.h"
#include "conformance/vm/frames.h"
#include "conformance/vm/initramfs.h"
#include "conformance/vm/machine.h"
#include "conformance/vm/subject_vm.h"
#include "conformance/world/host_world.h"

namespace sockoracle {
namespace {

const std::string kWhole = "begin sockoracle.frames/1\nmodule sctp ok\nmodule smc ENOEXEC\n"
                           "frame 15 a31644eb\ndata one\n.\nr 0 "
                           "frame 10 3f7464e7\n5 EPERM\n.\n"
                           "end 25 bf9f3135 status 0\n";

std::vector<std::string> lines_of(FrameReader& frames) {
  std::vector<std::string> lines;
  for (std::string line; frames.next_line(&line);) lines.push_back(line);
  return lines;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t at = text.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

bool is_refused(const std::string& text, const std::string& why) {
  try {
    FrameReader frames;
    frames.feed(text);
  } catch (const UnavailableError& error) {
    BOOST_TEST(std::string(error.what()).find(why) != std::string::npos, error.what());
    return true;
  }
  return false;
}

std::string failure_of(const std::vector<std::string>& arguments) {
  Machine machine;
  machine.send("hello");
  try {
    machine.boot({arguments}, {});
    machine.receive();
  } catch (const UnavailableError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(vm)

BOOST_AUTO_TEST_CASE(lines_come_out_whole_however_the_bytes_arrive) {
  const std::vector<std::string> expected = {"data one", ".", "r 0 5 EPERM", "."};
  for (size_t step = 1; step < kWhole.size(); ++step) {
    FrameReader frames;
    std::vector<std::string> got;
    for (size_t at = 0; at < kWhole.size(); at += step) {
      frames.feed(std::string_view(kWhole).substr(at, step));
      for (std::string& line : lines_of(frames)) got.push_back(std::move(line));
    }
    BOOST_TEST(got == expected, boost::test_tools::per_element());
    BOOST_TEST(frames.ended());
    BOOST_TEST(frames.failure().empty());
    BOOST_TEST(frames.failed_modules() == std::vector<std::string>{"smc ENOEXEC"},
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(firmware_may_talk_first) {
  FrameReader frames;
  frames.feed("\x1b[2Jfirmware\n" + kWhole);
  BOOST_TEST(lines_of(frames).size() == 4u);
}

BOOST_AUTO_TEST_CASE(damage_is_named) {
  BOOST_TEST(is_refused(replaced(kWhole, "EPERM", "EPERN"), "checksum"));
  BOOST_TEST(is_refused(replaced(kWhole, "frame 10 3f7464e7\n5 EPERM\n.\n", ""), "missing"));
  BOOST_TEST(is_refused(replaced(kWhole, "end 25", "end 24"), "missing"));
  BOOST_TEST(is_refused(replaced(kWhole, "frame 15", "frame 99999999"), "impossible length"));
  BOOST_TEST(is_refused(replaced(kWhole, "frame 15", "frame x"), "no number"));
  BOOST_TEST(
      is_refused(replaced(kWhole, "module sctp ok", "BUG: soft lockup"), "BUG: soft lockup"));
}

BOOST_AUTO_TEST_CASE(a_cut_line_has_no_end) {
  for (size_t length = 0; length + 1 < kWhole.size(); ++length) {
    FrameReader frames;
    frames.feed(std::string_view(kWhole).substr(0, length));
    BOOST_TEST(!frames.ended());
  }
}

BOOST_AUTO_TEST_CASE(a_probe_that_crashed_is_told) {
  FrameReader frames;
  frames.feed(replaced(kWhole, "status 0", "signal 11"));
  BOOST_TEST(frames.failure() == "was killed by signal 11");
}

BOOST_AUTO_TEST_CASE(archive_is_newc) {
  Initramfs files;
  files.add_file("init", "hello", true);
  files.add_character_device("dev/console", 5, 1);
  const std::string archive = files.finish();
  BOOST_TEST(archive.size() % 512 == 0u);
  BOOST_TEST(archive.substr(0, 110) == "070701"
                                       "00000001"
                                       "000081ed"
                                       "00000000"
                                       "00000000"
                                       "00000001"
                                       "00000000"
                                       "00000005"
                                       "00000000"
                                       "00000000"
                                       "00000000"
                                       "00000000"
                                       "00000005"
                                       "00000000");
  BOOST_TEST(archive.substr(110, 14) == std::string("init\0\0hello\0\0\0", 14));
  BOOST_TEST(archive.find("TRAILER!!!") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_machine_that_fails_is_reported_as_what_it_is) {
  const auto says = [](const std::string& text, const char* what) {
    BOOST_TEST(text.find(what) != std::string::npos, text);
  };
  says(failure_of({"/no/such/emulator"}), "cannot start /no/such/emulator: No such file");
  says(failure_of({"false"}), "stopped before the probe started; it said nothing");
  says(failure_of({"sh", "-c", "kill -9 $$"}), "was killed by Killed");
  says(failure_of({"sh", "-c", "echo 'Kernel panic - not syncing: on purpose' >{console}"}),
       "Kernel panic - not syncing: on purpose");
  says(failure_of({"sh", "-c", "echo begin sockoracle.frames/1"}), "in the middle of its answers");
  says(failure_of({"sh", "-c", "echo begin sockoracle.frames/1; echo end 0 00000000 signal 11"}),
       "the probe in the virtual machine was killed by signal 11");
  says(failure_of({"sh", "-c", "echo begin sockoracle.frames/1; echo end 0 00000000 status 0"}),
       "answered less than it was asked");
}

BOOST_AUTO_TEST_CASE(a_kernel_that_is_not_there_is_named_with_its_command) {
  setenv("SOCKORACLE_KERNELS", "/nonexistent", 1);
  BOOST_CHECK_EXCEPTION(machine_subject("vm:6.12", {}), UnavailableError, [](const auto& error) {
    return std::string(error.what()) ==
           "no kernel in /nonexistent/6.12; to get it: ci/run kernels fetch 6.12";
  });
  BOOST_CHECK_THROW(machine_subject("vm:banana", {}), UsageError);
  BOOST_CHECK_THROW(machine_subject("vm", {}), UsageError);
  unsetenv("SOCKORACLE_KERNELS");
}

BOOST_AUTO_TEST_CASE(debian_keeps_the_sublevel_in_the_version) {
  Release release;
  BOOST_TEST(
      parse_uname("5.10.0-46-cloud-amd64", "#1 SMP Debian 5.10.262-1 (2026-10-01)", &release));
  BOOST_TEST(release.sublevel == 262);
  BOOST_TEST(
      parse_uname("6.12.117+deb13-amd64", "#1 SMP Debian 6.12.117-1 (2026-10-01)", &release));
  BOOST_TEST(release.sublevel == 117);
  BOOST_TEST(parse_uname("6.1.0", "#1 SMP Debian 5.10.262-1", &release));
  BOOST_TEST(release.sublevel == 0);
  BOOST_TEST(!parse_uname("2.6.32", "#1 SMP Debian 5.10.262-1", &release));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sockoracle
