// SPDX-License-Identifier: GPL-2.0-only
// Numbers with their nouns: "1 call", "2 calls", "1 class", "2 families", "1 differs".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace sockoracle {

inline std::string plural_of(std::string_view word) {
  std::string text(word);
  const auto ends = [&](std::string_view tail) { return word.ends_with(tail); };
  if (ends("s") || ends("x") || ends("ch") || ends("sh")) return text + "es";
  const std::string_view before = word.substr(0, word.size() - (word.empty() ? 0 : 1));
  if (!ends("y") || before.find_last_of("aeiou") == before.size() - 1) return text + "s";
  return std::string(before) + "ies";
}

inline std::string plural(uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

inline std::string plural(uint64_t count, std::string_view word) {
  return plural(count, word, plural_of(word));
}

// What is said of so many: "are not in the model" becomes "is not in the model" for one.
inline std::string agreeing(uint64_t count, std::string_view predicate) {
  constexpr std::string_view kVerbs[][2] = {{"are ", "is "}, {"were ", "was "}, {"have ", "has "}};
  for (const auto& [many, one] : kVerbs)
    if (count == 1 && predicate.starts_with(many))
      return std::string(one) + std::string(predicate.substr(many.size()));
  return std::string(predicate);
}

}  // namespace sockoracle
