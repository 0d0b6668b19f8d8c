// SPDX-License-Identifier: GPL-2.0-only
// Text with labels beside it, as `explain` writes it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace sockoracle {

inline constexpr size_t kLabel = 15;  // where the text beside a label begins

// "  label        first line\n               next line\n"
class Sections {
 public:
  explicit Sections(std::string* out) : out_(*out) {}

  void line(std::string_view label, std::string_view text) {
    std::string head = "  " + std::string(label == last_ ? "" : label);
    head.resize(std::max(kLabel, head.size() + 2), ' ');
    last_ = label;
    out_ += head;
    out_ += text;
    out_ += '\n';
  }

 private:
  std::string& out_;
  std::string last_;
};

}  // namespace sockoracle
