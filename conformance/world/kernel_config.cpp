// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/kernel_config.h"

#include <algorithm>

namespace sockoracle {
namespace {

// The providers' symbols are in model/providers.def; these are the others.
constexpr std::string_view kSymbols[] = {
    "INET",
    "MODULES",
    "MPTCP",
    "MPTCP_IPV6",
    "IP_SCTP",
    "IP_DCCP",
    "L2TP",
    "L2TP_IP",
    "SMC",
    "IPV6",
    "PACKET",
    "INIT_ON_ALLOC_DEFAULT_ON",
    "ANDROID_PARANOID_NETWORK",
    "CGROUP_BPF",
    "CGROUP_NET_CLASSID",
    "CGROUP_NET_PRIO",
    "NET_RX_BUSY_POLL",
    "SECURITY_NETWORK",
    "IP_MROUTE",
    "INET_UDP_DIAG",
    "INET_RAW_DIAG",
    "DEBUG_NET",
    "USER_NS",
    "NET_NS",
};

// "y", "m", "n", or empty where the line sets nothing. A value of another type counts as set.
std::string_view line_value(std::string_view line, std::string_view* symbol) {
  constexpr std::string_view kPrefix = "CONFIG_", kUnset = " is not set";
  if (line.substr(0, 2) == "# ") {
    line.remove_prefix(2);
    if (line.size() <= kUnset.size() || line.substr(line.size() - kUnset.size()) != kUnset)
      return {};
    line.remove_suffix(kUnset.size());
    if (line.substr(0, kPrefix.size()) != kPrefix) return {};
    *symbol = line.substr(kPrefix.size());
    return "n";
  }
  const size_t equal = line.find('=');
  if (equal == std::string_view::npos || line.substr(0, kPrefix.size()) != kPrefix) return {};
  *symbol = line.substr(kPrefix.size(), equal - kPrefix.size());
  const std::string_view value = line.substr(equal + 1);
  return value == "m" ? "m" : value == "n" ? "n" : "y";
}

}  // namespace

std::span<const std::string_view> config_symbols() { return kSymbols; }

bool is_config_symbol(std::string_view symbol) {
  return std::find(std::begin(kSymbols), std::end(kSymbols), symbol) != std::end(kSymbols);
}

bool apply_config(World& world, std::string_view symbol, std::string_view value) {
  if (value != "y" && value != "m" && value != "n") return false;
  const bool on = value != "n";
  if (symbol == "MODULES") world.modules_enabled = on;
  if (symbol == "INIT_ON_ALLOC_DEFAULT_ON") world.init_on_alloc = on;
  if (symbol == "CGROUP_BPF") world.without.set(Behaviour::cgroup_bpf_sock_create, !on);
  if (symbol == "ANDROID_PARANOID_NETWORK") world.with.set(Behaviour::android_paranoid_network, on);
  if (symbol == "MPTCP_IPV6" && behaviours_of(world.release).has(Behaviour::mptcp_ipv6))
    world.without.set(Behaviour::mptcp_ipv6, !on);
  for (const ProviderRow& row : providers()) {
    if (row.config != symbol) continue;
    const Presence wanted = value == "y"   ? Presence::builtin
                            : value == "m" ? Presence::loadable
                                           : Presence::absent;
    world.providers[static_cast<size_t>(row.id)] = possible_presence(row.id, world.release, wanted);
  }
  return true;
}

namespace {

// Those that apply_config reads by name.
bool has_effect(std::string_view symbol) {
  constexpr std::string_view kRead[] = {"MODULES", "INIT_ON_ALLOC_DEFAULT_ON", "CGROUP_BPF",
                                        "MPTCP_IPV6", "ANDROID_PARANOID_NETWORK"};
  return std::find(std::begin(kRead), std::end(kRead), symbol) != std::end(kRead);
}

// net/l2tp/Makefile builds what is "y" into a module where L2TP is one.
void follow_l2tp(std::map<std::string, std::string>& values) {
  const auto core = values.find("L2TP"), ip = values.find("L2TP_IP");
  if (core == values.end() || ip == values.end()) return;
  if (core->second == "n") ip->second = "n";
  if (core->second == "m" && ip->second == "y") ip->second = "m";
}

}  // namespace

KernelConfig parse_kernel_config(std::string_view text) {
  KernelConfig config;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end), symbol;
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    const std::string_view value = line_value(line, &symbol);
    if (value.empty()) continue;
    config.any = true;
    if (symbol == "NET") config.whole = true;
    if (is_config_symbol(symbol)) config.values[std::string(symbol)] = value;
  }
  if (config.whole)
    for (std::string_view symbol : kSymbols) config.values.emplace(symbol, "n");
  follow_l2tp(config.values);
  return config;
}

std::vector<std::string_view> assumed_symbols(const KernelConfig& config) {
  std::vector<std::string_view> assumed;
  for (const std::string_view symbol : kSymbols) {
    const bool provides = std::any_of(providers().begin(), providers().end(),
                                      [&](const ProviderRow& row) { return row.config == symbol; });
    if ((provides || has_effect(symbol)) && config.values.count(std::string(symbol)) == 0)
      assumed.push_back(symbol);
  }
  return assumed;
}

}  // namespace sockoracle
