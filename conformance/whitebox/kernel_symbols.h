// SPDX-License-Identifier: GPL-2.0-only
// Addresses of the running kernel's functions and their names: /proc/kallsyms, read as root.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

class KernelSymbols {
 public:
  KernelSymbols();  // throws UnavailableError where the kernel does not show its addresses

  // The name of the function that begins at the address, without what compilers append
  // (".constprop.0"); where several begin there, `preferred` if it is one of them. Empty: none.
  std::string_view at(uint64_t address, std::string_view preferred = {}) const;
  // The name of the function that the address lies in.
  std::string_view around(uint64_t address) const;

 private:
  struct Symbol {
    uint64_t address;
    uint32_t name, length;  // in text_
  };
  std::string_view name(const Symbol& symbol) const {
    return std::string_view(text_).substr(symbol.name, symbol.length);
  }
  std::string text_;
  std::vector<Symbol> symbols_;  // ascending
};

}  // namespace sockoracle
