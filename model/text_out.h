// SPDX-License-Identifier: GPL-2.0-only
// Text into a fixed buffer, for a model without strings: writes what fits, counts everything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace sockoracle {

class TextOut {
 public:
  explicit TextOut(std::span<char> room) : room_(room) {}

  void put(char c) {
    if (length_ < room_.size()) room_[length_] = c;
    ++length_;
  }
  void put(std::string_view text) {
    for (char c : text) put(c);
  }
  void put_number(int64_t number) {
    uint64_t magnitude = static_cast<uint64_t>(number);
    if (number < 0) {
      put('-');
      magnitude = ~magnitude + 1;
    }
    put_digits(magnitude, 10);
  }
  void put_hex(uint32_t number) {
    put("0x");
    put_digits(number, 16);
  }
  size_t length() const { return length_; }

 private:
  void put_digits(uint64_t number, unsigned base) {
    char digits[20];
    size_t count = 0;
    do {
      digits[count++] = "0123456789abcdef"[number % base];
      number /= base;
    } while (number != 0);
    while (count != 0) put(digits[--count]);
  }

  std::span<char> room_;
  size_t length_ = 0;
};

}  // namespace sockoracle
