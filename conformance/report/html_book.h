// SPDX-License-Identifier: GPL-2.0-only
// Long texts of a page, each line of them once: cells refer to steps and C programs by number.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/compare/findings.h"
#include "conformance/world/world_text.h"

namespace sockoracle {

class TextBook {
 public:
  // The number of the text; equal texts have the same one.
  size_t add(std::string_view text);
  // {"lines":[...],"paragraphs":[[line...]...],"texts":[[paragraph...]...]}, safe inside a script
  // element. Lines are joined by newlines, paragraphs by an empty line.
  std::string json() const;

 private:
  using Numbers = std::vector<uint32_t>;
  uint32_t line(std::string_view text);
  uint32_t paragraph(std::string_view text);

  std::map<std::string, uint32_t, std::less<>> line_of_;
  std::map<Numbers, uint32_t> paragraph_of_, text_of_;
  std::vector<std::string> lines_;
  std::vector<Numbers> paragraphs_, texts_;
};

// The world of a context of the comparison, as `--as CONTEXT` says it.
Setting setting_of(const Comparison& comparison, const ContextRow& context);
// One line per step of the model.
std::string steps_of(const Setting& setting, const Call& call);

}  // namespace sockoracle
