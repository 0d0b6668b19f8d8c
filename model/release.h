// SPDX-License-Identifier: GPL-2.0-only
// Releases and behaviours: which kernel does what. The only place where a release is compared.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace sockoracle {

enum class Behaviour : uint8_t {
#define BEHAVIOUR(id, ...) id,
#include "model/behaviours.def"
};

#define BEHAVIOUR(...) +1
inline constexpr size_t kBehaviourCount = 0
#include "model/behaviours.def"
    ;

// A set of behaviours; cheap to copy and to compare.
struct BehaviourSet {
  std::array<uint64_t, (kBehaviourCount + 63) / 64> words{};

  constexpr bool has(Behaviour b) const {
    return (words[static_cast<size_t>(b) / 64] >> (static_cast<size_t>(b) % 64) & 1) != 0;
  }
  constexpr void set(Behaviour b, bool on = true) {
    const uint64_t bit = uint64_t{1} << (static_cast<size_t>(b) % 64);
    uint64_t& word = words[static_cast<size_t>(b) / 64];
    word = on ? (word | bit) : (word & ~bit);
  }
  friend constexpr bool operator==(const BehaviourSet&, const BehaviourSet&) = default;
};

#define RELEASE(...) +1
inline constexpr size_t kReleaseCount = 0
#include "model/releases.def"
    ;

// A release of the table, and within it a stable release: 6.12.43 is {index of 6.12, 43}.
// Sublevel 0 is the mainline release itself.
struct Release {
  uint8_t index = 0;  // into releases()
  uint16_t sublevel = 0;
  friend constexpr bool operator==(Release, Release) = default;
};

struct ReleaseRow {
  uint8_t major;
  uint8_t minor;
  std::string_view name;  // "6.12"
  std::string_view seen;  // see releases.def
};

struct BehaviourRow {
  Behaviour id{};
  std::string_view name{};
  std::string_view since{};
  std::string_view until{};
  std::string_view backports{};
  std::string_view commit{};
  std::string_view cve{};
  std::string_view evidence{};
  std::string_view where{};
  std::string_view sentence{};
};

std::span<const ReleaseRow> releases();
std::span<const BehaviourRow> behaviours();  // indexed by Behaviour
Release oldest_release();
Release newest_release();

// X.Y.Z as written, before any table is asked. `text` begins behind it afterwards.
struct ReleaseNumbers {
  uint32_t major = 0, minor = 0, sublevel = 0;
};
std::optional<ReleaseNumbers> take_release(std::string_view& text);
// The row of a series, or the newest one before it, or the oldest where there is none.
struct Neighbour {
  uint8_t index;
  bool exact;
};
Neighbour nearest_series(ReleaseNumbers asked);

// "6.12", "6.12.43", "6.12.43-cloud-amd64", "v6.12", and whatever else kernel_name.h reads: true
// and *out set, or false where the text is no release or its series is not in the table.
bool parse_release(std::string_view text, Release* out);
const BehaviourRow* find_behaviour(std::string_view name);
inline const BehaviourRow& row(Behaviour b) { return behaviours()[static_cast<size_t>(b)]; }

// One of a row's `backports`, and how it is known: see behaviours.def.
struct Backport {
  enum class Known : uint8_t { proven, at_latest, gone, not_there };
  ReleaseNumbers numbers;
  Known known = Known::proven;
};
std::vector<Backport> backports_of(Behaviour b);

// What a release does, stable backports included.
BehaviourSet behaviours_of(Release release);
// Of names by release the one that holds: "sys_socket 4.17:__sys_socket" is sys_socket, and
// __sys_socket from 4.17 on. Empty before the first release named.
std::string_view name_on(std::string_view names, Release release);
// The same, read once for whoever asks on every call.
class NamesByRelease {
 public:
  explicit NamesByRelease(std::string_view names);
  std::string_view on(Release release) const { return names_[release.index]; }

 private:
  std::array<std::string_view, kReleaseCount> names_;
};
// Does a fact stated as since/until hold in the release? Used by every table with such columns.
bool within(Release release, std::string_view since, std::string_view until,
            std::string_view backports = {});

}  // namespace sockoracle
