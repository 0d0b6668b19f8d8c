// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/kernel_folder.h"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>

#include "conformance/cli_error.h"
#include "conformance/text_file.h"

namespace sockoracle {
namespace {

namespace fs = std::filesystem;

std::string cache_folder() {
  if (const char* own = std::getenv("SOCKORACLE_KERNELS"); own != nullptr && *own != '\0') {
    return own;
  }
  const char* home = std::getenv("HOME");
  return std::string(home != nullptr ? home : "") + "/.cache/sockoracle/kernels";
}

// The names after "depends=" in the section .modinfo, with _ for - as file names have it.
std::vector<std::string> depends_of(std::string_view image) {
  constexpr std::string_view kKey("\0depends=", 9);
  std::vector<std::string> names;
  const size_t at = image.find(kKey);
  if (at == std::string_view::npos)
    return names;
  std::string_view list = image.substr(at + kKey.size());
  list = list.substr(0, list.find('\0'));
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string name(list.substr(0, comma));
    for (char& c : name)
      c = c == '-' ? '_' : c;
    names.push_back(std::move(name));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return names;
}

class Sorter {
 public:
  explicit Sorter(std::map<std::string, std::string> images) : images_(std::move(images)) {}

  std::vector<std::pair<std::string, std::string>> sorted() {
    for (const auto& [name, image] : images_)
      visit(name);
    return std::move(order_);
  }

 private:
  void visit(const std::string& name) {
    const auto found = images_.find(name);
    if (found == images_.end() || !visited_.insert(name).second)
      return;
    for (const std::string& needed : depends_of(found->second))
      visit(needed);
    order_.emplace_back(name, found->second);
  }

  std::map<std::string, std::string> images_;
  std::set<std::string> visited_;
  std::vector<std::pair<std::string, std::string>> order_;
};

}  // namespace

KernelFolder find_kernel(const std::string& release) {
  const fs::path folder = fs::path(cache_folder()) / release;
  std::error_code ignored;
  if (!fs::exists(folder / "vmlinuz", ignored)) {
    throw UnavailableError("no kernel in " + folder.string() +
                           "; to get it: ci/run kernels fetch " + release);
  }
  KernelFolder kernel;
  kernel.image = folder / "vmlinuz";
  if (fs::exists(folder / "config", ignored))
    kernel.config = load_text(folder / "config");
  if (!fs::is_empty(folder / "modules", ignored) && !ignored)
    kernel.modules = folder / "modules";
  return kernel;
}

std::vector<std::pair<std::string, std::string>> modules_in_order(const std::string& folder) {
  std::map<std::string, std::string> images;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".ko") {
      images.emplace(entry.path().stem(), load_text(entry.path()));
    }
  }
  return Sorter(std::move(images)).sorted();
}

}  // namespace sockoracle
