// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/seccomp/filter.h"

namespace sockoracle {
namespace {

constexpr uint16_t kLoadInput = BPF_LD | BPF_W | BPF_ABS;

// The codes that seccomp_check_filter lets pass. Modulo and loads of bytes or half words are
// classic BPF and not among them.
bool is_seccomp_code(uint16_t code) {
  switch (code) {
    case kLoadInput:
    case BPF_LD | BPF_W | BPF_LEN:
    case BPF_LDX | BPF_W | BPF_LEN:
    case BPF_RET | BPF_K:
    case BPF_RET | BPF_A:
    case BPF_ALU | BPF_NEG:
    case BPF_LD | BPF_IMM:
    case BPF_LDX | BPF_IMM:
    case BPF_MISC | BPF_TAX:
    case BPF_MISC | BPF_TXA:
    case BPF_LD | BPF_MEM:
    case BPF_LDX | BPF_MEM:
    case BPF_ST:
    case BPF_STX:
    case BPF_JMP | BPF_JA: return true;
    default: break;
  }
  const uint16_t rest = code & ~(BPF_X | 0xf0);
  if ((code & ~0xff) != 0) return false;
  if (rest == BPF_ALU) return BPF_OP(code) <= BPF_RSH || BPF_OP(code) == BPF_XOR;
  if (rest != BPF_JMP) return false;
  return BPF_OP(code) >= BPF_JEQ && BPF_OP(code) <= BPF_JSET;
}

bool is_conditional(uint16_t code) { return BPF_CLASS(code) == BPF_JMP && BPF_OP(code) != BPF_JA; }

bool uses_memory(uint16_t code) {
  return code == BPF_ST || code == BPF_STX || code == (BPF_LD | BPF_MEM) ||
         code == (BPF_LDX | BPF_MEM);
}

// The reason why this instruction alone is refused, or nullptr.
const char* instruction_fault(std::span<const sock_filter> code, size_t pc) {
  const sock_filter& at = code[pc];
  const size_t behind = code.size() - pc - 1;
  if (!is_seccomp_code(at.code)) return "no instruction of a seccomp filter";
  if (at.code == (BPF_ALU | BPF_DIV | BPF_K) && at.k == 0) return "a division by zero";
  const uint16_t shift = at.code & ~0xf0;
  if (shift == (BPF_ALU | BPF_K) && (BPF_OP(at.code) == BPF_LSH || BPF_OP(at.code) == BPF_RSH) &&
      at.k >= 32)
    return "a shift by more than 31";
  if (uses_memory(at.code) && at.k >= BPF_MEMWORDS) return "no such memory word";
  if (at.code == (BPF_JMP | BPF_JA) && at.k >= behind) return "a jump beyond the end";
  if (is_conditional(at.code) && (at.jt >= behind || at.jf >= behind))
    return "a jump beyond the end";
  if (at.code == kLoadInput && (at.k >= sizeof(seccomp_data) || (at.k & 3) != 0))
    return "a load from outside of struct seccomp_data, or not of a whole word";
  return nullptr;
}

// net/core/filter.c:check_load_and_stores: no path reads a memory word that it did not write.
std::optional<size_t> read_before_write(std::span<const sock_filter> code) {
  std::vector<uint16_t> written(code.size() + 1, 0xffff);
  uint16_t here = 0;
  const auto jump = [&](size_t target) { written[target] &= here; };
  for (size_t pc = 0; pc < code.size(); ++pc) {
    const sock_filter& at = code[pc];
    here &= written[pc];
    if (at.code == BPF_ST || at.code == BPF_STX) {
      here = static_cast<uint16_t>(here | 1u << at.k);
    } else if (uses_memory(at.code)) {
      if ((here >> at.k & 1) == 0) return pc;
    } else if (BPF_CLASS(at.code) == BPF_JMP) {
      if (BPF_OP(at.code) == BPF_JA) {
        jump(pc + 1 + at.k);
      } else {
        jump(pc + 1u + at.jt);
        jump(pc + 1u + at.jf);
      }
      here = 0xffff;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<FilterFault> check_filter(std::span<const sock_filter> code) {
  if (code.empty()) return FilterFault{0, "no instruction at all"};
  if (code.size() > BPF_MAXINSNS)
    return FilterFault{code.size(), "more than " + std::to_string(BPF_MAXINSNS) + " instructions"};
  for (size_t pc = 0; pc < code.size(); ++pc)
    if (const char* reason = instruction_fault(code, pc); reason != nullptr)
      return FilterFault{pc, reason};
  if (BPF_CLASS(code.back().code) != BPF_RET)
    return FilterFault{code.size() - 1, "the last instruction is no return"};
  if (const std::optional<size_t> pc = read_before_write(code))
    return FilterFault{*pc, "a memory word is read that not every path has written"};
  return std::nullopt;
}

bool step_filter(const sock_filter& at, FilterState& state) {
  uint32_t& a = state.a;
  const uint32_t operand = BPF_SRC(at.code) == BPF_X ? state.x : at.k;
  switch (at.code) {
    case BPF_LD | BPF_IMM: a = at.k; return true;
    case BPF_LDX | BPF_IMM: state.x = at.k; return true;
    case BPF_LD | BPF_W | BPF_LEN: a = sizeof(seccomp_data); return true;
    case BPF_LDX | BPF_W | BPF_LEN: state.x = sizeof(seccomp_data); return true;
    case BPF_LD | BPF_MEM: a = state.memory[at.k]; return true;
    case BPF_LDX | BPF_MEM: state.x = state.memory[at.k]; return true;
    case BPF_ST: state.memory[at.k] = a; return true;
    case BPF_STX: state.memory[at.k] = state.x; return true;
    case BPF_MISC | BPF_TAX: state.x = a; return true;
    case BPF_MISC | BPF_TXA: a = state.x; return true;
    default: break;
  }
  switch (BPF_OP(at.code)) {
    case BPF_ADD: a += operand; return true;
    case BPF_SUB: a -= operand; return true;
    case BPF_MUL: a *= operand; return true;
    case BPF_DIV:
      if (operand == 0) return false;
      a /= operand;
      return true;
    case BPF_AND: a &= operand; return true;
    case BPF_OR: a |= operand; return true;
    case BPF_XOR: a ^= operand; return true;
    // Only a shift by X can be wider: the processor and the kernel's interpreter take 5 bits of it.
    case BPF_LSH: a <<= operand & 31; return true;
    case BPF_RSH: a >>= operand & 31; return true;
    default: a = -a; return true;  // BPF_NEG
  }
}

FilterReturn Filter::run(FilterState state, const FilterInput& input) const {
  for (;;) {
    const sock_filter& at = code_[state.pc];
    switch (BPF_CLASS(at.code)) {
      case BPF_RET: return {BPF_RVAL(at.code) == BPF_A ? state.a : at.k, state.pc};
      case BPF_JMP:
        if (BPF_OP(at.code) == BPF_JA) {
          state.pc += at.k + 1;
        } else {
          const uint32_t operand = BPF_SRC(at.code) == BPF_X ? state.x : at.k;
          state.pc += 1u + (jump_taken(at.code, state.a, operand) ? at.jt : at.jf);
        }
        break;
      default:
        if (at.code == kLoadInput) state.a = input.words[at.k / 4];
        else if (!step_filter(at, state)) return {0, state.pc};
        ++state.pc;
    }
  }
}

FilterState Filter::start(uint32_t nr, uint32_t arch) const {
  FilterState state;
  for (;;) {
    const sock_filter& at = code_[state.pc];
    if (BPF_CLASS(at.code) == BPF_RET) return state;
    if (BPF_CLASS(at.code) == BPF_JMP) {
      if (BPF_OP(at.code) == BPF_JA) {
        state.pc += at.k + 1;
      } else {
        const uint32_t operand = BPF_SRC(at.code) == BPF_X ? state.x : at.k;
        state.pc += 1u + (jump_taken(at.code, state.a, operand) ? at.jt : at.jf);
      }
      continue;
    }
    if (at.code == kLoadInput) {
      if (at.k / 4 != FilterInput::kNr && at.k / 4 != FilterInput::kArch) return state;
      state.a = at.k / 4 == FilterInput::kNr ? nr : arch;
    } else if (FilterState next = state; step_filter(at, next)) {
      state = next;
    } else {
      return state;  // the division ends the run, wherever it begins
    }
    ++state.pc;
  }
}

}  // namespace sockoracle
