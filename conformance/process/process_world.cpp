// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/process_world.h"

#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "conformance/base/cli_error.h"
#include "conformance/base/scan.h"
#include "conformance/base/text_file.h"
#include "conformance/process/proc_folder.h"
#include "conformance/process/process_surroundings.h"
#include "conformance/process/process_words.h"

namespace sockoracle {
namespace {

// include/linux/proc_ns.h: PROC_USER_INIT_INO, the same since 3.8.
constexpr ino_t kInitialUserNs = 0xEFFFFFFD;
constexpr uint32_t kUnmapped = 0xfffffffe;  // an id that no range reaches

class Reader {
 public:
  // `known`: namespaces that need not be entered again; may be null.
  Reader(const ProcFolder& folder, NetNamespaces* known, ProcessWorld* out)
      : folder_(folder), here_("self"), known_(known), out_(*out), world_(out->world) {}

  void read(const TaskStatus& status, std::optional<uint64_t> left) {
    read_ids(status);
    read_namespaces();
    read_limits(left);
    read_files_left();
    if (unmapped_)
      out_.notes.push_back("a group of this process has no number in its user namespace: whether "
                           "net.ipv4.ping_group_range holds it is taken as no");
    out_.who = who_text(world_, status.uid[1], status.gid[1]);
  }

 private:
  void read_ids(const TaskStatus& status) {
    Caller& caller = world_.caller;
    caller.euid = status.uid[1];
    caller.fsuid = status.uid[3];
    caller.egid = status.gid[1];
    caller.fsgid = status.gid[3];
    caller.caps = status.effective & kAllCaps;
    if (!is_mapped(caller.egid)) caller.egid = caller.fsgid = kUnmapped;
    for (const uint32_t group : status.groups) {
      if (!is_mapped(group)) continue;
      if (caller.group_count == kGroupsMax) {
        out_.notes.push_back("of " + std::to_string(status.groups.size()) +
                             " supplementary groups the first " + std::to_string(kGroupsMax) +
                             " are looked at");
        break;
      }
      caller.groups[caller.group_count++] = group;
    }
  }

  // The kernel shows an id that the reader's user namespace does not map as the overflow id, which
  // then is no id of anybody. Ids are numbered here as this process sees them.
  bool is_mapped(uint32_t group) {
    if (here_.inode("ns/user") == kInitialUserNs) return true;
    if (gid_map_.empty()) gid_map_ = here_.text("gid_map").value_or("") + "\n";
    for (const char* at = gid_map_.c_str(); *at != '\0';) {
      unsigned long inside = 0, outside = 0, count = 0;
      if (std::sscanf(at, "%lu %lu %lu", &inside, &outside, &count) == 3 && group >= inside &&
          group - inside < count)
        return true;
      const char* const end = std::strchr(at, '\n');
      if (end == nullptr) break;
      at = end + 1;
    }
    unmapped_ = true;
    return false;
  }

  uint8_t add_user_ns(uint8_t parent, uint32_t owner) {
    const uint8_t index = world_.user_ns_count++;
    world_.user_ns[index] = UserNs{};
    world_.user_ns[index].parent = parent;
    world_.user_ns[index].owner = owner;
    return index;
  }

  void read_namespaces() {
    user_ns_ = folder_.inode("ns/user");
    if (user_ns_ == 0) return assume_namespaces();
    if (user_ns_ != kInitialUserNs) {
      world_.caller.user_ns = add_user_ns(0, kUnmapped);
      read_extent();
    }
    read_net();
    const OpenFile net = folder_.file("ns/net");
    OpenFile owner(net.is_open() ? ioctl(net.get(), NS_GET_USERNS) : -1);
    // EPERM: it belongs to a namespace that is neither the reader's nor below it.
    if (owner.is_open()) return read_owner(owner);
    world_.net_user_ns = 0;
    if (user_ns_ != kInitialUserNs && errno != EPERM)
      out_.notes.push_back("who owns the network namespace cannot be read (" +
                           std::string(std::strerror(errno)) + "): taken as somebody else");
  }

  // The ids of another namespace are shown as this one numbers them; a process of one's own
  // namespace sees them so as well.
  void read_extent() {
    if (user_ns_ == here_.inode("ns/user")) return;
    UserNs& ns = world_.user_ns[world_.caller.user_ns];
    unsigned inside = 0, outside = 0, count = 0;
    const std::string map = folder_.text("uid_map").value_or("");
    std::sscanf(map.c_str(), "%u %u %u", &inside, &outside, &count);
    ns.inside = inside;
    ns.outside = outside;
    ns.count = count;
  }

  void assume_namespaces() {
    // Everybody may read the map, and it is the same in the same namespace.
    const bool same = folder_.text("uid_map") == here_.text("uid_map");
    out_.holds_if.push_back(
        same ? "its user and network namespaces are those of this command (not readable without "
               "CAP_SYS_PTRACE)"
             : "its user namespace, another than this command's, owns its network namespace (not "
               "readable without CAP_SYS_PTRACE)");
    if (!same) world_.caller.user_ns = world_.net_user_ns = add_user_ns(0, kUnmapped);
    world_.net_is_init = same && access(kInitialNetOnly, F_OK) == 0;
  }

  void read_net() {
    if (known_ == nullptr && folder_.inode("ns/net") == here_.inode("ns/net")) {
      world_.net_is_init = access(kInitialNetOnly, F_OK) == 0;
      return;
    }
    NetNamespaces entered;
    const NetSysctls& there = (known_ == nullptr ? entered : *known_).of(folder_, &out_.sysctls);
    world_.net_is_init = there.is_initial();
    if (there.error() != 0)
      out_.holds_if.push_back("the sysctls of its network namespace are those of this command's (" +
                              std::string(std::strerror(there.error())) + ")");
  }

  // From the owner up to the process's own user namespace: what counts on the way is whose the
  // topmost is, for its owner has every capability in all below it. An owner that is not below it
  // gives it nothing.
  void read_owner(OpenFile& ns) {
    std::vector<uint32_t> owners;
    while (inode_of(ns.get()) != user_ns_) {
      uid_t uid = kUnmapped;
      if (ioctl(ns.get(), NS_GET_OWNER_UID, &uid) != 0) uid = kUnmapped;
      owners.push_back(uid);
      if (ns.replace(ioctl(ns.get(), NS_GET_PARENT)) < 0) {
        world_.net_user_ns = 0;
        return;
      }
    }
    uint8_t index = world_.caller.user_ns;
    const size_t depth = std::min<size_t>(owners.size(), kUserNsMax - world_.user_ns_count);
    for (size_t i = 0; i < depth; ++i) index = add_user_ns(index, owners[owners.size() - 1 - i]);
    world_.net_user_ns = index;
  }

  void read_limits(std::optional<uint64_t> left) {
    if (!left) out_.holds_if.push_back("it may open one more file (RLIMIT_NOFILE, not readable)");
    else if (*left < kPlentyOfDescriptors) world_.limits.fds_left = static_cast<int32_t>(*left);
  }

  void read_files_left() {
    unsigned long used = 0, freed = 0, most = 0;
    const std::string text = text_if_there("/proc/sys/fs/file-nr").value_or("");
    if (std::sscanf(text.c_str(), "%lu %lu %lu", &used, &freed, &most) != 3) return;
    if (used >= most) world_.limits.files_left = 0;
  }

  const ProcFolder& folder_;
  const ProcFolder here_;
  NetNamespaces* const known_;
  ProcessWorld& out_;
  World& world_;
  ino_t user_ns_ = 0;
  bool unmapped_ = false;
  std::string gid_map_;
};

ProcessWorld read_own(std::string_view name, const std::string& origin) {
  const std::string option = origin + " " + std::string(name);
  utsname names{};
  if (uname(&names) != 0 || std::string_view(names.sysname) != "Linux")
    throw UsageError(option + ": accepted is the name of a context, for this machine runs " +
                     std::string(names.sysname) + ", not Linux");
  const uint64_t left = own_descriptors_left();
  const DescriptorRoom room;
  const ProcFolder folder("self");
  const auto status = parse_task_status(folder.text("status").value_or(""));
  if (!status || folder.inode("ns/user") == 0)
    throw UnavailableError(option + ": /proc/self cannot be read: " + std::strerror(errno));
  ProcessWorld process;
  Reader(folder, nullptr, &process).read(*status, left);
  const SeccompFilters filters{{}, "a process cannot read its own"};
  if (name == kOwnCaller) add_filters(*status, filters, &process);
  else add_surroundings(folder, *status, filters, &process);
  return process;
}

ProcessWorld read_other(std::string_view name, const std::string& origin) {
  const std::string_view number = name.substr(kOtherProcess.size());
  const auto pid = whole_number<int32_t>(number);
  if (!pid || *pid <= 0)
    throw UsageError(origin + " " + std::string(name) +
                     ": accepted is pid:N, with the number of a process, or self");
  ProcessWorld process;
  std::string why;
  if (!read_process(std::to_string(*pid), &process, &why))
    throw UsageError(origin + " " + std::string(name) + ": accepted is a running process; " + why);
  return process;
}

}  // namespace

bool read_process(const std::string& number, ProcessWorld* out, std::string* why) {
  *out = {};
  const ProcFolder folder(number);
  const auto status = parse_task_status(folder.text("status").value_or(""));
  if (!status) {
    *why = access("/proc/self/status", F_OK) != 0 ? "/proc is not mounted here"
                                                  : "none has this number";
    return false;
  }
  if (status->has_ended()) *why = status->name + " has ended, and waits to be reaped";
  else if (is_kernel_thread(folder.text("stat").value_or("")))
    *why = status->name + " is a thread of the kernel, which makes no system calls";
  if (!why->empty()) return false;
  Reader(folder, nullptr, out).read(*status, descriptors_left_of(folder));
  SeccompFilters filters;
  if (status->seccomp != 0) filters = seccomp_filters_of(static_cast<pid_t>(std::stol(number)));
  add_surroundings(folder, *status, filters, out);
  out->who = "process " + number + ", " + status->name + ": " + out->who;
  if (!folder.is_gone()) return true;
  *why = status->name + " ended while it was read";
  return false;
}

ProcessWorld read_task(const ProcFolder& folder, const TaskStatus& status, NetNamespaces* known) {
  ProcessWorld task;
  Reader(folder, known, &task).read(status, descriptors_left_of(folder));
  return task;
}

bool names_process_world(std::string_view name) {
  return name == kOwnProcess || name.starts_with(kOtherProcess);
}

bool names_process(std::string_view name) {
  return name == kOwnCaller || names_process_world(name);
}

const ProcessWorld& process_named(std::string_view name, const std::string& origin) {
  static std::map<std::string, ProcessWorld, std::less<>> known;
  const auto found = known.find(name);
  if (found != known.end()) return found->second;
  const bool other = name.starts_with(kOtherProcess);
  return known.emplace(name, other ? read_other(name, origin) : read_own(name, origin))
      .first->second;
}

void apply_process(World& world, const ProcessWorld& process) {
  const World& from = process.world;
  world.caller = from.caller;
  world.user_ns_count = from.user_ns_count;
  world.user_ns = from.user_ns;
  world.net_user_ns = from.net_user_ns;
  world.net_is_init = from.net_is_init;
  world.limits = from.limits;
}

}  // namespace sockoracle
