// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/kernel_symbols.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "conformance/base/cli_error.h"

namespace sockoracle {
namespace {

std::string read_all(const char* path) {
  std::string text;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  constexpr size_t kChunk = 1 << 16;
  ssize_t got = 0;
  do {
    const size_t held = text.size();
    text.resize(held + kChunk);
    got = read(fd, text.data() + held, kChunk);
    text.resize(held + (got > 0 ? static_cast<size_t>(got) : 0));
  } while (got > 0);
  close(fd);
  return text;
}

}  // namespace

// "ffffffff81e312d0 t sk_prot_alloc" and perhaps "\t[module]".
KernelSymbols::KernelSymbols() : text_(read_all("/proc/kallsyms")) {
  for (size_t at = 0; at < text_.size();) {
    const size_t end = std::min(text_.find('\n', at), text_.size());
    const std::string_view line = std::string_view(text_).substr(at, end - at);
    uint64_t address = 0;
    const auto [stop, error] = std::from_chars(line.data(), line.data() + line.size(), address, 16);
    const size_t digits = static_cast<size_t>(stop - line.data());
    if (error == std::errc() && address != 0 && line.size() > digits + 3) {
      const char kind = line[digits + 1];
      const size_t length = line.find_first_of(".\t", digits + 3);
      const size_t name_end = length == std::string_view::npos ? line.size() : length;
      if (kind == 't' || kind == 'T' || kind == 'w' || kind == 'W') {
        symbols_.push_back({address, static_cast<uint32_t>(at + digits + 3),
                            static_cast<uint32_t>(name_end - digits - 3)});
      }
    }
    at = end + 1;
  }
  if (symbols_.empty()) {
    throw UnavailableError("/proc/kallsyms shows no addresses (kernel.kptr_restrict, or not root)");
  }
  std::sort(symbols_.begin(), symbols_.end(), [](const Symbol& a, const Symbol& b) {
    return std::pair(a.address, a.name) < std::pair(b.address, b.name);
  });
}

std::string_view KernelSymbols::at(uint64_t address, std::string_view preferred) const {
  auto symbol =
      std::lower_bound(symbols_.begin(), symbols_.end(), address,
                       [](const Symbol& one, uint64_t wanted) { return one.address < wanted; });
  std::string_view found;
  for (; symbol != symbols_.end() && symbol->address == address; ++symbol) {
    if (found.empty() || name(*symbol) == preferred) found = name(*symbol);
  }
  return found;
}

std::string_view KernelSymbols::around(uint64_t address) const {
  const auto next =
      std::upper_bound(symbols_.begin(), symbols_.end(), address,
                       [](uint64_t wanted, const Symbol& one) { return wanted < one.address; });
  return next == symbols_.begin() ? std::string_view() : name(*std::prev(next));
}

}  // namespace sockoracle
