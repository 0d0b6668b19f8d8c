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

std::string sign_of(Shape shape) {
  return shape == Shape::with ? "+" : shape == Shape::without ? "-" : "";
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
  for (size_t i = 0; i < typed.size(); ++i) {
    const ItemForm& form = item_forms()[i];
    const std::string flag(form.flag);
    for (const std::string& value : typed[i]) {
      if (form.shape == Shape::pairs) items.push_back(item_of_pair(form.kind, flag, value));
      else items.push_back({form.kind, sign_of(form.shape), value, flag});
    }
  }
  return items;
}

std::vector<std::string> WorldFlags::words() const {
  std::vector<std::string> words;
  if (!world.empty()) words.insert(words.end(), {"--world", world});
  for (size_t i = 0; i < typed.size(); ++i)
    for (const std::string& value : typed[i])
      words.insert(words.end(), {std::string(item_forms()[i].flag), value});
  return words;
}

std::string WorldFlags::last(ItemKind kind) const {
  for (size_t i = 0; i < typed.size(); ++i)
    if (item_forms()[i].kind == kind && !typed[i].empty()) return typed[i].back();
  return {};
}

Call call_argument(const std::string& text) { return pasted_call(text).call; }

}  // namespace sockoracle
