// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/cli_names.h"

#include <algorithm>

namespace sockoracle {
namespace {

// Optimal string alignment: each of the four edits counts one.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> edits(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) edits[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) edits[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const bool same = a[i - 1] == b[j - 1];
      edits[i][j] = std::min(
          {edits[i - 1][j] + 1, edits[i][j - 1] + 1, edits[i - 1][j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  }
  return edits[a.size()][b.size()];
}

}  // namespace

std::string nearest_name(std::string_view word, const std::vector<std::string>& names) {
  constexpr size_t kLongest = 64;  // no name is near what is longer
  if (word.size() > kLongest) return {};
  std::string nearest;
  size_t least = word.size() / 3 + 1;
  for (const std::string& name : names) {
    const size_t edits = distance(word, name);
    if (edits > least || (edits == least && !nearest.empty())) continue;
    least = edits;
    nearest = name;
  }
  return nearest;
}

std::string unknown_text(std::string_view kind, std::string_view word,
                         const std::vector<std::string>& names) {
  const std::string nearest = nearest_name(word, names);
  return "unknown " + std::string(kind) + " \"" + std::string(word) + "\"" +
         (nearest.empty() ? "" : ": did you mean " + nearest + "?") + " (sockoracle help)";
}

}  // namespace sockoracle
