// SPDX-License-Identifier: GPL-2.0-only
// What the files of another machine say is read as this machine's files are.
#include "conformance/client/probe_facts.h"

#include <algorithm>
#include <map>

#include "conformance/base/cli_error.h"
#include "conformance/world/host_world.h"

namespace sockoracle {
namespace {

// What host_facts() reads, but for sysctls and the configuration. Of /sys/module only what it asks.
constexpr std::string_view kFiles[] = {
    "/proc/sys/kernel/modprobe",
    "/proc/sys/kernel/modules_disabled",
    "/proc/net/protocols",
    "/proc/modules",
    "/proc/cmdline",
    "/sys/kernel/security/lsm",
    "/sys/fs/selinux/enforce",
    "/sys/module/apparmor/parameters/enabled",
    "/proc/config.gz",
};

std::string_view after(std::string_view line, std::string_view begin) {
  return line.substr(0, begin.size()) == begin ? line.substr(begin.size()) : std::string_view();
}

// "fact KEY VALUE" lines of `hello`.
std::map<std::string, std::string> receive_hello(ProbeLink& probe) {
  constexpr std::string_view kGreeting = "hello sockoracle.probe/1";
  std::string_view line = probe.receive();
  if (line != kGreeting) {
    std::string shown(line.substr(0, 80));
    for (char& c : shown) {
      if (c < 0x20 || c > 0x7e) c = '?';
    }
    throw UnavailableError("said \"" + shown + "\" where the probe says \"" +
                           std::string(kGreeting) + "\"");
  }
  std::map<std::string, std::string> facts;
  while ((line = probe.receive()) != ".") {
    const std::string_view fact = after(line, "fact ");
    const size_t blank = fact.find(' ');
    if (blank == std::string_view::npos) throw UnavailableError("said a fact without a value");
    facts[std::string(fact.substr(0, blank))] = unescape_value(fact.substr(blank + 1));
  }
  return facts;
}

// False where there is no such file.
bool receive_file(ProbeLink& probe, std::string* text) {
  text->clear();
  while (true) {
    const std::string_view line = probe.receive();
    if (line == ".") return true;
    if (line.substr(0, 4) != "data") return false;
    *text += unescape_value(after(line, "data "), true);
  }
}

// A heading without rows: a system that has the file, and not what it is about.
bool says_nothing(const std::string& name, const std::string& text) {
  return name == "/proc/net/protocols" && std::count(text.begin(), text.end(), '\n') < 2;
}

std::vector<std::string> fact_files() {
  std::vector<std::string> names(std::begin(kFiles), std::end(kFiles));
  for (const SysctlRow& row : sysctls()) {
    std::string path = "/proc/sys/" + std::string(row.name);
    std::replace(path.begin() + 10, path.end(), '.', '/');
    names.push_back(std::move(path));
  }
  return names;
}

using Texts = std::map<std::string, std::string>;  // by key or path

void receive_files(ProbeLink& probe, const std::vector<std::string>& names, Texts& files) {
  std::string text;
  for (const std::string& name : names) {
    if (receive_file(probe, &text) && !says_nothing(name, text)) files[name] = text;
  }
}

// `who`: before what is said, for messages.
ProbeFacts facts_from(Texts hello, Texts files, const std::string& who) {
  const std::string release = hello["release"];
  files["/proc/sys/kernel/ostype"] = hello["sysname"];
  files["/proc/sys/kernel/osrelease"] = release;
  files["/proc/sys/kernel/version"] = hello["version"];
  const HostFacts facts = facts_of_files(files);
  if (!facts.in_table) {
    throw UnavailableError(who + "says it is " + hello["sysname"] + " " + release +
                           "; the model has Linux " + std::string(releases().front().name) +
                           " to " + std::string(releases().back().name));
  }
  ProbeFacts said{.provenance = provenance_of(facts.world), .world = facts.world};
  said.provenance.release = release;
  said.provenance.uname = hello["sysname"] + " " + hello["version"] + " " + hello["machine"];
  said.provenance.config = facts.config;
  said.provenance.protocols = facts.protocols;
  for (const auto& [name, value] : facts.sysctls) said.provenance.sysctls[name] = value;
  said.provenance.lsm = facts.lsm;
  return said;
}

}  // namespace

ProbeFacts ask_facts(ProbeLink& probe) {
  probe.send("hello");
  const Texts hello = receive_hello(probe);
  std::vector<std::string> names = fact_files();
  if (const auto release = hello.find("release"); release != hello.end()) {
    names.push_back("/boot/config-" + release->second);
    names.push_back("/lib/modules/" + release->second + "/config");
  }
  for (const std::string& name : names) probe.send("read " + name);
  Texts files;
  receive_files(probe, names, files);
  return facts_from(hello, std::move(files), "");
}

void queue_facts(ProbeLink& probe) {
  probe.send("hello");
  for (const std::string& name : fact_files()) probe.send("read " + name);
}

ProbeFacts collect_facts(ProbeLink& probe, const std::string& config) {
  Texts hello = receive_hello(probe), files;
  receive_files(probe, fact_files(), files);
  if (!config.empty()) files["/boot/config-" + hello["release"]] = config;
  return facts_from(std::move(hello), std::move(files), "the virtual machine ");
}

}  // namespace sockoracle
