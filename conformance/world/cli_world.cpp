// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/cli_world.h"

#include "conformance/base/terminal.h"
#include "conformance/world/kernel_config.h"
#include "conformance/world/pasted_call.h"

namespace sockoracle {
namespace {

// One line on stderr: what an excerpt of a .config leaves open is not "n".
void tell_assumed(const std::string& path, const KernelConfig& config) {
  std::string symbols;
  for (const std::string_view symbol : assumed_symbols(config))
    symbols += (symbols.empty() ? "" : " ") + std::string(symbol);
  complain(path +
           " is an excerpt, without a CONFIG_NET line; what it does not name is assumed as "
           "in a distribution's kernel: " +
           symbols);
}

}  // namespace

std::vector<Item> WorldFlags::items() const {
  std::vector<Item> items;
  if (!world.empty()) items_of_world(world, &items);
  if (!kernel_config.empty()) {
    const KernelConfig config = read_kernel_config(kernel_config);
    if (!config.whole) tell_assumed(kernel_config, config);
    for (const auto& [symbol, value] : config.values)
      items.push_back({ItemKind::config, symbol, value, "--kernel-config"});
  }
  const auto one = [&](ItemKind kind, const std::string& value, const char* flag) {
    if (!value.empty()) items.push_back({kind, {}, value, flag});
  };
  const auto each = [&](ItemKind kind, const std::vector<std::string>& values, const char* flag,
                        const char* key = "") {
    for (const std::string& value : values) items.push_back({kind, key, value, flag});
  };
  const auto pairs = [&](ItemKind kind, const std::vector<std::string>& values, const char* flag) {
    for (const std::string& value : values) items.push_back(item_of_pair(kind, flag, value));
  };
  one(ItemKind::release, release, "--release");
  one(ItemKind::context, as, "--as");
  one(ItemKind::uid, uid, "--uid");
  one(ItemKind::gid, gid, "--gid");
  one(ItemKind::egid, egid, "--egid");
  one(ItemKind::groups, groups, "--groups");
  each(ItemKind::cap, caps, "--cap");
  each(ItemKind::fault, faults, "--fault");
  each(ItemKind::behaviour, with, "--with", "+");
  each(ItemKind::behaviour, without, "--without", "-");
  pairs(ItemKind::module, modules, "--module");
  pairs(ItemKind::sysctl, sysctls, "--sysctl");
  pairs(ItemKind::limit, limits, "--limit");
  pairs(ItemKind::policy, policies, "--policy");
  return items;
}

std::vector<std::string> WorldFlags::words() const {
  std::vector<std::string> words;
  const auto add = [&](const char* flag, const std::string& value) {
    if (!value.empty()) words.insert(words.end(), {flag, value});
  };
  const std::pair<const char*, const std::string*> singles[] = {
      {"--release", &release}, {"--as", &as},         {"--uid", &uid},    {"--gid", &gid},
      {"--egid", &egid},       {"--groups", &groups}, {"--world", &world}};
  for (const auto& [flag, value] : singles) add(flag, *value);
  const std::pair<const char*, const std::vector<std::string>*> lists[] = {
      {"--cap", &caps},        {"--fault", &faults},   {"--with", &with},
      {"--without", &without}, {"--module", &modules}, {"--sysctl", &sysctls},
      {"--limit", &limits},    {"--policy", &policies}};
  for (const auto& [flag, values] : lists)
    for (const std::string& value : *values) add(flag, value);
  return words;
}

Call call_argument(const std::string& text) { return pasted_call(text).call; }

}  // namespace sockoracle
