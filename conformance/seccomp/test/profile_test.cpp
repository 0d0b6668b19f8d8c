// SPDX-License-Identifier: GPL-2.0-only
// Profiles: what is read, what is refused where, which rule decides, and whether the folded table
// is what single calls get.
#include "conformance/seccomp/profile.h"

#include <boost/test/unit_test.hpp>
#include <random>
#include <set>
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/seccomp/compile.h"
#include "conformance/seccomp/filters.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

Release release(std::string_view name) {
  Release at;
  BOOST_REQUIRE(parse_release(name, &at));
  return at;
}

ProfileTarget target_of(std::string_view abi, uint64_t caps = 0, std::string_view kernel = "6.12") {
  return {find_abi(abi), caps, release(kernel)};
}

std::shared_ptr<LoadedFilters> filters_of(const std::string& text, const ProfileTarget& target) {
  std::vector<FilterLayer> layers;
  layers.push_back(profile_layer(read_profile(text, "p"), target));
  return std::make_shared<LoadedFilters>(std::move(layers), *target.abi, target.release);
}

int32_t answer(const std::string& text, const Call& call,
               const ProfileTarget& target = target_of("x86_64")) {
  return filters_of(text, target)->answer(call, {});
}

std::string why(const std::string& text) {
  try {
    compile_profile(read_profile(text, "p"), target_of("x86_64"));
    return "";
  } catch (const UsageError& error) {
    return error.what();
  }
}

Call socket_call(int32_t family, int32_t type = 1, int32_t protocol = 0) {
  return {Entry::socket, family, type, protocol};
}

std::string allow_list(const std::string& rules) {
  return R"({"defaultAction":"SCMP_ACT_ERRNO","syscalls":[)" + rules + "]}";
}
std::string rule_with(const std::string& args) {
  return R"({"names":["socket"],"action":"SCMP_ACT_ALLOW","args":[)" + args + "]}";
}
std::string test(int index, const std::string& op, const std::string& value,
                 const std::string& second = "0") {
  return R"({"index":)" + std::to_string(index) + R"(,"op":"SCMP_CMP_)" + op + R"(","value":)" +
         value + R"(,"valueTwo":)" + second + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(seccomp_profile)

// libseccomp knows the numbers of system calls by itself.
BOOST_AUTO_TEST_CASE(numbers_of_each_abi) {
  for (const AbiRow& abi : abis()) {
    const std::string architecture(abi.profile);
    for (const char* name : {"socket", "socketpair", "io_uring_setup"}) {
      const std::string text = R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":[")" +
                               architecture + R"("],"syscalls":[{"names":[")" + name +
                               R"("],"action":"SCMP_ACT_ERRNO","errnoRet":7}]})";
      const auto filters = filters_of(text, target_of(abi.name));
      for (const Entry entry : {Entry::socket, Entry::socketpair, Entry::io_uring}) {
        const bool meant = entry_number(abi, entry).name == name;
        BOOST_TEST(filters->answer({entry, 2, 1, 0}, {}) == (meant ? 7 : 0),
                   abi.name << " " << name << " " << static_cast<int>(entry));
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(comparisons_are_of_64_bits) {
  const std::pair<const char*, bool> rows[] = {{"NE", false}, {"LT", false}, {"LE", true},
                                               {"EQ", true},  {"GE", true},  {"GT", false}};
  for (const auto& [op, equal] : rows)
    BOOST_TEST((answer(allow_list(rule_with(test(0, op, "2"))), socket_call(2)) == 0) == equal, op);
  // -1 is passed as 0xffffffff.
  BOOST_TEST(answer(allow_list(rule_with(test(2, "EQ", "4294967295"))), socket_call(2, 1, -1)) ==
             0);
  BOOST_TEST(answer(allow_list(rule_with(test(2, "EQ", "18446744073709551615"))),
                    socket_call(2, 1, -1)) == 1);
  BOOST_TEST(answer(allow_list(rule_with(test(1, "MASKED_EQ", "15", "2"))),
                    socket_call(2, 2 | kSOCK_CLOEXEC)) == 0);
  const std::string upper = allow_list(rule_with(test(0, "EQ", "4294967298")));
  BOOST_TEST(answer(upper, socket_call(2)) == 1);
  const auto filters = filters_of(upper, target_of("x86_64"));
  BOOST_TEST(filters->answer(socket_call(2), {1, 0, 0}) == 0);
  BOOST_TEST(filters->answer(socket_call(2), {0, 1, 0}) == 1);
}

BOOST_AUTO_TEST_CASE(tests_of_one_argument_are_alternatives) {
  const std::string both = allow_list(rule_with(test(0, "EQ", "1") + "," + test(0, "EQ", "2")));
  BOOST_TEST(answer(both, socket_call(1)) == 0);
  BOOST_TEST(answer(both, socket_call(2)) == 0);
  BOOST_TEST(answer(both, socket_call(10)) == EPERM);
  const std::string each = allow_list(rule_with(test(0, "EQ", "2") + "," + test(1, "EQ", "1")));
  BOOST_TEST(answer(each, socket_call(2, 1)) == 0);
  BOOST_TEST(answer(each, socket_call(2, 2)) == EPERM);
}

BOOST_AUTO_TEST_CASE(includes_and_excludes) {
  const auto rule = [](const std::string& condition) {
    return allow_list(R"({"names":["socket"],"action":"SCMP_ACT_ALLOW",)" + condition + "}");
  };
  const uint64_t raw = uint64_t{1} << kCAP_NET_RAW;
  const std::string includes = rule(R"("includes":{"caps":["CAP_NET_RAW"]})");
  BOOST_TEST(answer(includes, socket_call(2), target_of("x86_64", raw)) == 0);
  BOOST_TEST(answer(includes, socket_call(2), target_of("x86_64", 0)) == EPERM);
  const std::string excludes = rule(R"("excludes":{"caps":["CAP_NET_RAW"]})");
  BOOST_TEST(answer(excludes, socket_call(2), target_of("x86_64", raw)) == EPERM);
  const std::string kernel = rule(R"("includes":{"minKernel":"4.8"})");
  BOOST_TEST(answer(kernel, socket_call(2), target_of("x86_64", 0, "4.7")) == EPERM);
  BOOST_TEST(answer(kernel, socket_call(2), target_of("x86_64", 0, "4.8")) == 0);
  const std::string arch = rule(R"("includes":{"arches":["arm64"]})");
  BOOST_TEST(answer(arch, socket_call(2), target_of("x86_64")) == EPERM);
  BOOST_TEST(answer(arch, socket_call(2), target_of("aarch64")) == 0);
  const auto reasons = filters_of(includes, target_of("x86_64"))->reasons(socket_call(2), {});
  BOOST_TEST(reasons.size() == 2U);
  BOOST_TEST(reasons.back() ==
             "p:1, syscalls[0] is left out, includes.caps: CAP_NET_RAW is not granted");
}

// kernel/seccomp.c does not know x32: libseccomp's filter does, by the bit in the number.
BOOST_AUTO_TEST_CASE(other_architectures_are_killed) {
  const std::string text = R"({"defaultAction":"SCMP_ACT_ALLOW"})";
  const std::string both =
      R"({"defaultAction":"SCMP_ACT_ALLOW","architectures":["SCMP_ARCH_X32","SCMP_ARCH_X86"]})";
  BOOST_TEST(answer(text, socket_call(2), target_of("x32")) == kFilterKills);
  BOOST_TEST(answer(text, {Entry::socketcall, 2, 1, 0}) == kFilterKills);
  BOOST_TEST(answer(both, socket_call(2), target_of("x32")) == 0);
  BOOST_TEST(answer(both, {Entry::socketcall, 2, 1, 0}) == 0);
  const auto reasons = filters_of(text, target_of("x32"))->reasons(socket_call(2), {});
  BOOST_TEST(reasons.front().find("an architecture that it does not name") != std::string::npos);
}

// socketcall hands over a pointer: a rule about a family cannot see it.
BOOST_AUTO_TEST_CASE(rules_about_socket_are_rules_about_socketcall) {
  const std::string head =
      R"({"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],"syscalls":[)";
  const Call call{Entry::socketcall, 38, 1, 0};
  BOOST_TEST(answer(head + rule_with("") + "]}", call) == 0);
  BOOST_TEST(answer(head + R"({"names":["socketpair"],"action":"SCMP_ACT_ALLOW"}]})", call) ==
             EPERM);
}

BOOST_AUTO_TEST_CASE(what_is_refused_says_where) {
  const std::pair<std::string, std::string> rows[] = {
      {"{", "p: not JSON at byte 2; accepted is a seccomp profile in JSON"},
      {"{}", "p:1: no defaultAction: accepted is a seccomp profile"},
      {"{\n\"defaultAction\":3}", "p:2: defaultAction: accepted is a string"},
      {"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"syscalls\":[\n{\"names\":[\"socket\"],\n"
       "\"action\":\"ALLOW\"}]}",
       "p:4: syscalls[0]: action \"ALLOW\": accepted is SCMP_ACT_KILL_PROCESS, "
       "SCMP_ACT_KILL_THREAD, SCMP_ACT_TRAP, SCMP_ACT_ERRNO, SCMP_ACT_NOTIFY, SCMP_ACT_TRACE, "
       "SCMP_ACT_LOG or SCMP_ACT_ALLOW"},
      {allow_list(R"({"action":"SCMP_ACT_ALLOW"})"),
       "p:1: syscalls[0]: accepted is a rule with names"},
      {allow_list(rule_with(R"({"index":6,"op":"SCMP_CMP_EQ"})")),
       "p:1: syscalls[0]: index: accepted is a number from 0 to 5"},
      {allow_list(rule_with(R"({"index":0,"op":"SCMP_CMP_EQ","value":-1})")),
       "p:1: syscalls[0]: value: accepted is a number from 0 to 18446744073709551615"},
      {allow_list(R"({"name":"a","names":["b"],"action":"SCMP_ACT_ALLOW"})"),
       "p:1: syscalls[0]: name and names: accepted is one of them"},
      {R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":4095})",
       "p:1: defaultErrnoRet: accepted is a number from 0 to 4094"},
      {R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrno":"EFOO"})",
       "p:1: defaultErrno: accepted is the name of an errno"},
      {R"({"defaultAction":"SCMP_ACT_ERRNO","architectures":["SCMP_ARCH_X86"],)"
       R"("archMap":[{"architecture":"SCMP_ARCH_X86_64"}]})",
       "p:1: architectures and archMap: accepted is one of them"}};
  for (const auto& [text, reason] : rows) BOOST_TEST(why(text) == reason);
  BOOST_TEST(why(allow_list(rule_with("") +
                            R"(,{"names":["no_such_call"],"action":"SCMP_ACT_LOG"})")) == "");
}

BOOST_AUTO_TEST_CASE(each_change_lets_the_call_through) {
  const std::string text = allow_list(rule_with(test(0, "EQ", "1")));
  const auto filters = filters_of(text, target_of("x86_64"));
  const std::vector<std::string> changes = filters->changes(socket_call(2));
  const std::vector<std::string> wanted = {
      "without args[0] of syscalls[0] (line 1), arg0 == 1",
      R"(with one more of syscalls: {"names":["socket"],"action":"SCMP_ACT_ALLOW"})"};
  BOOST_TEST(changes == wanted, boost::test_tools::per_element());
  BOOST_TEST(filters->changes(socket_call(1)).empty());
}

// Several filters: the strongest answer, of equals that of the newest.
BOOST_AUTO_TEST_CASE(several_filters) {
  const auto layer = [](const std::string& text) {
    return profile_layer(read_profile(text, "p"), target_of("x86_64"));
  };
  const auto answers = [&](const std::string& first, const std::string& second) {
    std::vector<FilterLayer> layers;
    layers.push_back(layer(first));
    layers.push_back(layer(second));
    return LoadedFilters(std::move(layers), *find_abi("x86_64"), release("6.12"))
        .answer(socket_call(2), {});
  };
  const std::string five = R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":5})";
  const std::string six = R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":6})";
  const std::string allow = R"({"defaultAction":"SCMP_ACT_ALLOW"})";
  const std::string kill = R"({"defaultAction":"SCMP_ACT_KILL_PROCESS"})";
  BOOST_TEST(answers(five, allow) == 5);
  BOOST_TEST(answers(allow, five) == 5);
  BOOST_TEST(answers(five, six) == 6);
  BOOST_TEST(answers(six, five) == 5);
  BOOST_TEST(answers(kill, six) == kFilterKills);
}

// Complete: each type word lies in one class, each protocol in one range, and their answer is that
// of the single call.
BOOST_AUTO_TEST_CASE(the_fold_is_complete) {
  const std::string profiles[] = {
      allow_list(rule_with(test(1, "EQ", "1") + "," + test(2, "LE", "6"))),
      allow_list(rule_with(test(1, "MASKED_EQ", "4294442991", "1")) + "," +
                 rule_with(test(1, "GT", "4096") + "," + test(2, "NE", "17"))),
      allow_list(rule_with(test(2, "GE", "2147483648")) + "," +
                 rule_with(test(1, "LT", "2050") + "," + test(2, "MASKED_EQ", "4294967040", "0"))),
      R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["socket"],"action":"SCMP_ACT_KILL",
          "args":[)" +
          test(1, "EQ", "524289") + "," + test(2, "EQ", "262") + "]}]}"};
  std::mt19937 random(7);
  for (const std::string& text : profiles) {
    const auto filters = filters_of(text, target_of("x86_64"));
    const std::vector<FilteredClass> classes = filters->classes(Entry::socket, 2);
    uint64_t words = 0;
    std::set<int32_t> protocols{INT32_MIN, -1, 0, 1, 6, 255, 256, INT32_MAX};
    std::set<uint32_t> types{0, 1, 2, 3, 0x80001, 0x800, 0x801, 0x80801, 2049, 2050, 4096, 4097};
    for (const FilteredClass& one : classes) {
      int64_t next = INT32_MIN;
      for (const FilteredRange& range : one.protocols) {
        BOOST_TEST(range.low == next);
        next = int64_t{range.high} + 1;
        protocols.insert({range.low, range.high});
      }
      BOOST_TEST(next == int64_t{INT32_MAX} + 1);
      for (const TypeWords& set : one.words) {
        words += set.count();
        const auto other = static_cast<uint32_t>(random()) & ~set.mask;
        types.insert({set.value, set.value | ~set.mask, set.value | other});
      }
    }
    BOOST_TEST(words == uint64_t{1} << 32);
    for (int i = 0; i < 20; ++i) protocols.insert(static_cast<int32_t>(random()));
    for (const uint32_t type : types) {
      size_t found = 0;
      for (const FilteredClass& one : classes)
        for (const TypeWords& set : one.words) {
          if (!set.has(type)) continue;
          ++found;
          for (const int32_t protocol : protocols)
            for (const FilteredRange& range : one.protocols)
              if (range.low <= protocol && protocol <= range.high)
                BOOST_REQUIRE(
                    range.answer ==
                    filters->answer(socket_call(2, static_cast<int32_t>(type), protocol), {}));
        }
      BOOST_TEST(found == 1U);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_folded_is_said) {
  // Every second protocol.
  const std::string text = allow_list(rule_with(test(2, "MASKED_EQ", "1", "1")));
  BOOST_CHECK_THROW(filters_of(text, target_of("x86_64"))->classes(Entry::socket, 2), UsageError);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sockoracle
