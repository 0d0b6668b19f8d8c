// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/table_cells.h"

#include <algorithm>

#include "model/explore.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr int32_t kTypes = kSOCK_TYPE_MASK + 1;
constexpr int32_t kFlags[] = {0, kSOCK_NONBLOCK, kSOCK_CLOEXEC, kSOCK_NONBLOCK | kSOCK_CLOEXEC};

std::string proto_of(const World& world, const Call& call) {
  for (const Step& step : ask({world, call}).steps)
    if (step.kind == StepKind::inetsw_match) return std::string(step.what);
  return {};
}

void add_range(std::vector<TableCell>& cells, int32_t error, Rule rule, const std::string& proto,
               int32_t low, int32_t high) {
  for (TableCell& cell : cells) {
    if (cell.error != error || cell.rule != rule || cell.proto != proto) continue;
    if (int64_t{cell.ranges.back().second} + 1 == low) cell.ranges.back().second = high;
    else cell.ranges.push_back({low, high});
    return;
  }
  cells.push_back({error, rule, proto, {{low, high}}});
}

// table_of joins neighbours with the same answer, whichever proto they get: 0 and 1 of two protos
// stay apart here. A created range is short wherever more than one entry of the list makes it.
void add_created(std::vector<TableCell>& cells, const World& world, const Call& base,
                 const TableRange& range) {
  for (int64_t p = range.low; p <= range.high;) {
    Call call = base;
    call.protocol = static_cast<int32_t>(p);
    Kernel kernel(world);
    PathCondition path;
    const CallScope scope(kernel, {.path = &path, .tracing = false});
    kernel.close(kernel.call(call).fd);
    const int64_t high = std::min<int64_t>(std::max(path.high, p), range.high);
    add_range(cells, 0, range.rule, proto_of(world, call), call.protocol,
              static_cast<int32_t>(high));
    p = high + 1;
  }
}

std::vector<TableCell> cells_of(const World& world, int32_t family, int32_t type) {
  std::vector<TableCell> cells;
  for (const TableRange& range : table_of(world, Entry::socket, family, type)) {
    if (range.error == 0) add_created(cells, world, {Entry::socket, family, type, 0}, range);
    else add_range(cells, range.error, range.rule, {}, range.low, range.high);
  }
  return cells;
}

// What is behind the filter, where it lets a call through; elsewhere its own answer.
std::vector<TableCell> filtered(const std::vector<TableCell>& cells,
                                const std::vector<FilteredRange>& filter) {
  struct Piece {
    int32_t low, high;
    const TableCell* cell;
  };
  std::vector<Piece> behind;
  for (const TableCell& cell : cells)
    for (const auto& [low, high] : cell.ranges) behind.push_back({low, high, &cell});
  std::sort(behind.begin(), behind.end(),
            [](const Piece& a, const Piece& b) { return a.low < b.low; });
  std::vector<TableCell> out;
  for (const FilteredRange& range : filter) {
    if (range.answer != 0) {
      add_range(out, range.answer, Rule::seccomp_filter, {}, range.low, range.high);
      continue;
    }
    for (const Piece& piece : behind) {
      const int32_t low = std::max(piece.low, range.low), high = std::min(piece.high, range.high);
      if (low <= high)
        add_range(out, piece.cell->error, piece.cell->rule, piece.cell->proto, low, high);
    }
  }
  return out;
}

// The check of flags is one mask: the lowest bit outside of it stands for all.
std::vector<TableCell> bad_flags_cells(const World& world, int32_t family) {
  const Verdict bad = ask({world, {Entry::socket, family, kSOCK_TYPE_MASK + 1, 0}}).verdict;
  return {{bad.error, bad.rule, {}, {{INT32_MIN, INT32_MAX}}}};
}

TableRow& row_with(TableRows& rows, std::vector<TableCell> cells) {
  for (TableRow& row : rows)
    if (row.cells == cells) return row;
  return rows.emplace_back(TableRow{{}, {}, {}, false, std::move(cells)});
}

// Words that the kernel may take: a type and nothing but its two flags.
std::vector<int32_t> good_words() {
  std::vector<int32_t> words;
  for (int32_t type = 0; type < kTypes; ++type)
    for (const int32_t flags : kFlags) words.push_back(type | flags);
  return words;
}

class FilteredTable {
 public:
  FilteredTable(const Setting& setting, int32_t family)
      : classes_(setting.filter->classes(Entry::socket, family)),
        world_(setting.world),
        family_(family) {
    world_.policies.seccomp_filter = 0;
  }

  TableRows rows() {
    TableRows rows;
    for (int32_t type = 0; type < kTypes; ++type) add_type(rows, type);
    add_others(rows);
    return rows;
  }

 private:
  const std::vector<FilteredRange>& ranges_of(int32_t word) const {
    for (const FilteredClass& one : classes_)
      for (const TypeWords& words : one.words)
        if (words.has(static_cast<uint32_t>(word))) return one.protocols;
    return classes_.front().protocols;  // never: each word lies in one class
  }

  void add_type(TableRows& rows, int32_t type) const {
    const std::vector<TableCell> behind = cells_of(world_, family_, type);
    std::vector<std::vector<TableCell>> cells;
    for (const int32_t flags : kFlags) cells.push_back(filtered(behind, ranges_of(type | flags)));
    const bool alike = std::all_of(cells.begin(), cells.end(),
                                   [&](const auto& other) { return other == cells.front(); });
    if (alike) return row_with(rows, cells.front()).types.push_back(type);
    for (size_t i = 0; i < cells.size(); ++i)
      row_with(rows, cells[i]).words.push_back(type | kFlags[i]);
  }

  // Of each class what is left without the good words; the largest one is all others.
  void add_others(TableRows& rows) const {
    const std::vector<TableCell> behind = bad_flags_cells(world_, family_);
    TableRows others;
    std::vector<uint64_t> sizes;
    for (const FilteredClass& one : classes_) {
      uint64_t count = 0;
      TableRow named;
      for (const TypeWords& words : one.words) {
        uint64_t left = words.count();
        for (const int32_t word : good_words())
          left -= words.has(static_cast<uint32_t>(word)) ? 1 : 0;
        if (left != 0) named.sets.push_back(words);
        count += left;
      }
      if (count == 0) continue;
      TableRow& row = row_with(others, filtered(behind, one.protocols));
      row.sets.insert(row.sets.end(), named.sets.begin(), named.sets.end());
      sizes.resize(others.size());
      sizes[static_cast<size_t>(&row - others.data())] += count;
    }
    const auto largest = std::max_element(sizes.begin(), sizes.end()) - sizes.begin();
    for (size_t i = 0; i < others.size(); ++i)
      if (i != static_cast<size_t>(largest)) rows.push_back(others[i]);
    TableRow& rest = rows.emplace_back(others[static_cast<size_t>(largest)]);
    rest.sets.clear();
    rest.others = true;
  }

  std::vector<FilteredClass> classes_;
  World world_;
  int32_t family_;
};

}  // namespace

TableRows table_rows(const Setting& setting, int32_t family) {
  if (setting.filter != nullptr) return FilteredTable(setting, family).rows();
  TableRows rows;
  for (int32_t type = 0; type < kTypes; ++type)
    row_with(rows, cells_of(setting.world, family, type)).types.push_back(type);
  TableRow& rest = rows.emplace_back();
  rest.others = true;
  rest.cells = bad_flags_cells(setting.world, family);
  return rows;
}

}  // namespace sockoracle
