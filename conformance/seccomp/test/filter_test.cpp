// SPDX-License-Identifier: GPL-2.0-only
// The checker and the interpreter, against net/core/filter.c and kernel/seccomp.c of v6.1; the live
// kernel is asked by conformance/test/seccomp_test.py.
#include "conformance/seccomp/filter.h"

#include <boost/test/unit_test.hpp>
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/seccomp/raw.h"
#include "conformance/seccomp/verdict.h"

namespace sockoracle {
namespace {

constexpr sock_filter kLoadNr = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0);
constexpr sock_filter kAllow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);

uint32_t run(FilterCode code, const FilterInput& input = {}) {
  BOOST_REQUIRE(!check_filter(code));
  return Filter(std::move(code)).run(input).value;
}

// What the accumulator holds after one instruction on A = a, X = x.
uint32_t computed(uint16_t code, uint32_t a, uint32_t x, uint32_t k) {
  return run({BPF_STMT(BPF_LDX | BPF_IMM, x), BPF_STMT(BPF_LD | BPF_IMM, a), BPF_STMT(code, k),
              BPF_STMT(BPF_RET | BPF_A, 0)});
}

std::string refused(const FilterCode& code) {
  const std::optional<FilterFault> fault = check_filter(code);
  return fault ? std::to_string(fault->index) + " " + fault->reason : "";
}

Release release(std::string_view name) {
  Release at;
  BOOST_REQUIRE(parse_release(name, &at));
  return at;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(seccomp_filter)

BOOST_AUTO_TEST_CASE(what_the_kernel_refuses_is_refused) {
  const auto with = [](sock_filter one) { return FilterCode{kLoadNr, one, kAllow}; };
  BOOST_TEST(refused({kAllow}) == "");
  BOOST_TEST(refused({}) == "0 no instruction at all");
  BOOST_TEST(refused(FilterCode(4097, kAllow)) == "4097 more than 4096 instructions");
  BOOST_TEST(refused(FilterCode(4096, kAllow)) == "");
  BOOST_TEST(refused({kLoadNr}) == "0 the last instruction is no return");
  const sock_filter foreign[] = {BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, 3),
                                 BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0),
                                 BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0),
                                 BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0),
                                 BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0),
                                 BPF_STMT(BPF_RET | BPF_X, 0),
                                 BPF_STMT(BPF_ALU | BPF_NEG | BPF_X, 0),
                                 BPF_STMT(BPF_JMP | 0x50 | BPF_K, 0),
                                 BPF_STMT(0x100 | BPF_LD | BPF_IMM, 0),
                                 BPF_STMT(BPF_MISC | 0x10, 0),
                                 BPF_STMT(BPF_ST | BPF_X, 0)};
  for (const sock_filter& one : foreign)
    BOOST_TEST(refused(with(one)) == "1 no instruction of a seccomp filter", "code " << one.code);
  BOOST_TEST(refused(with(BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0))) == "1 a division by zero");
  BOOST_TEST(refused(with(BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 32))) == "1 a shift by more than 31");
  BOOST_TEST(refused(with(BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 31))) == "");
  BOOST_TEST(refused(with(BPF_STMT(BPF_ALU | BPF_LSH | BPF_X, 32))) == "");
  BOOST_TEST(refused(with(BPF_STMT(BPF_ST, 16))) == "1 no such memory word");
  BOOST_TEST(refused(with(BPF_STMT(BPF_JMP | BPF_JA, 0))) == "");
  BOOST_TEST(refused(with(BPF_STMT(BPF_JMP | BPF_JA, 1))) == "1 a jump beyond the end");
  BOOST_TEST(refused(with(BPF_STMT(BPF_JMP | BPF_JA, UINT32_MAX))) == "1 a jump beyond the end");
  BOOST_TEST(refused(with(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1))) ==
             "1 a jump beyond the end");
  for (const uint32_t offset : {1U, 2U, 64U, 68U, 0xfffff000U})
    BOOST_TEST(refused(with(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset))) ==
               "1 a load from outside of struct seccomp_data, or not of a whole word");
  BOOST_TEST(refused(with(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60))) == "");
}

BOOST_AUTO_TEST_CASE(memory_is_read_only_where_every_path_wrote_it) {
  const sock_filter read = BPF_STMT(BPF_LD | BPF_MEM, 2), write = BPF_STMT(BPF_ST, 2);
  BOOST_TEST(refused({read, kAllow}) == "0 a memory word is read that not every path has written");
  BOOST_TEST(refused({write, read, kAllow}) == "");
  // One way past the write.
  BOOST_TEST(refused({kLoadNr, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), write, read,
                      kAllow}) == "3 a memory word is read that not every path has written");
  // Both ways write.
  BOOST_TEST(refused({kLoadNr, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 2), write,
                      BPF_STMT(BPF_JMP | BPF_JA, 1), write, read, kAllow}) == "");
}

BOOST_AUTO_TEST_CASE(arithmetic_is_of_32_bits) {
  BOOST_TEST(computed(BPF_ALU | BPF_ADD | BPF_K, 0xffffffff, 0, 2) == 1U);
  BOOST_TEST(computed(BPF_ALU | BPF_SUB | BPF_X, 1, 2, 0) == 0xffffffffU);
  BOOST_TEST(computed(BPF_ALU | BPF_MUL | BPF_K, 0x10001, 0, 0x10000) == 0x10000U);
  BOOST_TEST(computed(BPF_ALU | BPF_DIV | BPF_X, 100, 7, 0) == 14U);
  BOOST_TEST(computed(BPF_ALU | BPF_AND | BPF_K, 0xff00ff00, 0, 0x0ff0) == 0x0f00U);
  BOOST_TEST(computed(BPF_ALU | BPF_OR | BPF_X, 1, 0x80000000, 0) == 0x80000001U);
  BOOST_TEST(computed(BPF_ALU | BPF_XOR | BPF_K, 5, 0, 1) == 4U);
  BOOST_TEST(computed(BPF_ALU | BPF_LSH | BPF_X, 3, 33, 0) == 6U);
  BOOST_TEST(computed(BPF_ALU | BPF_RSH | BPF_K, 0x80000000, 0, 31) == 1U);
  BOOST_TEST(computed(BPF_ALU | BPF_NEG, 1, 0, 0) == 0xffffffffU);
  BOOST_TEST(computed(BPF_MISC | BPF_TXA, 1, 9, 0) == 9U);
  BOOST_TEST(computed(BPF_LD | BPF_W | BPF_LEN, 1, 0, 0) == 64U);
  // A division by zero ends the program with 0, which is SECCOMP_RET_KILL_THREAD.
  BOOST_TEST(run({BPF_STMT(BPF_LD | BPF_IMM, 5), BPF_STMT(BPF_ALU | BPF_DIV | BPF_X, 0), kAllow}) ==
             0U);
}

BOOST_AUTO_TEST_CASE(jumps_compare_without_sign) {
  const auto taken = [](uint16_t op, uint32_t a, uint32_t k) {
    return run({BPF_STMT(BPF_LD | BPF_IMM, a),
                BPF_JUMP(static_cast<uint16_t>(BPF_JMP | op), k, 0, 1),
                BPF_STMT(BPF_RET | BPF_K, 1), BPF_STMT(BPF_RET | BPF_K, 0)}) == 1;
  };
  BOOST_TEST(taken(BPF_JGT, 0xffffffff, 1));
  BOOST_TEST(!taken(BPF_JGT, 1, 1));
  BOOST_TEST(taken(BPF_JGE, 1, 1));
  BOOST_TEST(!taken(BPF_JEQ, 1, 2));
  BOOST_TEST(taken(BPF_JSET, 6, 2));
  BOOST_TEST(!taken(BPF_JSET, 6, 1));
}

BOOST_AUTO_TEST_CASE(each_word_of_seccomp_data_has_its_place) {
  FilterInput input;
  input.words[FilterInput::kNr] = 41;
  input.words[FilterInput::kArch] = AUDIT_ARCH_X86_64;
  input.set_argument(2, 0x500000006);
  const auto word = [&](size_t offset) {
    return run({BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset)),
                BPF_STMT(BPF_RET | BPF_A, 0)},
               input);
  };
  BOOST_TEST(word(offsetof(seccomp_data, nr)) == 41U);
  BOOST_TEST(word(offsetof(seccomp_data, arch)) == 0xc000003eU);
  BOOST_TEST(word(offsetof(seccomp_data, args[2])) == 6U);
  BOOST_TEST(word(offsetof(seccomp_data, args[2]) + 4) == 5U);
  BOOST_TEST(input.argument(2) == 0x500000006U);
}

// The strongest wins, as kernel/seccomp.c's comparison has it; before 4.14 the topmost bit did not
// count, and what a kernel does not know kills.
BOOST_AUTO_TEST_CASE(actions_by_strength_and_release) {
  const uint32_t strongest_first[] = {
      SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO | 5,
      SECCOMP_RET_USER_NOTIF,   SECCOMP_RET_TRACE | 1,   SECCOMP_RET_LOG,  SECCOMP_RET_ALLOW};
  const Release now = release("6.12"), before = release("4.13");
  BOOST_TEST(has_full_mask(now));
  BOOST_TEST(!has_full_mask(before));
  for (size_t i = 0; i < std::size(strongest_first); ++i)
    for (size_t j = 0; j < std::size(strongest_first); ++j)
      BOOST_TEST(outweighs(strongest_first[i], strongest_first[j], true) == (i < j));
  BOOST_TEST(!outweighs(SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 2, true));
  BOOST_TEST(!outweighs(SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, false));
  BOOST_TEST(outcome_of(SECCOMP_RET_ERRNO | 0xffff, now) == 4095);
  BOOST_TEST(outcome_of(SECCOMP_RET_ERRNO | 1, now) == 1);
  BOOST_TEST(outcome_of(SECCOMP_RET_TRACE | 1, now) == ENOSYS);
  BOOST_TEST(outcome_of(SECCOMP_RET_USER_NOTIF, now) == ENOSYS);
  BOOST_TEST(outcome_of(SECCOMP_RET_USER_NOTIF, release("4.19")) == kFilterKills);
  BOOST_TEST(outcome_of(SECCOMP_RET_LOG, now) == kFilterAllows);
  BOOST_TEST(outcome_of(SECCOMP_RET_LOG, before) == kFilterKills);
  for (const uint32_t value : {SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
                               0x12340000U, 0x7ffd0000U})
    BOOST_TEST(outcome_of(value, now) == kFilterKills);
}

BOOST_AUTO_TEST_CASE(dumps_in_all_their_forms) {
  const FilterCode wanted{
      {0x20, 0, 0, 4}, {0x15, 1, 0, 0xc000003e}, {0x06, 0, 0, 0}, {0x06, 0, 0, 0x7fff0000}};
  const auto same = [&](std::string_view text) {
    const FilterCode code = read_raw_filter(text, "f");
    return code.size() == wanted.size() &&
           std::memcmp(code.data(), wanted.data(), 8 * wanted.size()) == 0;
  };
  using namespace std::string_view_literals;
  BOOST_TEST(
      same("\x20\0\0\0\4\0\0\0\x15\0\1\0\x3e\0\0\xc0\6\0\0\0\0\0\0\0\6\0\0\0\0\0\xff\x7f"sv));
  BOOST_TEST(same("2000000004000000\n150001003e0000c0\n0600000000000000\n060000000000ff7f\n"));
  BOOST_TEST(same("4\n32 0 0 4\n21 1 0 3221225534\n6 0 0 0\n6 0 0 2147418112\n"));
  BOOST_TEST(same("4,32 0 0 4,21 1 0 3221225534,6 0 0 0,6 0 0 2147418112,"));
  BOOST_TEST(same("{ 0x20, 0, 0, 0x00000004 },\n{ 0x15, 1, 0, 0xc000003e },\n{ 0x6, 0, 0, 0 },\n"
                  "{ 0x6, 0, 0, 0x7fff0000 },\n"));
  BOOST_TEST(same(" line  OP   JT   JF   K\n=================================\n"
                  " 0000: 0x20 0x00 0x00 0x00000004   ld  $data[4]\n"
                  " 0001: 0x15 0x01 0x00 0xc000003e   jeq 3221225534 true:0003 false:0002\n"
                  " 0002: 0x06 0x00 0x00 0x00000000   ret KILL\n"
                  " 0003: 0x06 0x00 0x00 0x7fff0000   ret ALLOW\n"));
  const auto why = [](std::string_view text) -> std::string {
    try {
      read_raw_filter(text, "f");
      return "";
    } catch (const UsageError& error) {
      const std::string line = error.what();
      return line.substr(0, line.find(": accepted"));
    }
  };
  BOOST_TEST(why("32 0 0 4\n6 0 0\n") == "f:2: no instruction");
  BOOST_TEST(why("32 0 0 4\n6 0 0 x\n") == "f:2: no instruction");
  BOOST_TEST(why("32 256 0 4\n") == "f:1: no instruction");
  BOOST_TEST(why("hello\n") == "f:1: no instruction");
  BOOST_TEST(why("") == "f: no instruction");
  BOOST_TEST(why("\x20\0\0"sv) == "f: 3 bytes");
  BOOST_TEST(why("3\n6 0 0 0\n") == "f: 1 instructions, and it says 3");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace sockoracle
