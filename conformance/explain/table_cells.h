// SPDX-License-Identifier: GPL-2.0-only
// The rows of `table`: all type words and all protocols of a family, each pair in one cell.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "conformance/world/call_filter.h"
#include "conformance/world/world_text.h"
#include "model/verdict.h"

namespace sockoracle {

// One answer, with every range of protocols that gets it.
struct TableCell {
  int32_t error;
  Rule rule;
  std::string proto;  // created: the struct proto's name
  std::vector<std::pair<int32_t, int32_t>> ranges;
  friend bool operator==(const TableCell&, const TableCell&) = default;
};

// Type words whose protocols are all answered alike, named in one of these ways.
struct TableRow {
  std::vector<int32_t> types;   // 0 to 15, with any of SOCK_CLOEXEC and SOCK_NONBLOCK
  std::vector<int32_t> words;   // whole words, of those
  std::vector<TypeWords> sets;  // with another bit: the words that agree in some bits
  bool others = false;          // with another bit: all that no set names
  std::vector<TableCell> cells;
};
using TableRows = std::vector<TableRow>;

// A filter sees the whole type word; without one the flags change nothing. Rows of `types` and
// `words` come first, then those of other words, the one with `others` last.
TableRows table_rows(const Setting& setting, int32_t family);

}  // namespace sockoracle
