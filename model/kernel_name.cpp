// SPDX-License-Identifier: GPL-2.0-only
#include "model/kernel_name.h"

#include <algorithm>
#include <cstdint>

#include "model/vendor.h"

namespace sockoracle {
namespace {

enum class Sublevel : uint8_t { kept, hidden };
struct Vendor {
  std::string_view name, release, version;
  Sublevel sublevel;
  std::string_view remark, elsewhere;
};
constexpr Vendor kVendors[] = {
#define VENDOR(name, release, version, sublevel, remark, elsewhere) \
  {name, release, version, Sublevel::sublevel, remark, elsewhere},
#include "model/kernel_vendors.def"
};

struct RhelBuild {
  std::string_view release;
  uint32_t build;
  std::string_view version;
};
constexpr RhelBuild kRhelBuilds[] = {
#define RHEL_BUILD(release, build, version) {release, build, version},
#include "model/rhel_builds.def"
};

// A release as written: X.Y, X.Y.Z or X.Y.Z.more, then a suffix.
struct Written {
  ReleaseNumbers numbers;
  std::string_view suffix;
};

constexpr size_t kNameMax = 128;  // uname's fields hold 64

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool starts(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

std::string_view take_word(std::string_view& text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
  text.remove_prefix(word.size());
  return word;
}

// Debian's packages may carry an epoch: "1:6.1.63-1+rpt1".
std::string_view without_epoch(std::string_view word) {
  size_t digits = 0;
  while (digits < word.size() && is_digit(word[digits])) ++digits;
  const bool epoch = digits != 0 && digits < word.size() && word[digits] == ':';
  return epoch ? word.substr(digits + 1) : word;
}

std::optional<Written> written(std::string_view word) {
  Written found;
  if (!word.empty() && word.front() == 'v') word.remove_prefix(1);
  word = without_epoch(word);
  const std::optional<ReleaseNumbers> numbers = take_release(word);
  if (!numbers || numbers->sublevel > UINT16_MAX) return std::nullopt;
  while (word.size() >= 2 && word[0] == '.' && is_digit(word[1])) {  // WSL: 5.15.167.4
    word.remove_prefix(1);
    while (!word.empty() && is_digit(word.front())) word.remove_prefix(1);
  }
  found.numbers = *numbers;
  found.suffix = word;
  // A name that goes on without a separator, or after a bare dot, is something else's.
  if (!word.empty() && (std::string_view("-+_~").find(word.front()) == std::string_view::npos))
    if (word.front() != '.' || word.size() < 2) return std::nullopt;
  return found;
}

// "-rc3", "~rc7", Fedora's "-0.rc3.20250425git".
bool is_candidate(std::string_view suffix) {
  for (size_t at = 1; at + 2 < suffix.size(); ++at) {
    const bool apart = std::string_view("-.~").find(suffix[at - 1]) != std::string_view::npos;
    if (!apart || !is_digit(suffix[at + 2])) continue;
    if (suffix[at] == 'r' && suffix[at + 1] == 'c') return true;
  }
  return false;
}

const Vendor* vendor_of(std::string_view release, std::string_view version) {
  for (const Vendor& row : kVendors) {
    if (!row.release.empty() && !fits_name(release, row.release)) continue;
    if (version.find(row.version) != std::string_view::npos) return &row;
  }
  return nullptr;
}

// The stable release that a distribution's version text names: "#1 SMP Debian 5.10.262-1",
// "#134-Ubuntu SMP (Ubuntu 5.15.0-124.134-generic 5.15.163)". Before the # stands the compiler's.
std::optional<Written> named_in(std::string_view version, ReleaseNumbers series) {
  const size_t hash = version.find('#');
  if (hash != std::string_view::npos) version.remove_prefix(hash + 1);
  std::optional<Written> found;
  while (!version.empty()) {
    std::string_view word = take_word(version);
    while (!word.empty() && (word.front() == '(' || word.front() == '[')) word.remove_prefix(1);
    while (!word.empty() && (word.back() == ')' || word.back() == ',')) word.remove_suffix(1);
    const std::optional<Written> named = written(word);
    if (!named || named->numbers.major != series.major || named->numbers.minor != series.minor)
      continue;
    if (named->numbers.sublevel != 0) return named;
    if (is_candidate(named->suffix)) found = named;
  }
  return found;
}

// What stands before the release in the longer forms.
std::string_view without_prefix(std::string_view text) {
  for (const std::string_view prefix : {"Linux version ", "Ubuntu "})
    if (starts(text, prefix)) return text.substr(prefix.size());
  if (!starts(text, "Linux ")) return text;
  text.remove_prefix(6);
  std::string_view rest = text;
  if (written(take_word(rest))) return text;  // "Linux 6.12.43"
  return rest;                                // uname -a: a host's name stands between
}

void add_note(KernelName& name, std::string_view text) {
  if (!name.note.view().empty()) name.note.add("; ");
  name.note.add(text);
}

void add_note_of_sublevel(KernelName& name, const Vendor* vendor) {
  add_note(name, "sublevel not known: 0 assumed");
  if (vendor == nullptr || vendor->elsewhere.empty()) return;
  name.note.add(", ");
  name.note.add(vendor->elsewhere);
  name.note.add(" has it");
}

// "a RHEL 9.4 kernel: ...": the version from the name, or from the count of builds.
void add_note_of_rhel(KernelName& name) {
  add_note(name, "a RHEL ");
  const size_t el = name.word.view().find(".el");
  std::string_view version = name.word.view().substr(el + 3);
  version = version.substr(0, version.find_first_not_of("0123456789_"));
  const size_t dot = version.find('_');
  std::string_view by_build;
  for (const RhelBuild& row : kRhelBuilds)
    if (fits_name(name.word.view(), row.release) && build_of(name.word.view()) >= row.build)
      by_build = row.version;
  if (dot != std::string_view::npos) {
    name.note.add(version.substr(0, dot));
    name.note.add(".");
    name.note.add(version.substr(dot + 1));
  } else {
    name.note.add(by_build.empty() ? version : by_build);
  }
  uint32_t known = 0;
  for (const VendorRow& row : vendor_rows()) known += concerns(row, name.word.view()) ? 1 : 0;
  name.note.add(" kernel: ");
  if (known == 0) return name.note.add("its backports are not known");
  name.note.add(known);
  name.note.add(known == 1 ? " change of its own is" : " changes of its own are");
  name.note.add(" applied, other backports are not known");
}

// "-122-custom": a package's count; who gives one may keep the sublevel out of the name.
bool counts(std::string_view suffix) {
  return suffix.size() >= 2 && suffix[0] == '-' && is_digit(suffix[1]) &&
         suffix.find('-', 1) != std::string_view::npos;
}

// The series' own row, or the end of the table that is nearer.
void set_series(KernelName& name, ReleaseNumbers asked) {
  const Neighbour row = nearest_series(asked);
  name.release = {row.index, row.exact ? static_cast<uint16_t>(asked.sublevel) : uint16_t{0}};
  name.in_table = row.exact;
  if (row.exact) return;
  name.note.add(asked.major);
  name.note.add(".");
  name.note.add(asked.minor);
  name.note.add(row.index == 0 ? " is older than the oldest release modelled: "
                               : " is not in the table: ");
  name.note.add(releases()[row.index].name);
  name.note.add(" answers");
}

}  // namespace

bool fits_name(std::string_view text, std::string_view pattern) {
  while (!pattern.empty()) {
    if (pattern.front() == '*') {
      pattern.remove_prefix(1);
      for (size_t at = 0; at <= text.size(); ++at)
        if (fits_name(text.substr(at), pattern)) return true;
      return false;
    }
    if (text.empty()) return false;
    if (pattern.front() == '#' ? !is_digit(text.front()) : pattern.front() != text.front())
      return false;
    text.remove_prefix(1);
    pattern.remove_prefix(1);
  }
  return text.empty();
}

std::optional<KernelName> read_kernel_name(std::string_view text, std::string_view version) {
  std::string_view rest = without_prefix(text);
  const std::string_view word = take_word(rest);
  std::optional<Written> said = written(word);
  if (!said || word.size() > kNameMax) return std::nullopt;
  if (version.empty()) version = rest;
  const Vendor* const vendor = vendor_of(word, version);
  const bool zero = said->numbers.sublevel == 0;
  std::string_view candidate = is_candidate(said->suffix) ? said->suffix : std::string_view{};
  std::optional<Written> named;
  if (zero && candidate.empty()) named = named_in(version, said->numbers);
  if (named) said->numbers.sublevel = named->numbers.sublevel;
  if (named && is_candidate(named->suffix)) candidate = named->suffix;

  KernelName name;
  set_series(name, said->numbers);
  if (vendor != nullptr) name.vendor = vendor->name;
  name.word.add(word);
  const bool next = said->suffix.find("-next-") != std::string_view::npos;
  const bool newer = !name.in_table && name.release.index != 0;
  name.may_differ =
      next || newer || !candidate.empty() || (vendor != nullptr && !vendor->remark.empty());
  if (next) add_note(name, "linux-next has what comes after: the release itself answers");
  else if (!candidate.empty()) add_note(name, "a release candidate: the release itself answers");
  else if (zero && !named && name.in_table &&
           (vendor != nullptr ? vendor->sublevel == Sublevel::hidden : counts(said->suffix)))
    add_note_of_sublevel(name, vendor);
  if (vendor == nullptr || vendor->remark.empty()) return name;
  if (vendor->name == "RHEL") add_note_of_rhel(name);
  else add_note(name, vendor->remark);
  return name;
}

bool parse_release(std::string_view text, Release* out) {
  const std::optional<KernelName> name = read_kernel_name(text);
  // A dot and a letter is a file's name ("6.12.jsonl") more often than a kernel's.
  if (!name || !name->in_table) return false;
  for (size_t at = 0; at + 1 < text.size(); ++at) {
    if (text[at] == '-' || text[at] == '+' || text[at] == '_') break;
    if (text[at] == '.' && !is_digit(text[at + 1])) return false;
  }
  *out = name->release;
  return true;
}

}  // namespace sockoracle
