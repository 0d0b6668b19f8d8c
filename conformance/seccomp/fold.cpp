// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/seccomp/fold.h"

#include <algorithm>
#include <bit>
#include <map>
#include <optional>

#include "conformance/base/cli_error.h"

namespace sockoracle {
namespace {

constexpr size_t kSetsMax = 1u << 14, kRangesMax = 1u << 12, kRunsMax = 1u << 20;

[[noreturn]] void too_many() {
  throw UsageError(
      "this filter's answers change too often from one type or protocol to the next to be shown as "
      "ranges: accepted is one that compares them with fewer numbers (explain asks single calls)");
}

// A word of which some bits are not known: those of the type word that the set leaves open, moved
// to the right by `shift`. And what it takes from the protocol.
struct Word {
  enum class Protocol : uint8_t { no, masked, mixed };  // masked: value is the protocol & mask
  uint32_t value = 0, open = 0;
  int shift = 0;
  Protocol protocol = Protocol::no;
  uint32_t mask = 0;

  bool plain() const { return open == 0 && protocol == Protocol::no; }
};

struct Registers {
  uint32_t pc = 0;
  Word a, x;
  std::array<Word, BPF_MEMWORDS> memory{};
};

Word known(uint32_t value) {
  Word word;
  word.value = value;
  return word;
}

// The bit of the type word at which the set has to be halved.
struct Halve {
  uint32_t bit;
};

uint32_t topmost(uint32_t bits) { return std::bit_floor(bits); }

// Which way a jump goes for all values with these open bits; nothing where they differ. Then *bit
// is the one to look at.
std::optional<bool> decided(uint16_t code, uint32_t value, uint32_t open, uint32_t operand,
                            uint32_t* bit) {
  const uint32_t least = value & ~open, most = value | open;
  *bit = topmost(open);
  switch (BPF_OP(code)) {
    case BPF_JEQ:
      if (((value ^ operand) & ~open) != 0) return false;
      if (open == 0) return true;
      return std::nullopt;
    case BPF_JGT:
    case BPF_JGE: {
      const bool low = jump_taken(code, least, operand), high = jump_taken(code, most, operand);
      if (low == high) return low;
      return std::nullopt;
    }
    default:
      if ((least & operand) != 0) return true;
      if ((open & operand) == 0) return false;
      *bit = topmost(open & operand);
      return std::nullopt;
  }
}

// The last protocol, as an unsigned number, up to which the comparison comes out the same.
uint32_t same_until(uint16_t code, uint32_t protocol, uint32_t mask, uint32_t operand) {
  const bool wanted = jump_taken(code, protocol & mask, operand);
  uint64_t at = uint64_t{protocol} + 1;
  while (at <= UINT32_MAX) {
    // The largest aligned block here that is decided alike.
    int bits = std::countr_zero(at);
    for (;; --bits) {
      const uint32_t block = static_cast<uint32_t>((uint64_t{1} << bits) - 1);
      uint32_t unused = 0;
      const std::optional<bool> all =
          decided(code, static_cast<uint32_t>(at) & mask, block & mask, operand, &unused);
      if (all == wanted) break;
      if (bits == 0) return static_cast<uint32_t>(at - 1);
    }
    at += uint64_t{1} << bits;
  }
  return UINT32_MAX;
}

// One run of one filter.
class Run {
 public:
  Run(const Filter& filter, const FilterInput& input, TypeWords set, uint32_t protocol,
      uint32_t* until)
      : filter_(filter), input_(input), set_(set), protocol_(protocol), until_(until) {}

  // Throws Halve.
  FilterReturn from(const FilterState& state) {
    registers_.pc = state.pc;
    registers_.a = known(state.a);
    registers_.x = known(state.x);
    for (size_t i = 0; i < state.memory.size(); ++i) registers_.memory[i] = known(state.memory[i]);
    for (;;) {
      const sock_filter& at = filter_.code()[registers_.pc];
      if (BPF_CLASS(at.code) == BPF_RET) {
        if (BPF_RVAL(at.code) != BPF_A) return {at.k, registers_.pc};
        return {settled(registers_.a), registers_.pc};
      }
      if (BPF_CLASS(at.code) == BPF_JMP) jump(at);
      else if (!step(at)) return {0, registers_.pc};
      else ++registers_.pc;
    }
  }

 private:
  // The value, whatever the set leaves open.
  uint32_t settled(const Word& word) {
    if (word.open != 0) halve(word, topmost(word.open));
    if (word.protocol != Word::Protocol::no) *until_ = protocol_;
    return word.value;
  }
  [[noreturn]] static void halve(const Word& word, uint32_t bit) {
    throw Halve{word.shift >= 0 ? bit << word.shift : bit >> -word.shift};
  }

  Word load(uint32_t offset) const {
    const size_t word = offset / 4;
    Word loaded = known(input_.words[word]);
    if (word == FilterInput::kArgs + 2) {
      loaded.value = set_.value;
      loaded.open = ~set_.mask;
    } else if (word == FilterInput::kArgs + 4) {
      loaded.value = protocol_;
      loaded.protocol = Word::Protocol::masked;
      loaded.mask = ~0u;
    }
    return loaded;
  }

  void jump(const sock_filter& at) {
    if (BPF_OP(at.code) == BPF_JA) {
      registers_.pc += at.k + 1;
      return;
    }
    const uint32_t operand = BPF_SRC(at.code) == BPF_X ? settled(registers_.x) : at.k;
    const Word& a = registers_.a;
    uint32_t bit = 0;
    const std::optional<bool> taken = decided(at.code, a.value, a.open, operand, &bit);
    if (!taken) halve(a, bit);
    if (a.protocol == Word::Protocol::masked)
      *until_ = std::min(*until_, same_until(at.code, protocol_, a.mask, operand));
    else if (a.protocol == Word::Protocol::mixed) *until_ = protocol_;
    registers_.pc += 1u + (*taken ? at.jt : at.jf);
  }

  // As step_filter, for words that are not all known.
  bool step(const sock_filter& at) {
    Word &a = registers_.a, &x = registers_.x;
    switch (at.code) {
      case BPF_LD | BPF_W | BPF_ABS: a = load(at.k); return true;
      case BPF_LD | BPF_MEM: a = registers_.memory[at.k]; return true;
      case BPF_LDX | BPF_MEM: x = registers_.memory[at.k]; return true;
      case BPF_ST: registers_.memory[at.k] = a; return true;
      case BPF_STX: registers_.memory[at.k] = x; return true;
      case BPF_MISC | BPF_TAX: x = a; return true;
      case BPF_MISC | BPF_TXA: a = x; return true;
      default: break;
    }
    if (BPF_CLASS(at.code) == BPF_ALU && BPF_SRC(at.code) == BPF_K && !a.plain() && bitwise(at))
      return true;
    return arithmetic(at);
  }

  // What keeps each open bit apart from the others.
  bool bitwise(const sock_filter& at) {
    Word& a = registers_.a;
    if (a.protocol != Word::Protocol::no && BPF_OP(at.code) != BPF_AND) return false;
    switch (BPF_OP(at.code)) {
      case BPF_AND:
        a.open &= at.k;
        a.mask &= at.k;
        break;
      case BPF_OR: a.open &= ~at.k; break;
      case BPF_XOR: break;
      case BPF_LSH:
        a.open <<= at.k;
        a.shift -= static_cast<int>(at.k);
        break;
      case BPF_RSH:
        a.open >>= at.k;
        a.shift += static_cast<int>(at.k);
        break;
      default: return false;
    }
    FilterState state;
    state.a = a.value;
    step_filter(at, state);
    a.value = state.a;
    return true;
  }

  // Everything else is done with numbers: the set is halved until they are known.
  bool arithmetic(const sock_filter& at) {
    const bool sets = BPF_CLASS(at.code) == BPF_LD || BPF_CLASS(at.code) == BPF_LDX;
    const bool by_x =
        BPF_CLASS(at.code) == BPF_ALU && BPF_SRC(at.code) == BPF_X && BPF_OP(at.code) != BPF_NEG;
    const Word::Protocol of_a = registers_.a.protocol;
    FilterState state;
    Word result;
    if (!sets) {
      if (registers_.a.open != 0) halve(registers_.a, topmost(registers_.a.open));
      if (by_x && registers_.x.open != 0) halve(registers_.x, topmost(registers_.x.open));
      // Whether a division is one by zero decides as a comparison does.
      if (by_x && BPF_OP(at.code) == BPF_DIV) settled(registers_.x);
      const bool mixed =
          of_a != Word::Protocol::no || (by_x && registers_.x.protocol != Word::Protocol::no);
      if (mixed) result.protocol = Word::Protocol::mixed;
    }
    state.a = registers_.a.value;
    state.x = registers_.x.value;
    if (!step_filter(at, state)) return false;
    if (BPF_CLASS(at.code) == BPF_LDX) {
      registers_.x = known(state.x);
    } else {
      result.value = state.a;
      registers_.a = result;
    }
    return true;
  }

  const Filter& filter_;
  const FilterInput& input_;
  const TypeWords set_;
  const uint32_t protocol_;
  uint32_t* until_;
  Registers registers_;
};

class Folder {
 public:
  Folder(std::span<const FoldedLayer> layers, const FilterInput& input,
         const std::function<int32_t(std::span<const FilterReturn>)>& combine)
      : layers_(layers), input_(input), combine_(combine) {}

  // The set's protocols; halves it, and its halves, where it has to.
  void fold(TypeWords set) {
    std::vector<TypeWords> open{set};
    while (!open.empty()) {
      const TypeWords next = open.back();
      open.pop_back();
      try {
        keep(next, ranges_of(next));
      } catch (const Halve& halve) {
        const uint32_t mask = next.mask | halve.bit;
        open.push_back({mask, next.value | halve.bit});
        open.push_back({mask, next.value});
        if (open.size() + sets_ > kSetsMax) too_many();
      }
    }
  }
  std::vector<FilteredClass> take() { return std::move(classes_); }

 private:
  // By unsigned protocol, from 0: the kernel's negative numbers are those above.
  std::vector<FilteredRange> ranges_of(TypeWords set) {
    std::vector<FilteredRange> low, high;
    std::vector<FilterReturn> answers(layers_.size());
    for (uint64_t protocol = 0; protocol <= UINT32_MAX;) {
      if (++runs_ > kRunsMax) too_many();
      // A range does not reach from the positive into the negative numbers.
      uint32_t until = protocol <= INT32_MAX ? INT32_MAX : UINT32_MAX;
      for (size_t i = 0; i < layers_.size(); ++i)
        answers[i] = Run(*layers_[i].filter, input_, set, static_cast<uint32_t>(protocol), &until)
                         .from(layers_[i].start);
      std::vector<FilteredRange>& list = protocol <= INT32_MAX ? low : high;
      add(list, static_cast<int32_t>(protocol), static_cast<int32_t>(until), combine_(answers));
      protocol = uint64_t{until} + 1;
    }
    for (const FilteredRange& range : low) add(high, range.low, range.high, range.answer);
    return high;
  }

  static void add(std::vector<FilteredRange>& list, int32_t low, int32_t high, int32_t answer) {
    if (!list.empty() && list.back().answer == answer) list.back().high = high;
    else if (list.size() == kRangesMax) too_many();
    else list.push_back({low, high, answer});
  }

  void keep(TypeWords set, std::vector<FilteredRange> ranges) {
    ++sets_;
    std::vector<int32_t> key;
    for (const FilteredRange& range : ranges) key.insert(key.end(), {range.high, range.answer});
    const auto [at, is_new] = index_.try_emplace(std::move(key), classes_.size());
    if (is_new) classes_.push_back({{}, std::move(ranges)});
    classes_[at->second].words.push_back(set);
  }

  std::span<const FoldedLayer> layers_;
  const FilterInput& input_;
  const std::function<int32_t(std::span<const FilterReturn>)>& combine_;
  std::vector<FilteredClass> classes_;
  std::map<std::vector<int32_t>, size_t> index_;
  size_t sets_ = 0, runs_ = 0;
};

}  // namespace

std::vector<FilteredClass> fold_filters(
    std::span<const FoldedLayer> layers, const FilterInput& input,
    const std::function<int32_t(std::span<const FilterReturn>)>& combine) {
  Folder folder(layers, input, combine);
  folder.fold({0, 0});
  return folder.take();
}

}  // namespace sockoracle
