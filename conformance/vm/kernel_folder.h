// SPDX-License-Identifier: GPL-2.0-only
// Kernels to boot and modules to load: from the cache that `ci/run kernels fetch` fills, or a
// developer's own.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace sockoracle {

struct KernelFolder {
  std::string image;    // path of vmlinuz
  std::string config;   // path of the .config; empty where there is none
  std::string modules;  // folder of modules; empty where there is none
};

// "6.12" in $SOCKORACLE_KERNELS or ~/.cache/sockoracle/kernels; throws UnavailableError where it is
// not there.
KernelFolder find_kernel(const std::string& release);

// The text of a .config, plain or gzip; UsageError where it cannot be read.
std::string config_text(const std::string& path);

// The release that an image says it is ("6.12.117+deb13-cloud-amd64"): a bzImage in its boot header
// (Documentation/arch/x86/boot.rst, kernel_version), another one in its banner. Empty where it does
// not say.
std::string image_release(const std::string& path);

// Name and bytes of each module, as it is loaded.
using Modules = std::vector<std::pair<std::string, std::string>>;

// The protocol modules (modules.def) anywhere below a folder and what they depend on, each after
// those its .modinfo names. NAME.ko, also packed as .gz, .xz or .zst. Throws UsageError where there
// is no such folder, UnavailableError where it holds none of them.
Modules modules_in_order(const std::string& folder);

// A line for each alias net-pf-... of these modules, but for netlink's: the alias, then what it
// takes, in the order of loading.
std::string alias_lines(const Modules& modules);

}  // namespace sockoracle
