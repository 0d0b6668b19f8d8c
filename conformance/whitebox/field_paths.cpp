// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/field_paths.h"

#include <sys/utsname.h>

#include <charconv>
#include <fstream>
#include <iterator>
#include <string_view>

#include "conformance/world/kernel_config.h"

namespace sockoracle {
namespace {

constexpr std::string_view kStructs[] = {"inet_sock", "inet_connection_sock", "tcp_sock",
                                         "udp_sock"};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

void split(std::string_view text, std::vector<std::string>& out) {
  constexpr std::string_view kSeparator = " | ";
  while (true) {
    const size_t at = text.find(kSeparator);
    out.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return;
    text = text.substr(at + kSeparator.size());
  }
}

void derive(std::string name, const BtfLayout& layout, std::vector<std::string>& out) {
  const size_t dot = name.rfind('.');
  if (dot != std::string::npos && dot + 1 < name.size() && is_upper(name[dot + 1])) {
    name[dot] = '#';
  }
  if (name.starts_with("np.")) name = "ipv6_pinfo." + name.substr(3);
  const std::string first = name.substr(0, name.find('.'));
  if (first.size() < name.size() && layout.has_struct(first)) {
    out.push_back(name);
    return;
  }
  if (name.starts_with("sk_")) {
    out.push_back("sock." + name);
    out.push_back("sock.__sk_common.skc_" + name.substr(3));
    return;
  }
  for (const std::string_view structure : kStructs) {
    out.push_back(std::string(structure) + "." + name);
  }
  if (name.starts_with("inet_")) out.push_back("sock.__sk_common.skc_" + name.substr(5));
  out.push_back("inet_sock.inet_flags#INET_FLAGS_" + upper(name));
}

}  // namespace

std::vector<std::string> field_paths(const Observable& row, const BtfLayout& layout) {
  std::vector<std::string> paths;
  if (row.argument.empty()) {
    derive(std::string(row.name), layout, paths);
  } else {
    split(row.argument, paths);
  }
  return paths;
}

int64_t kernel_hz() {
  utsname names{};
  uname(&names);
  for (const std::string& path :
       {std::string("/proc/config.gz"), std::string("/boot/config-") + names.release}) {
    std::ifstream file(path, std::ios::binary);
    std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    std::string plain;
    if (gunzip(text, size_t{8} << 20, &plain)) text = std::move(plain);
    constexpr std::string_view kLine = "\nCONFIG_HZ=";
    const size_t at = text.find(kLine);
    if (at == std::string::npos) continue;
    int64_t hz = 0;
    const char* begin = text.data() + at + kLine.size();
    std::from_chars(begin, text.data() + text.size(), hz);
    if (hz > 0) return hz;
  }
  return 0;
}

}  // namespace sockoracle
