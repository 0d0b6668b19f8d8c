// SPDX-License-Identifier: GPL-2.0-only
#include "model/release.h"

namespace sockoracle {
namespace {

constexpr ReleaseRow kReleases[] = {
#define RELEASE(major, minor, seen) {major, minor, #major "." #minor, seen},
#include "model/releases.def"
};

constexpr BehaviourRow kBehaviours[] = {
#define BEHAVIOUR(row, ...) {.id = Behaviour::row, .name = #row, __VA_ARGS__},
#include "model/behaviours.def"
};
static_assert(std::size(kBehaviours) == kBehaviourCount);

using Version = ReleaseNumbers;

constexpr bool take_number(std::string_view& text, uint32_t& out) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return false;
  out = 0;
  while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
    if (out > 100000) return false;
    out = out * 10 + static_cast<uint32_t>(text.front() - '0');
    text.remove_prefix(1);
  }
  return true;
}

// A version at the start of the text; what follows it stays in `text`.
constexpr std::optional<Version> take_version(std::string_view& text) {
  Version v;
  if (!take_number(text, v.major) || text.empty() || text.front() != '.') return std::nullopt;
  text.remove_prefix(1);
  if (!take_number(text, v.minor)) return std::nullopt;
  if (text.size() >= 2 && text[0] == '.' && text[1] >= '0' && text[1] <= '9') {
    text.remove_prefix(1);
    if (!take_number(text, v.sublevel)) return std::nullopt;
  }
  return v;
}

constexpr int find_series(Version v) {
  for (size_t i = 0; i < std::size(kReleases); ++i)
    if (kReleases[i].major == v.major && kReleases[i].minor == v.minor) return static_cast<int>(i);
  return -1;
}

constexpr bool is_before(const ReleaseRow& row, Version v) {
  return row.major != v.major ? row.major < v.major : row.minor < v.minor;
}

constexpr bool takes(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// The next of a row's backports; nothing at the end or where none can be read.
constexpr std::optional<Backport> take_backport(std::string_view& text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  Backport found;
  if (takes(text, "<=")) found.known = Backport::Known::at_latest;
  else if (takes(text, "-")) found.known = Backport::Known::gone;
  else if (takes(text, "!")) found.known = Backport::Known::not_there;
  const std::optional<Version> v = take_version(text);
  if (!v || (!text.empty() && text.front() != ' ')) return std::nullopt;
  found.numbers = *v;
  return found;
}

constexpr bool holds(Release release, std::string_view since, std::string_view until,
                     std::string_view backports) {
  const ReleaseRow& row = kReleases[release.index];
  bool holding = (since.empty() || !is_before(row, *take_version(since))) &&
                 (until.empty() || is_before(row, *take_version(until)));
  while (!backports.empty()) {
    const std::optional<Backport> b = take_backport(backports);
    if (!b) break;
    if (b->numbers.major != row.major || b->numbers.minor != row.minor) continue;
    if (release.sublevel < b->numbers.sublevel || b->known == Backport::Known::not_there) continue;
    holding = b->known != Backport::Known::gone;
  }
  return holding;
}

constexpr bool is_release(std::string_view text) {
  const std::optional<Version> v = take_version(text);
  return v && text.empty() && v->sublevel == 0;
}

constexpr bool is_earlier(Version a, Version b) {
  if (a.major != b.major) return a.major < b.major;
  return a.minor != b.minor ? a.minor < b.minor : a.sublevel < b.sublevel;
}

// In order, each of a series of the table, and each changes what held before it in its series.
constexpr bool backports_are_well_formed(const BehaviourRow& row) {
  std::string_view text = row.backports;
  Version last;
  while (!text.empty()) {
    const std::optional<Backport> b = take_backport(text);
    if (!b || b->numbers.sublevel == 0 || !is_earlier(last, b->numbers)) return false;
    const int series = find_series(b->numbers);
    if (series < 0) return false;
    const Release before{static_cast<uint8_t>(series),
                         static_cast<uint16_t>(b->numbers.sublevel - 1)};
    const bool held = holds(before, row.since, row.until, row.backports);
    if (held != (b->known == Backport::Known::gone)) return false;
    last = b->numbers;
  }
  return true;
}

constexpr bool table_is_well_formed() {
  for (const BehaviourRow& row : kBehaviours) {
    if (!row.since.empty() && !is_release(row.since)) return false;
    if (!row.until.empty() && !is_release(row.until)) return false;
    if (!backports_are_well_formed(row) || row.sentence.empty()) return false;
    std::string_view since = row.since, until = row.until;
    if (!since.empty() && find_series(*take_version(since)) < 0) return false;
    if (!until.empty() && find_series(*take_version(until)) < 0) return false;
  }
  for (size_t i = 1; i < std::size(kReleases); ++i)
    if (!is_before(kReleases[i - 1], {kReleases[i].major, kReleases[i].minor, 0})) return false;
  return true;
}
static_assert(table_is_well_formed());

// since and until of each behaviour as indices into kReleases, read once by the compiler: a Kernel
// is booted per case in a fuzz target, and parsing the table then would dominate.
struct Span {
  uint8_t first = 0, end = 0;
};

constexpr std::array<Span, kBehaviourCount> parse_spans() {
  std::array<Span, kBehaviourCount> spans{};
  for (size_t i = 0; i < kBehaviourCount; ++i) {
    std::string_view since = kBehaviours[i].since, until = kBehaviours[i].until;
    const int first = since.empty() ? 0 : find_series(*take_version(since));
    const int end =
        until.empty() ? static_cast<int>(std::size(kReleases)) : find_series(*take_version(until));
    spans[i] = {static_cast<uint8_t>(first), static_cast<uint8_t>(end)};
  }
  return spans;
}
constexpr std::array<Span, kBehaviourCount> kSpans = parse_spans();

// What each mainline release has: for a stable one the backports come on top.
constexpr std::array<BehaviourSet, std::size(kReleases)> mainline_sets() {
  std::array<BehaviourSet, std::size(kReleases)> sets{};
  for (size_t i = 0; i < kBehaviourCount; ++i)
    for (size_t release = kSpans[i].first; release < kSpans[i].end; ++release)
      sets[release].set(static_cast<Behaviour>(i));
  return sets;
}
constexpr std::array<BehaviourSet, std::size(kReleases)> kMainline = mainline_sets();

// From this sublevel on a stable series has the behaviour, or has lost it. The rows' texts are read
// once, for every kernel that boots asks.
struct Turn {
  uint8_t series = 0;
  uint16_t sublevel = 0;
  Behaviour behaviour{};
  bool arrives = false;
};

template <class Take>
constexpr void each_turn(const Take& take) {
  for (const BehaviourRow& row : kBehaviours) {
    std::string_view text = row.backports;
    while (const std::optional<Backport> b = take_backport(text)) {
      if (b->known == Backport::Known::not_there) continue;
      take(Turn{static_cast<uint8_t>(find_series(b->numbers)),
                static_cast<uint16_t>(b->numbers.sublevel), row.id,
                b->known != Backport::Known::gone});
    }
  }
}

constexpr size_t count_turns() {
  size_t count = 0;
  each_turn([&](const Turn&) { ++count; });
  return count;
}

// In the order of the rows, and of each row's backports.
constexpr std::array<Turn, count_turns()> parse_turns() {
  std::array<Turn, count_turns()> turns{};
  size_t at = 0;
  each_turn([&](const Turn& turn) { turns[at++] = turn; });
  return turns;
}
constexpr std::array<Turn, count_turns()> kTurns = parse_turns();

BehaviourSet compute(Release release) {
  BehaviourSet set = kMainline[release.index];
  if (release.sublevel == 0) return set;
  for (const Turn& turn : kTurns)
    if (turn.series == release.index && turn.sublevel <= release.sublevel)
      set.set(turn.behaviour, turn.arrives);
  return set;
}

}  // namespace

std::span<const ReleaseRow> releases() { return kReleases; }
std::span<const BehaviourRow> behaviours() { return kBehaviours; }
Release oldest_release() { return {0, 0}; }
Release newest_release() { return {static_cast<uint8_t>(std::size(kReleases) - 1), 0}; }

std::optional<ReleaseNumbers> take_release(std::string_view& text) { return take_version(text); }

Neighbour nearest_series(ReleaseNumbers asked) {
  uint8_t at = 0;
  for (uint8_t i = 0; i < std::size(kReleases); ++i)
    if (is_before(kReleases[i], asked)) at = i;
  const int exact = find_series(asked);
  return exact < 0 ? Neighbour{at, false} : Neighbour{static_cast<uint8_t>(exact), true};
}

const BehaviourRow* find_behaviour(std::string_view name) {
  for (const BehaviourRow& row : kBehaviours)
    if (row.name == name) return &row;
  return nullptr;
}

BehaviourSet behaviours_of(Release release) { return compute(release); }

std::vector<Backport> backports_of(Behaviour b) {
  std::vector<Backport> all;
  std::string_view text = row(b).backports;
  while (const std::optional<Backport> next = take_backport(text)) all.push_back(*next);
  return all;
}

std::string_view name_on(std::string_view names, Release release) {
  std::string_view found;
  while (!names.empty()) {
    const size_t blank = names.find(' ');
    std::string_view word = names.substr(0, blank);
    names = blank == std::string_view::npos ? std::string_view() : names.substr(blank + 1);
    if (const std::optional<Version> since = take_version(word); since && takes(word, ":"))
      if (is_before(kReleases[release.index], *since)) break;
    found = word;
  }
  return found;
}

NamesByRelease::NamesByRelease(std::string_view names) {
  for (uint8_t i = 0; i < kReleaseCount; ++i) names_[i] = name_on(names, {i, 0});
}

bool within(Release release, std::string_view since, std::string_view until,
            std::string_view backports) {
  return holds(release, since, until, backports);
}

}  // namespace sockoracle
