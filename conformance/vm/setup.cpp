// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/setup.h"

#include <unistd.h>

#include "conformance/base/cli_error.h"
#include "conformance/vm/child_output.h"
#include "model/case.h"

namespace sockoracle {
namespace {

constexpr std::string_view kModulesSuffix = "-modules";

// panic=-1: a kernel that panics ends at once. quiet: what it says is asked for only when it fails.
constexpr const char* kCommandLine = "quiet panic=-1 rdinit=/init";

// Debian before 6.0 builds the BPF security module, but has it on its list only when told so.
std::string lsm_with_bpf(std::string_view config) {
  constexpr std::string_view kList = "\nCONFIG_LSM=\"";
  const size_t at = config.find(kList);
  if (at == std::string_view::npos || config.find("\nCONFIG_BPF_LSM=y\n") == std::string_view::npos)
    return {};
  std::string_view list = config.substr(at + kList.size());
  list = list.substr(0, list.find('"'));
  const std::string searched = "," + std::string(list) + ",";
  if (list.empty() || searched.find(",bpf,") != std::string::npos) return {};
  return " lsm=" + std::string(list) + ",bpf";
}

// What is not in the table is refused before it is booted.
Release series_of(const std::string& name, const std::string& text) {
  Release release = newest_release();
  if (text.empty() || parse_release(text, &release)) return release;
  throw UnavailableError(name + ": Linux " + text + "; the model has Linux " +
                         std::string(releases().front().name) + " to " +
                         std::string(releases().back().name));
}

// cx16: without it taken away, QEMU 7.2's emulation lets 6.12 crash at random. The first serial
// line is the kernel's console, the second one carries the answers. no_timer_check: on a busy
// machine emulated timer interrupts come too late for the kernel's test of them, and it panics.
MachineCommand qemu_command(const std::string& image, const std::string& words) {
  return {.arguments = {"qemu-system-x86_64",
                        "-M",
                        "q35,accel=tcg",
                        "-nodefaults",
                        "-display",
                        "none",
                        "-smp",
                        "1",
                        "-m",
                        "1024",
                        "-cpu",
                        "qemu64,-cx16",
                        "-serial",
                        "file:{console}",
                        "-serial",
                        "stdio",
                        "-monitor",
                        "none",
                        "-no-reboot",
                        "-kernel",
                        image,
                        "-initrd",
                        "{initrd}",
                        "-append",
                        std::string("console=ttyS0 SOCKORACLE_LINE=/dev/ttyS1 no_timer_check ") +
                            kCommandLine + words},
          .package = "qemu-system-x86"};
}

MachineSetup qemu_setup(std::string_view name, const MachineOptions& options) {
  KernelFolder kernel;
  if (!options.kernel.empty()) {
    if (!name.empty())
      throw UsageError("--subject vm:" + std::string(name) +
                       " names a kernel of the cache; with --kernel, --subject vm is accepted");
    if (access(options.kernel.c_str(), R_OK) != 0)
      throw UsageError("--kernel " + options.kernel +
                       ": cannot be read; an image to boot is "
                       "accepted, like arch/x86/boot/bzImage");
    kernel = {options.kernel, options.config, options.modules};
  } else {
    const bool with_modules = name.size() > kModulesSuffix.size() &&
                              name.substr(name.size() - kModulesSuffix.size()) == kModulesSuffix;
    if (with_modules) name.remove_suffix(kModulesSuffix.size());
    Release release;
    if (!parse_release(name, &release)) {
      throw UsageError("vm:" + std::string(name) +
                       ": a release like vm:6.12 or vm:6.12-modules is "
                       "accepted, or vm and --kernel FILE");
    }
    kernel = find_kernel(std::string(name));
    if (with_modules && kernel.modules.empty()) {
      throw UnavailableError("the packages of kernel " + std::string(name) + " hold no modules");
    }
    if (!with_modules) kernel.modules = options.modules;
  }
  MachineSetup setup{.subject = "vm",
                     .release = series_of(kernel.image, image_release(kernel.image)),
                     .kernel_release = image_release(kernel.image),
                     .command = {},
                     .config = {},
                     .modules = {}};
  if (!kernel.config.empty()) setup.config = config_text(kernel.config);
  if (!kernel.modules.empty()) setup.modules = modules_in_order(kernel.modules);
  std::string words = lsm_with_bpf(setup.config);
  if (!options.append.empty()) words += " " + options.append;
  setup.command = qemu_command(kernel.image, words);
  return setup;
}

// User-mode Linux is a program; its first serial line is this one's standard output, and it has its
// configuration in itself.
MachineSetup uml_setup(std::string_view name, const MachineOptions& options) {
  if (!options.kernel.empty())
    throw UsageError("--kernel is for --subject vm; another user-mode kernel is uml:FILE");
  const std::string binary(name.empty() ? "linux.uml" : name);
  MachineSetup setup{.subject = "uml",
                     .release = {},
                     .kernel_release = {},
                     .command = {},
                     .config = {},
                     .modules = {}};
  std::string version;
  try {
    setup.config = output_of({binary, "--showconfig"});
    version = output_of({binary, "--version"});
  } catch (const UnavailableError& error) {
    throw UnavailableError(error.what() +
                           std::string("; user-mode Linux is in Debian's package user-mode-linux"));
  }
  setup.kernel_release = version.substr(0, version.find('\n'));
  setup.release = series_of(binary, setup.kernel_release);
  if (!options.modules.empty()) setup.modules = modules_in_order(options.modules);
  MachineCommand& command = setup.command;
  command.package = "user-mode-linux";
  command.arguments = {binary,
                       "mem=512M",
                       "initrd={initrd}",
                       "uml_dir={folder}",
                       "con=null",
                       "con0=null,fd:2",
                       "console=tty0",
                       "ssl=null",
                       "ssl0=null,fd:1",
                       "noreboot",
                       "SOCKORACLE_LINE=/dev/ttyS0"};
  const auto add_words = [&](std::string_view text) {
    while (!text.empty()) {
      const size_t blank = text.find(' ');
      if (blank != 0) command.arguments.emplace_back(text.substr(0, blank));
      text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
    }
  };
  add_words(kCommandLine);
  add_words(options.append);
  return setup;
}

}  // namespace

bool is_machine(std::string_view subject) {
  const std::string_view kind = subject.substr(0, subject.find(':'));
  return kind == "vm" || kind == "uml";
}

MachineSetup machine_setup(std::string_view subject, const MachineOptions& options) {
  const size_t colon = subject.find(':');
  const std::string_view name =
      colon == std::string_view::npos ? std::string_view() : subject.substr(colon + 1);
  MachineSetup setup =
      subject.substr(0, colon) == "uml" ? uml_setup(name, options) : qemu_setup(name, options);
  if (options.time_limit > 0) setup.command.time_limit = std::chrono::seconds(options.time_limit);
  return setup;
}

}  // namespace sockoracle
