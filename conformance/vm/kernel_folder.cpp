// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/kernel_folder.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>
#include <string_view>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_file.h"
#include "conformance/vm/child_output.h"
#include "conformance/world/kernel_config.h"

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
  if (at == std::string_view::npos) return names;
  std::string_view list = image.substr(at + kKey.size());
  list = list.substr(0, list.find('\0'));
  while (!list.empty()) {
    const size_t comma = list.find(',');
    std::string name(list.substr(0, comma));
    for (char& c : name) c = c == '-' ? '_' : c;
    names.push_back(std::move(name));
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
  }
  return names;
}

constexpr std::string_view kProtocolModules[] = {
#define MODULE(name) name,
#include "conformance/vm/modules.def"
};

// "l2tp_ip" of ".../l2tp-ip.ko.xz"; empty where the file is no module.
std::string module_name(const fs::path& path) {
  std::string name = path.filename();
  const size_t end = name.find(".ko");
  if (end == std::string::npos) return {};
  const std::string packing = name.substr(end + 3);
  if (packing != "" && packing != ".gz" && packing != ".xz" && packing != ".zst") return {};
  name.resize(end);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string unpacked(const fs::path& path) {
  constexpr size_t kModuleMax = 256u << 20;
  if (path.extension() == ".xz") return output_of({"xz", "-dc", path});
  if (path.extension() == ".zst") return output_of({"zstd", "-dcq", path});
  std::string bytes = load_text(path), plain;
  if (path.extension() != ".gz") return bytes;
  if (!gunzip(bytes, kModuleMax, &plain))
    throw UsageError(path.string() + ": not gzip, or damaged");
  return plain;
}

// Those of a tree that are wanted, each after what it needs.
class Sorter {
 public:
  explicit Sorter(std::map<std::string, fs::path> files) : files_(std::move(files)) {}

  Modules sorted() {
    for (const std::string_view name : kProtocolModules) visit(std::string(name));
    return std::move(order_);
  }

 private:
  void visit(const std::string& name) {
    const auto found = files_.find(name);
    if (found == files_.end() || !visited_.insert(name).second) return;
    std::string image = unpacked(found->second);
    for (const std::string& needed : depends_of(image)) visit(needed);
    order_.emplace_back(name, std::move(image));
  }

  std::map<std::string, fs::path> files_;
  std::set<std::string> visited_;
  Modules order_;
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
  if (fs::exists(folder / "config", ignored)) kernel.config = folder / "config";
  if (!fs::is_empty(folder / "modules", ignored) && !ignored) kernel.modules = folder / "modules";
  return kernel;
}

std::string config_text(const std::string& path) {
  constexpr size_t kConfigMax = 4u << 20;
  std::string text = load_text(path), plain;
  if (text.substr(0, 2) != "\x1f\x8b") return text;
  if (!gunzip(text, kConfigMax, &plain)) throw UsageError(path + ": not gzip, or damaged");
  return plain;
}

std::string alias_lines(const Modules& modules) {
  constexpr std::string_view kKey("\0alias=net-pf-", 14), kNetlink = "16-";
  std::map<std::string, std::string> takes;  // module: itself and what it depends on, in order
  std::string lines;
  for (const auto& [name, image] : modules) {
    std::set<std::string> needed = {name};
    for (const std::string& depends : depends_of(image)) {
      if (const auto found = takes.find(depends); found != takes.end()) {
        for (std::string_view rest = found->second; !rest.empty();) {
          const size_t blank = rest.find(' ', 1);
          needed.emplace(rest.substr(1, blank - 1));
          rest = blank == std::string_view::npos ? std::string_view() : rest.substr(blank);
        }
      }
    }
    for (const auto& [other, unused] : modules)
      if (needed.count(other) != 0) takes[name] += " " + other;
    for (size_t at = 0; (at = image.find(kKey, at)) != std::string::npos; ++at) {
      if (image.compare(at + kKey.size(), kNetlink.size(), kNetlink) == 0) continue;
      const size_t begin = at + kKey.size() - std::string_view("net-pf-").size();
      lines += image.substr(begin, image.find('\0', begin) - begin) + takes[name] + "\n";
    }
  }
  return lines;
}

std::string image_release(const std::string& path) {
  constexpr size_t kMagicAt = 0x202, kVersionAt = 0x20e, kSetupAt = 0x200;
  constexpr std::string_view kBanner = "Linux version ";
  const std::string image = load_text(path);
  size_t at = std::string::npos;
  if (image.size() > kVersionAt + 2 && image.compare(kMagicAt, 4, "HdrS") == 0) {
    const auto byte = [&](size_t i) { return static_cast<unsigned char>(image[i]); };
    at = kSetupAt + byte(kVersionAt) + (size_t{byte(kVersionAt + 1)} << 8);
  } else if (image.compare(0, 4,
                           "\x7f"
                           "ELF") == 0) {
    at = image.find(kBanner);
    at += at == std::string::npos ? 0 : kBanner.size();
  }
  if (at >= image.size()) return {};
  constexpr size_t kReleaseMax = 64;  // __NEW_UTS_LEN
  const std::string text = image.substr(at, kReleaseMax);
  return text.substr(0, text.find_first_of(std::string_view(" \0\n", 3)));
}

Modules modules_in_order(const std::string& folder) {
  std::error_code error;
  std::map<std::string, fs::path> files;
  fs::recursive_directory_iterator at(folder, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    const std::string name = module_name(at->path());
    if (!name.empty() && at->is_regular_file()) files.emplace(name, at->path());
  }
  if (error) throw UsageError(folder + ": " + error.message());
  Modules modules = Sorter(std::move(files)).sorted();
  if (!modules.empty()) return modules;
  std::string wanted;
  for (const std::string_view name : kProtocolModules) wanted += " " + std::string(name) + ".ko";
  throw UnavailableError("no protocol module in " + folder + "; looked for:" + wanted);
}

}  // namespace sockoracle
