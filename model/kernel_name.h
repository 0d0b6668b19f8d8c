// SPDX-License-Identifier: GPL-2.0-only
// What a machine says of its kernel, read: the one parser for everything that names a release.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "model/release.h"

namespace sockoracle {

// A sentence of a few words; what does not fit is cut.
class ShortText {
 public:
  void add(std::string_view text) {
    for (const char c : text)
      if (size_ < text_.size()) text_[size_++] = c;
  }
  void add(uint32_t number) {
    if (number >= 10) add(number / 10);
    const char digit = static_cast<char>('0' + number % 10);
    add(std::string_view(&digit, 1));
  }
  std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 240> text_{};
  size_t size_ = 0;
};

struct KernelName {
  Release release;  // the one that answers
  // Its series is in the table: false where the oldest or the newest answers in its place.
  bool in_table = true;
  std::string_view vendor;  // of kernel_vendors.def; empty where none fits
  ShortText word;           // what uname -r prints
  // It may have taken over what came later, or not have all of its release yet.
  bool may_differ = false;
  // What was assumed: "sublevel not known: 0 assumed". Empty where nothing was.
  ShortText note;
};

// * is any text, # a digit.
bool fits_name(std::string_view text, std::string_view pattern);

// `text` is what uname -r, uname -a, /proc/version or /proc/version_signature print, a version of
// Debian's package ("1:6.1.63-1+rpt1"), or a release as people write it ("6.12", "v6.12.43");
// `version` is what uname -v prints. Nothing where the text names no kernel.
std::optional<KernelName> read_kernel_name(std::string_view text, std::string_view version = {});

}  // namespace sockoracle
