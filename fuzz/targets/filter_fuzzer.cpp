// SPDX-License-Identifier: GPL-2.0-only
// Text -> filter: a profile where it begins with a brace and a quote, else a dump. Refused in one
// line, or a filter that ends, whose shortcut and whose folded table are what single runs answer.
#include <cstring>
#include <string>
#include <vector>

#include "conformance/base/cli_error.h"
#include "conformance/seccomp/filters.h"
#include "conformance/seccomp/raw.h"
#include "fuzz/oracles/finding.h"
#include "fuzz/targets/entry.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

[[noreturn]] void fail(std::string_view what) {
  Finding finding;
  finding.oracle = Oracle::text;
  finding.what = what;
  finding.expected = 1;
  report(finding, Program{});
}

FilterLayer layer_of(std::string_view text) {
  const size_t key = text.find_first_not_of(" \t\r\n", 1);
  const bool json = text.front() == '{' && key != std::string_view::npos && text[key] == '"';
  if (json) return profile_layer(read_profile(text, "f"), {.abi = find_abi("x86_64")});
  return raw_layer(read_raw_filter(text, "f"), "f");
}

constexpr int32_t kWords[] = {0, 1, 2, 3, 6, 10, 38, 2049, 0x80001, 0x7fffffff, INT32_MIN, -1};

void compare_table(const LoadedFilters& filters, int32_t family) {
  std::vector<FilteredClass> classes;
  try {
    classes = filters.classes(Entry::socket, family);
  } catch (const UsageError&) {
    return;  // too many answers to be shown
  }
  uint64_t words = 0;
  for (const FilteredClass& one : classes)
    for (const TypeWords& set : one.words) {
      words += set.count();
      for (const FilteredRange& range : one.protocols)
        for (const int32_t protocol : {range.low, range.high}) {
          const Call call{Entry::socket, family, static_cast<int32_t>(set.value), protocol};
          if (filters.answer(call, {}) != range.answer) fail("the table is what calls answer");
        }
    }
  if (words != uint64_t{1} << 32) fail("each type word lies in one class");
}

void ask(FilterLayer layer) {
  const FilterCode code = layer.filter.code();
  std::vector<FilterLayer> layers;
  layers.push_back(std::move(layer));
  const LoadedFilters filters(std::move(layers), *find_abi("x86_64"), newest_release());
  const Filter plain(code);
  for (const Entry entry : {Entry::socket, Entry::socketpair, Entry::io_uring, Entry::socketcall})
    for (const int32_t word : kWords) {
      const Call call{entry, word, word ^ 1, word};
      const EntryNumber number = entry_number(*find_abi("x86_64"), entry);
      const uint32_t whole = plain.run(input_of(number, call)).value;
      if (outcome_of(whole, newest_release()) != filters.answer(call, {}))
        fail("a run may begin behind what depends on the system call only");
      if (entry == Entry::socket) filters.reasons(call, {});
    }
  compare_table(filters, 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.empty() || size > 1u << 14) return 0;
  try {
    ask(layer_of(text));
  } catch (const UsageError& error) {
    const std::string_view line = error.what();
    if (line.empty() || line.find('\n') != std::string_view::npos) fail("a refusal is one line");
  } catch (const UnavailableError&) {
    // libseccomp cannot make it, which is neither's fault
  }
  return 0;
}
