// SPDX-License-Identifier: GPL-2.0-only
// Errnos as programs print them. Numbers: include/uapi/asm-generic/errno.h. Texts: glibc's and
// musl's strerror, Python's OSError, Rust's io::Error, Go's syscall.Errno, Node's errno, perror.
#include "conformance/world/errno_text.h"

#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <cstring>

namespace sockoracle {
namespace {

BOOST_AUTO_TEST_SUITE(errno_text_test)

BOOST_AUTO_TEST_CASE(as_people_have_it) {
  struct Row {
    const char* text;
    int32_t number;
  };
  const Row rows[] = {
      {"EPERM", EPERM},
      {"eafnosupport", EAFNOSUPPORT},
      {"97", EAFNOSUPPORT},
      {"-97", EAFNOSUPPORT},
      {"ENOTSUP", EOPNOTSUPP},
      {"EOPNOTSUPP", EOPNOTSUPP},
      {"EWOULDBLOCK", EAGAIN},
      {"Address family not supported by protocol", EAFNOSUPPORT},
      {"address family not supported by protocol", EAFNOSUPPORT},
      {"Address family not supported by protocol.", EAFNOSUPPORT},
      {"Not supported", EOPNOTSUPP},
      {"Out of memory", ENOMEM},
      {"No file descriptors available", EMFILE},
      {"socket: Operation not permitted", EPERM},
      {"ping: socktype: SOCK_RAW: Operation not permitted", EPERM},
      {"[Errno 97] Address family not supported by protocol", EAFNOSUPPORT},
      {"PermissionError: [Errno 1] Operation not permitted", EPERM},
      {"Operation not permitted (os error 1)", EPERM},
      {"EPERM (Operation not permitted)", EPERM},
      {"-1 EPERM (Operation not permitted)", EPERM},
      {"errno=1", EPERM},
      {"errno: -97", EAFNOSUPPORT},
      {"socket() failed (97: Address family not supported by protocol)", EAFNOSUPPORT},
  };
  for (const Row& row : rows)
    BOOST_TEST(errno_of_text(row.text).value_or(0) == row.number, row.text);
}

// This machine's own texts and numbers.
BOOST_AUTO_TEST_CASE(each_of_this_machine) {
  for (int number = 1; number <= 133; ++number) {
    const std::string text = std::strerror(number);
    if (text.starts_with("Unknown") || number == EHWPOISON) continue;
    BOOST_TEST(errno_of_text(text).value_or(0) == number, text);
    BOOST_TEST(errno_of_text(std::to_string(number)).value_or(0) == number);
  }
}

BOOST_AUTO_TEST_CASE(what_is_none) {
  for (const char* text : {"", " ", "0", "-0", "EWHAT", "4095", "Success", "errno", "errno=", ":",
                           "99999999999999999999", "socket: no idea", "Permission", "("})
    BOOST_TEST(!errno_of_text(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace sockoracle
