// SPDX-License-Identifier: GPL-2.0-only
// sockoracle-seccomp: becomes a program behind the filter of a seccomp profile, or of a dump.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "conformance/base/cli_error.h"
#include "conformance/situation/situation.h"

namespace {

using namespace sockoracle;
namespace fs = std::filesystem;

// The file, or one of that name which came with this program.
std::string found_file(const std::string& name) {
  if (name.find('/') != std::string::npos || fs::exists(name)) return name;
  std::error_code error;
  const fs::path here = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& folder : {here, here / "../share/sockoracle"})
    if (fs::exists(folder / name)) return folder / name;
  return name;
}

uint64_t bounding_set() {
  uint64_t caps = 0;
  for (int number = 0; number < 64; ++number)
    if (prctl(PR_CAPBSET_READ, number, 0, 0, 0) == 1) caps |= uint64_t{1} << number;
  return caps;
}

// The profile as an engine would have it compiled for this process.
FilterCode code_of(const std::string& file) {
  World world;
  world.caller.caps = bounding_set();
  utsname name{};
  if (uname(&name) == 0) parse_release(name.release, &world.release);
  const auto filters = filters_of({{ItemKind::seccomp, {}, file, "FILTER"}}, world);
  return filters->layers().front().filter.code();
}

bool install(FilterCode code) {
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  // With CAP_SYS_ADMIN no_new_privs is not needed, and programs keep what they may do; without,
  // as root of a container is, it has to be set first.
  if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0) return true;
  return errno == EACCES && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

int complain(const std::string& text, int status) {
  fprintf(stderr, "sockoracle-seccomp: %s\n", text.c_str());
  return status;
}

}  // namespace

int main(int argument_count, char** arguments) {
  if (argument_count < 3)
    return complain("accepted is FILTER PROGRAM [ARGUMENT...]; FILTER is a profile in JSON or a "
                    "dumped filter (sockoracle help filter)",
                    kExitUsage);
  try {
    if (!install(code_of(found_file(arguments[1]))))
      return complain("this kernel refuses the filter: " + std::string(strerror(errno)),
                      kExitUnavailable);
  } catch (const UsageError& error) {
    return complain(error.what(), kExitUsage);
  } catch (const std::exception& error) {
    return complain(error.what(), kExitUnavailable);
  }
  execvp(arguments[2], arguments + 2);
  return complain(std::string(arguments[2]) + ": " + strerror(errno), kExitUnavailable);
}
