// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/host_world.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_file.h"
#include "conformance/world/kernel_config.h"
#include "conformance/world/provider_witness.h"

namespace sockoracle {
namespace {

// Ubuntu's kernels name their stable release here: "Ubuntu 5.15.0-122.132-generic 5.15.160".
constexpr const char* kSignature = "/proc/version_signature";
std::string signature_of(const std::optional<std::string>& text) {
  return text ? " (" + text->substr(0, text->find('\n')) + ")" : "";
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\0'))
    text.pop_back();
  return text;
}

// The first word of each line.
std::vector<std::string> first_words(const std::string& text) {
  std::vector<std::string> words;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size());
    const size_t blank = std::min(text.find_first_of(" \t\n", start), text.size());
    words.push_back(text.substr(start, blank - start));
    start = end + 1;
  }
  return words;
}

bool contains(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Host {
 public:
  using Files = std::map<std::string, std::string>;
  // `files`, where there are some, are all there is.
  Host(const std::string& root, const Files* files, HostFacts* facts)
      : root_(root), files_(files), facts_(*facts) {}

  void read_release() {
    utsname names{};
    std::string version;
    if (root_.empty() && files_ == nullptr) {
      if (uname(&names) != 0) return;
      facts_.sysname = names.sysname;
      facts_.uname_release = names.release;
      facts_.machine = names.machine;
      version = names.version;
    } else {
      facts_.sysname = trimmed(file("/proc/sys/kernel/ostype").value_or(""));
      facts_.uname_release = trimmed(file("/proc/sys/kernel/osrelease").value_or(""));
      version = trimmed(file("/proc/sys/kernel/version").value_or(""));
    }
    version += signature_of(file(kSignature));
    const std::optional<KernelName> name = read_kernel_name(facts_.uname_release, version);
    facts_.in_table = facts_.sysname == "Linux" && name && name->in_table;
    if (!facts_.in_table) return;
    facts_.world = default_world(name->release);
    facts_.release_note = name->note.view();
  }

  void read_config() {
    const std::string candidates[] = {"/proc/config.gz", "/boot/config-" + facts_.uname_release,
                                      "/lib/modules/" + facts_.uname_release + "/config"};
    for (const std::string& path : candidates) {
      const std::optional<std::string> text = file(path);
      if (!text) continue;
      try {
        const KernelConfig config = kernel_config_of(*text, root_ + path);
        if (!config.whole) {
          facts_.notes.push_back(root_ + path + ": an excerpt, without a CONFIG_NET line");
          continue;
        }
        facts_.config = config.values;
        facts_.config_source = path;
        return;
      } catch (const UsageError& error) {
        facts_.notes.push_back(error.what());
      }
    }
    facts_.notes.push_back("no kernel configuration is readable (/proc/config.gz, " +
                           candidates[1] + "): what is built in is taken from /proc/net/protocols");
  }

  void read_providers() {
    const std::optional<std::string> protocols = file("/proc/net/protocols");
    if (protocols) {
      facts_.protocols = first_words(*protocols);
      if (!facts_.protocols.empty()) facts_.protocols.erase(facts_.protocols.begin());  // heading
    } else {
      facts_.notes.push_back("/proc/net/protocols is not readable: loaded protocols are unknown");
    }
    loaded_ = first_words(file("/proc/modules").value_or(""));
    for (const Witness& witness : kWitnesses) {
      const size_t index = static_cast<size_t>(witness.provider);
      facts_.world.providers[index] = possible_presence(
          witness.provider, facts_.world.release, presence_of(witness, protocols.has_value()));
    }
  }

  void read_module_loading() {
    const bool built = facts_.config_source.empty() ? file("/proc/modules").has_value()
                                                    : facts_.config["MODULES"] == "y";
    const std::string modprobe = trimmed(file("/proc/sys/kernel/modprobe").value_or(""));
    const std::string disabled = trimmed(file("/proc/sys/kernel/modules_disabled").value_or("0"));
    facts_.world.modules_enabled = built && !modprobe.empty() && disabled != "1";
  }

  void read_sysctls() {
    here_ = facts_.world.sysctls;
    for (const SysctlRow& row : sysctls()) {
      std::string path(row.name);
      std::replace(path.begin(), path.end(), '.', '/');
      const std::optional<std::string> text = file("/proc/sys/" + path);
      if (!text) continue;
      std::string value = trimmed(*text);
      std::replace(value.begin(), value.end(), '\t', ' ');
      facts_.sysctls[std::string(row.name)] = value;
      set_sysctl(row, value);
    }
  }

  // Everything is read; what differs is what a fresh network namespace does not inherit.
  void make_here() {
    facts_.here = facts_.world;
    for (size_t i = 0; i < kSysctlCount; ++i) {
      facts_.here.sysctls[i] = here_[i];
      if (!sysctls()[i].per_netns) facts_.world.sysctls[i] = here_[i];
    }
  }

  void read_security() {
    facts_.lsm = trimmed(file("/sys/kernel/security/lsm").value_or(""));
    const bool selinux = exists("/sys/fs/selinux/enforce");
    const bool apparmor =
        trimmed(file("/sys/module/apparmor/parameters/enabled").value_or("")) == "Y";
    const auto listed = [&](const char* name) {
      return facts_.lsm.find(name) != std::string::npos;
    };
    facts_.world.lsm_sk_blob =
        selinux || apparmor || listed("selinux") || listed("apparmor") || listed("smack");
    facts_.world.init_on_alloc =
        !facts_.config_source.empty() && facts_.config["INIT_ON_ALLOC_DEFAULT_ON"] == "y";
    const std::string line = " " + trimmed(file("/proc/cmdline").value_or("")) + " ";
    if (line.find(" init_on_alloc=1 ") != std::string::npos) facts_.world.init_on_alloc = true;
    if (line.find(" init_on_alloc=0 ") != std::string::npos) facts_.world.init_on_alloc = false;
  }

  void read_config_effects() {
    if (facts_.config_source.empty()) return;
    for (const char* symbol : {"CGROUP_BPF", "MPTCP_IPV6"})
      apply_config(facts_.world, symbol, facts_.config[symbol]);
  }

 private:
  std::optional<std::string> file(const std::string& path) const {
    if (files_ == nullptr) return text_if_there(root_ + path);
    const auto found = files_->find(path);
    return found == files_->end() ? std::nullopt : std::optional(found->second);
  }

  bool exists(const std::string& path) const {
    if (files_ != nullptr) return files_->count(path) != 0;
    return access((root_ + path).c_str(), F_OK) == 0;
  }

  bool is_loaded(std::string_view module) const {
    return !module.empty() &&
           (contains(loaded_, module) || exists("/sys/module/" + std::string(module)));
  }

  Presence presence_of(const Witness& witness, bool protocols_known) const {
    const bool shown = contains(facts_.protocols, witness.proto);
    const bool loaded = is_loaded(witness.module);
    const ProviderRow& row = providers()[static_cast<size_t>(witness.provider)];
    if (facts_.config_source.empty() || row.config.empty()) {
      if (contains(loaded_, witness.module)) return Presence::loaded;
      if (shown) return Presence::builtin;
      return protocols_known ? Presence::absent : row.usual;
    }
    const std::string& value = facts_.config.at(std::string(row.config));
    if (value == "n") return Presence::absent;
    if (value == "m") return loaded || shown ? Presence::loaded : Presence::loadable;
    // Built in and yet not registered: ipv6.disable=1 and its like.
    return shown || !protocols_known ? Presence::builtin : Presence::absent;
  }

  void set_sysctl(const SysctlRow& row, const std::string& text) {
    SysctlValue value;
    const char* at = text.data();
    const char* const end = at + text.size();
    for (size_t i = 0; i < row.count; ++i) {
      while (at != end && *at == ' ') ++at;
      const auto [rest, error] = std::from_chars(at, end, value.v[i]);
      if (error != std::errc()) {
        facts_.notes.push_back(std::string(row.name) + ": cannot read \"" + text + "\"");
        return;
      }
      at = rest;
    }
    here_[static_cast<size_t>(row.id)] = value;
  }

  std::string root_;
  const Files* files_;
  HostFacts& facts_;
  std::vector<std::string> loaded_;
  std::array<SysctlValue, kSysctlCount> here_{};
};

HostFacts facts_by(Host&& host, HostFacts& facts) {
  host.read_release();
  if (!facts.in_table) return facts;
  host.read_config();
  host.read_providers();
  host.read_module_loading();
  host.read_sysctls();
  host.read_security();
  host.read_config_effects();
  host.make_here();
  return facts;
}

}  // namespace

HostFacts host_facts(const std::string& root) {
  HostFacts facts;
  return facts_by(Host(root, nullptr, &facts), facts);
}

HostFacts facts_of_files(const std::map<std::string, std::string>& files) {
  HostFacts facts;
  return facts_by(Host({}, &files, &facts), facts);
}

bool parse_uname(const std::string& release, const std::string& version, Release* out) {
  const std::optional<KernelName> name = read_kernel_name(release, version);
  if (!name || !name->in_table) return false;
  *out = name->release;
  return true;
}

const ProviderRow* provider_of_module(std::string_view module) {
  for (const Witness& witness : kWitnesses)
    if (!module.empty() && witness.module == module)
      return &providers()[static_cast<size_t>(witness.provider)];
  return nullptr;
}

namespace {

KernelName read_default_kernel() {
  KernelName newest;
  newest.release = newest_release();
  utsname names{};
  if (uname(&names) != 0 || std::string_view(names.sysname) != "Linux") return newest;
  const std::string version = names.version + signature_of(text_if_there(kSignature));
  const std::optional<KernelName> name = read_kernel_name(names.release, version);
  if (name) return *name;
  newest.note.add("this machine's ");
  newest.note.add(names.release);
  newest.note.add(" is not understood");
  return newest;
}

}  // namespace

// Read once: `ask` wants it for each of its lines.
const KernelName& default_kernel() {
  static const KernelName name = read_default_kernel();
  return name;
}

}  // namespace sockoracle
