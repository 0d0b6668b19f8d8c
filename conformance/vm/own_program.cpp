// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/vm/own_program.h"

#include <link.h>

#include <algorithm>
#include <cstring>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_file.h"

namespace sockoracle {
namespace {

// The shared objects that this process was started with, under the names they were looked up by;
// the vDSO is no file.
int add_object(dl_phdr_info* info, size_t, void* paths) {
  if (info->dlpi_name != nullptr && std::strchr(info->dlpi_name, '/') != nullptr)
    static_cast<std::vector<std::string>*>(paths)->emplace_back(info->dlpi_name);
  return 0;
}

std::string base_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

}  // namespace

void pack_own_program(Machine& machine, const std::vector<std::string>& arguments,
                      const MachineOptions& asked, MachineSetup& setup) {
  // Under TCG one oracle alone takes minutes where the other processor is busy as well.
  setup.command.silence = std::chrono::seconds(900);
  if (asked.time_limit == 0) setup.command.time_limit = std::chrono::seconds(1800);
  if (std::find(arguments.begin(), arguments.end(), "--world") != arguments.end())
    throw UsageError("--world FILE stays outside of the machine: with --deep single world flags "
                     "are accepted");
  std::vector<std::string> objects;
  dl_iterate_phdr(add_object, &objects);
  std::string loader;
  machine.add_file("program/sockoracle", load_text("/proc/self/exe"), true);
  for (const std::string& path : objects) {
    const std::string name = base_name(path);
    machine.add_file("program/lib/" + name, load_text(path), true);
    if (name.substr(0, 3) == "ld-") loader = "/program/lib/" + name;
  }
  // Through its loader: then nothing depends on where a distribution keeps one.
  std::string lines;
  if (!loader.empty()) lines = loader + "\n--library-path\n/program/lib\n";
  lines += "/program/sockoracle\n";
  for (const std::string& argument : arguments) lines += argument + "\n";
  machine.add_file("program/arguments", lines);
  if (!setup.kernel_release.empty() && !setup.config.empty())
    machine.add_file("boot/config-" + setup.kernel_release, setup.config);
}

std::string own_program_output(Machine& machine) {
  constexpr std::string_view kData = "data ";
  std::string text;
  while (true) {
    const std::string line(machine.receive());
    if (line.substr(0, kData.size()) == kData) {
      text += unescape_value(line.substr(kData.size()), true);
      continue;
    }
    const size_t blank = line.find(' ', line.find(' ') + 1);
    const std::string status = line.substr(0, blank);
    if (status == "ended 0") return text;
    throw UnavailableError("in the virtual machine sockoracle " + status + ": " +
                           (blank == std::string::npos
                                ? std::string("it said nothing")
                                : unescape_value(line.substr(blank + 1), true)));
  }
}

std::string output_inside(const std::string& subject, const std::vector<std::string>& arguments,
                          const SubjectOptions& asking) {
  MachineSetup setup = machine_setup(subject, asking.machine);
  Machine machine;
  pack_own_program(machine, arguments, asking.machine, setup);
  machine.send("program");
  machine.boot(setup.command, setup.modules);
  return own_program_output(machine);
}

}  // namespace sockoracle
