// SPDX-License-Identifier: GPL-2.0-only
// Rows of a table by a hash of their names: what is stored so keeps its meaning when rows are added
// or moved.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sockoracle {

constexpr uint16_t name_hash(std::string_view name) {
  uint32_t h = 2166136261u;
  for (const char c : name) h = (h ^ static_cast<uint8_t>(c)) * 16777619u;
  return static_cast<uint16_t>(h ^ h >> 16);
}

template <size_t N>
class NameHashes {
 public:
  constexpr explicit NameHashes(const std::array<std::string_view, N>& names) {
    for (size_t i = 0; i < N; ++i) {
      hashes_[i] = name_hash(names[i]);
      sorted_[i] = {hashes_[i], static_cast<uint8_t>(i)};
    }
    std::sort(sorted_.begin(), sorted_.end(),
              [](const Row& a, const Row& b) { return a.hash < b.hash; });
  }

  constexpr bool differ() const {
    for (size_t i = 1; i < N; ++i)
      if (sorted_[i].hash == sorted_[i - 1].hash) return false;
    return true;
  }
  constexpr uint16_t of(size_t row) const { return hashes_[row]; }
  // The row whose hash is the next one at or above `hash`, around the end: any number is some row.
  constexpr uint8_t nearest(uint16_t hash) const {
    const auto next = std::lower_bound(sorted_.begin(), sorted_.end(), hash,
                                       [](const Row& row, uint16_t h) { return row.hash < h; });
    return next != sorted_.end() ? next->row : sorted_.front().row;
  }

 private:
  struct Row {
    uint16_t hash = 0;
    uint8_t row = 0;
  };
  std::array<uint16_t, N> hashes_{};
  std::array<Row, N> sorted_{};
};

}  // namespace sockoracle
