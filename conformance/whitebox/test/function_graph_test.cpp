// SPDX-License-Identifier: GPL-2.0-only
// The text of ftrace's function graph, as kernels wrote it: 6.12.118 for an SCTP socket that a
// cgroup refused, 6.1.192 for an MPTCP socket and its close.
#include <boost/test/unit_test.hpp>
#include <string>

#include "conformance/whitebox/function_graph.h"

using namespace sockoracle;

namespace {

const std::string kHead = "# tracer: function_graph\n"
                          "#\n"
                          "#               FUNCTION CALLS\n"
                          "#               |   |   |   |\n";

const std::string kSctp = kHead + "__sys_socket() {\n"
                                  "  __sock_create() {\n"
                                  "    inet_create() {\n"
                                  "      sk_alloc() {\n"
                                  "        sk_prot_alloc();\n"
                                  "      } /* sk_alloc */\n"
                                  "      sctp_init_sock [sctp]();\n"
                                  "      sk_common_release();\n"
                                  "    } /* inet_create */\n"
                                  "    __sock_release();\n"
                                  "  } /* __sock_create */\n"
                                  "} /* __sys_socket */\n";

const std::string kClose = kHead + "__sock_release() {\n"
                                   "  mptcp_destroy() {\n"
                                   "    tcp_v4_destroy_sock();\n"
                                   "  } /* mptcp_destroy */\n"
                                   "} /* __sock_release */\n";

// "+0name" for an entry, "-0name" for an end, with their depth.
std::string words(const std::string& text) {
  std::string out;
  for (const GraphEvent& event : parse_function_graph(text)) {
    out += (out.empty() ? "" : " ") + std::string(event.entry ? "+" : "-") +
           std::to_string(event.depth) + event.function;
  }
  return out;
}

std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const size_t at = text.find(what);
  BOOST_REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), with);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(function_graph_test)

BOOST_AUTO_TEST_CASE(functions_lie_within_each_other) {
  BOOST_TEST(words(kSctp) ==
             "+0__sys_socket +1__sock_create +2inet_create +3sk_alloc +4sk_prot_alloc "
             "-4sk_prot_alloc -3sk_alloc +3sctp_init_sock -3sctp_init_sock +3sk_common_release "
             "-3sk_common_release -2inet_create +2__sock_release -2__sock_release "
             "-1__sock_create -0__sys_socket");
  BOOST_TEST(words(kClose) ==
             "+0__sock_release +1mptcp_destroy +2tcp_v4_destroy_sock -2tcp_v4_destroy_sock "
             "-1mptcp_destroy -0__sock_release");
}

BOOST_AUTO_TEST_CASE(what_compilers_append_goes) {
  BOOST_TEST(words(replaced(kClose, "  mptcp_destroy() {", "  mptcp_destroy.isra.0() {")) ==
             words(kClose));
}

// Tracing began within a function, or ended there.
BOOST_AUTO_TEST_CASE(halves_are_no_functions) {
  BOOST_TEST(words(replaced(kClose, "__sock_release() {\n", "")) ==
             "+0mptcp_destroy +1tcp_v4_destroy_sock -1tcp_v4_destroy_sock -0mptcp_destroy");
  BOOST_TEST(words(replaced(kClose, "} /* __sock_release */\n", "")) ==
             "+0__sock_release +1mptcp_destroy +2tcp_v4_destroy_sock -2tcp_v4_destroy_sock "
             "-1mptcp_destroy");
}

// kernel/trace/trace.c: what the buffer could not hold.
BOOST_AUTO_TEST_CASE(lost_events_make_it_worthless) {
  BOOST_TEST(words(replaced(kClose, "  mptcp_destroy() {", "CPU:0 [LOST 3 EVENTS]\n  x() {")) ==
             "");
}

BOOST_AUTO_TEST_CASE(other_lines_are_passed_over) {
  BOOST_TEST(words(replaced(kClose, "  mptcp_destroy() {",
                            " ------------------------------------------\n"
                            " 0)  probe-91  =>  rcu-14\n"
                            " ------------------------------------------\n\n"
                            "  mptcp_destroy() {")) == words(kClose));
  BOOST_TEST(words("") == "");
  BOOST_TEST(words("no graph at all") == "");
}

BOOST_AUTO_TEST_SUITE_END()
