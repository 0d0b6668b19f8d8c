// SPDX-License-Identifier: GPL-2.0-only
// Text -> world: a JSON object where it begins with a brace, else a kernel's .config. Both are
// refused in one line, or give a world that can be booted.
#include <string>
#include <vector>

#include "conformance/base/cli_error.h"
#include "conformance/world/kernel_config.h"
#include "conformance/world/world_text.h"
#include "fuzz/oracles/finding.h"
#include "fuzz/targets/entry.h"

using namespace sockoracle;
using namespace sockoracle::fuzz;

namespace {

[[noreturn]] void fail(std::string_view what, const Program& program) {
  Finding finding;
  finding.oracle = Oracle::text;
  finding.what = what;
  finding.expected = 1;
  report(finding, program);
}

void boot(const World& world) {
  Kernel k(world);
  const Verdict verdict = k.call(Call{});
  const Program program = program_of({world, Call{}});
  if (verdict.rule == Rule::created && verdict.fd < 0) fail("a world can be asked", program);
}

void read_world(std::string_view text) {
  std::vector<Item> items;
  try {
    items_of_json(text, "w.json", &items);
    // This machine's own release is not the input's.
    for (Item& item : items)
      if (item.value == "host") item.value = "6.12";
    boot(build_setting(items).world);
  } catch (const UsageError& error) {
    const std::string_view line = error.what();
    if (line.empty() || line.find('\n') != std::string_view::npos)
      fail("a refusal is one line", {});
  }
}

void read_config(std::string_view text) {
  World world = default_world(newest_release());
  for (const auto& [symbol, value] : parse_kernel_config(text).values) {
    if (!is_config_symbol(symbol)) fail("only known symbols are handed on", {});
    if (!apply_config(world, symbol, value)) fail("a value is y, m or n", {});
  }
  std::string unpacked;
  if (gunzip(text, 1u << 16, &unpacked) && unpacked.size() > 1u << 16) fail("the limit holds", {});
  boot(world);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (!text.empty() && text.front() == '{') read_world(text);
  else read_config(text);
  return 0;
}
