// SPDX-License-Identifier: GPL-2.0-only
// The world of the running kernel, read from what it says about itself: uname, its configuration,
// /proc/net/protocols, loaded modules, sysctls. Never from the answers under test.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/case.h"
#include "model/kernel_name.h"

namespace sockoracle {

struct HostFacts {
  std::string sysname, uname_release, machine;
  bool in_table = false;     // Linux, and its series is in the release table
  std::string release_note;  // what was assumed of the release: "sublevel not known: 0 assumed"
  // The caller is root; both only where in_table.
  World world;                // in a fresh network namespace, as every staged context is
  World here;                 // in this process's own network namespace
  std::string config_source;  // "/proc/config.gz"; empty where no configuration was readable
  // The configuration symbols that change results, without CONFIG_: "y", "m" or "n".
  std::map<std::string, std::string> config;
  std::vector<std::string> protocols;          // the names in /proc/net/protocols, in its order
  std::map<std::string, std::string> sysctls;  // those of sysctls.def that exist: text as read
  std::string lsm;                             // /sys/kernel/security/lsm, or empty
  std::vector<std::string> notes;              // what could not be read and what is assumed instead
};

// `root` is put before every path: the tests' way in.
HostFacts host_facts(const std::string& root = {});

// The same from the texts of such files, by path. What uname says stands in ostype, osrelease and
// version of /proc/sys/kernel.
HostFacts facts_of_files(const std::map<std::string, std::string>& files);

// The release from uname's release and version, by model/kernel_name.h. False where the series is
// not in the table.
bool parse_uname(const std::string& release, const std::string& version, Release* out);

// What a module brings ("dccp_ipv4": DCCP); nullptr where the model has no such provider.
const ProviderRow* provider_of_module(std::string_view module);

// The running kernel's release where it is Linux, else the newest; its note says what was assumed.
const KernelName& default_kernel();

}  // namespace sockoracle
