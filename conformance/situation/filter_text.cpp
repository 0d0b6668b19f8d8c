// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/situation/filter_text.h"

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/base/text_layout.h"

namespace sockoracle {
namespace {

std::string hex(uint32_t value, int digits) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) text += kHex[value >> shift & 15];
  return text;
}

std::string load_text_of(uint32_t offset) {
  constexpr const char* kFirst[] = {"nr", "arch", "ip", "ip >> 32"};
  const uint32_t word = offset / 4;
  if (word < std::size(kFirst)) return kFirst[word];
  return "arg" + std::to_string((word - 4) / 2) + ((word & 1) != 0 ? " >> 32" : "");
}

std::string jump_text(const sock_filter& at, size_t pc) {
  if (BPF_OP(at.code) == BPF_JA) return "goto " + std::to_string(pc + 1 + at.k);
  constexpr const char* kSigns[] = {"", "==", ">", ">=", "&"};
  const std::string operand = BPF_SRC(at.code) == BPF_X ? std::string("X") : "0x" + hex(at.k, 8);
  return std::string("if A ") + kSigns[BPF_OP(at.code) >> 4] + " " + operand + " goto " +
         std::to_string(pc + 1 + at.jt) + " else " + std::to_string(pc + 1 + at.jf);
}

std::string alu_text(const sock_filter& at) {
  constexpr const char* kSigns[] = {"+", "-", "*", "/", "|", "&", "<<", ">>", "", "", "^"};
  if (BPF_OP(at.code) == BPF_NEG) return "A = -A";
  return std::string("A = A ") + kSigns[BPF_OP(at.code) >> 4] + " " +
         (BPF_SRC(at.code) == BPF_X ? std::string("X") : "0x" + hex(at.k, 8));
}

std::string instruction_text(const sock_filter& at, size_t pc, Release release) {
  const std::string memory = "M[" + std::to_string(at.k) + "]";
  const char* const target = BPF_CLASS(at.code) == BPF_LD ? "A = " : "X = ";
  switch (BPF_CLASS(at.code)) {
    case BPF_RET:
      return BPF_RVAL(at.code) == BPF_A ? "return A" : "return " + return_text(at.k, release);
    case BPF_JMP: return jump_text(at, pc);
    case BPF_ALU: return alu_text(at);
    case BPF_ST: return memory + " = A";
    case BPF_STX: return memory + " = X";
    case BPF_MISC: return at.code == (BPF_MISC | BPF_TAX) ? "X = A" : "A = X";
    default: break;
  }
  switch (BPF_MODE(at.code)) {
    case BPF_ABS: return target + load_text_of(at.k);
    case BPF_MEM: return target + memory;
    case BPF_LEN: return target + std::to_string(sizeof(seccomp_data));
    default: return target + ("0x" + hex(at.k, 8));
  }
}

// A line that the reader of dumps takes again.
std::string line_of(const sock_filter& at, size_t pc, Release release) {
  std::string number = std::to_string(pc);
  number.insert(0, number.size() < 4 ? 4 - number.size() : 0, '0');
  return number + ": 0x" + hex(at.code, 2) + " 0x" + hex(at.jt, 2) + " 0x" + hex(at.jf, 2) + " 0x" +
         hex(at.k, 8) + "  " + instruction_text(at, pc, release) + "\n";
}

std::string bytes_of(const FilterCode& code) {
  std::string bytes;
  for (const sock_filter& at : code) {
    bytes += {static_cast<char>(at.code), static_cast<char>(at.code >> 8), static_cast<char>(at.jt),
              static_cast<char>(at.jf)};
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(at.k >> shift);
  }
  return bytes;
}

}  // namespace

std::string filter_text(const std::vector<Item>& items, FilterForm form) {
  const Setting setting = build_situation(items);
  const auto filters = std::dynamic_pointer_cast<const LoadedFilters>(setting.filter);
  if (filters == nullptr)
    throw UsageError("no filter: accepted is a FILE, or world flags that bring one");
  const std::vector<FilterLayer>& layers = filters->layers();
  if (form == FilterForm::text) {
    std::string text;
    for (size_t i = 0; i < layers.size(); ++i) {
      const FilterCode& code = layers[i].filter.code();
      text += (i == 0 ? "# filter " : "\n# filter ") + std::to_string(i + 1) + " of " +
              std::to_string(layers.size()) + ", " + plural(code.size(), "instruction") + "\n";
      for (size_t pc = 0; pc < code.size(); ++pc)
        text += line_of(code[pc], pc, setting.world.release);
    }
    return text;
  }
  if (layers.size() != 1)
    throw UsageError("these are " + plural(layers.size(), "filter") +
                     ": accepted is one where it is written as bytes");
  const std::string bytes = bytes_of(layers.front().filter.code());
  if (form == FilterForm::raw) return bytes;
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i)
    text += hex(static_cast<uint8_t>(bytes[i]), 2) + (i % 8 == 7 ? "\n" : "");
  return text;
}

}  // namespace sockoracle
