// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/world/own_caller.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/base/text_file.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// include/linux/proc_ns.h: PROC_USER_INIT_INO, the same since 3.8.
constexpr ino_t kInitialUserNs = 0xEFFFFFFD;
constexpr rlim_t kLooked = 2048;            // so many numbers of descriptors are looked at
constexpr rlim_t kPlenty = 1000;            // more descriptors than a call can feel
constexpr rlim_t kRoom = 8;                 // what reading a file here needs, with some to spare
constexpr uint32_t kUnmapped = 0xfffffffe;  // an id that no range reaches

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool is_open() const { return fd_ >= 0; }
  int replace(int fd) {
    if (fd_ >= 0) close(fd_);
    return fd_ = fd;
  }

 private:
  int fd_;
};

rlim_t descriptors_left(rlim_t limit) {
  const rlim_t looked = std::min(limit, kLooked);
  rlim_t left = limit - looked;
  for (rlim_t fd = 0; fd < looked; ++fd)
    if (fcntl(static_cast<int>(fd), F_GETFD) < 0) ++left;
  return left;
}

ino_t inode_of(const char* path) {
  struct stat status {};
  return stat(path, &status) == 0 ? status.st_ino : 0;
}

ino_t inode_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

// The numbers behind "Name:" in /proc/self/status.
std::vector<uint64_t> status_numbers(const std::string& status, const char* name) {
  std::vector<uint64_t> numbers;
  const size_t at = ("\n" + status).find("\n" + std::string(name) + ":");
  if (at == std::string::npos) return numbers;
  const char* cursor = status.c_str() + at + std::strlen(name) + 1;
  for (char* end = nullptr;; cursor = end) {
    while (*cursor == ' ' || *cursor == '\t') ++cursor;
    const uint64_t number = std::strtoull(cursor, &end, 10);
    if (end == cursor) return numbers;
    numbers.push_back(number);
  }
}

uint64_t effective_capabilities() {
  __user_cap_header_struct header{};
  __user_cap_data_struct data[2]{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  if (syscall(SYS_capget, &header, data) != 0) return 0;
  return uint64_t{data[1].effective} << 32 | data[0].effective;
}

uint64_t known_capabilities() {
  uint64_t known = 0;
  for (int cap = 0; cap < 64 && prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; ++cap)
    known |= uint64_t{1} << cap;
  return known & kAllCaps;
}

class Reader {
 public:
  explicit Reader(OwnCaller* out) : out_(*out), world_(out->world) {}

  void read() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    const rlim_t left = descriptors_left(limit.rlim_cur);
    if (left < kPlenty) world_.limits.fds_left = static_cast<int32_t>(left);
    const DescriptorRoom room;
    own_ns_ = inode_of("/proc/self/ns/user");
    if (own_ns_ == 0)
      throw UnavailableError("--as me: /proc/self cannot be read: " +
                             std::string(std::strerror(errno)));
    own_is_initial_ = own_ns_ == kInitialUserNs;
    status_ = text_if_there("/proc/self/status").value_or("");
    read_ids();
    read_namespaces();
    read_files_left();
    read_notes();
    out_.who = who();
  }

 private:
  void read_ids() {
    Caller& caller = world_.caller;
    const std::vector<uint64_t> uids = status_numbers(status_, "Uid");
    const std::vector<uint64_t> gids = status_numbers(status_, "Gid");
    caller.euid = geteuid();
    caller.egid = getegid();
    caller.fsuid = uids.size() == 4 ? static_cast<uint32_t>(uids[3]) : caller.euid;
    caller.fsgid = gids.size() == 4 ? static_cast<uint32_t>(gids[3]) : caller.egid;
    caller.caps = effective_capabilities() & kAllCaps;
    if (!is_mapped(caller.egid)) caller.egid = caller.fsgid = kUnmapped;
    std::vector<gid_t> groups(static_cast<size_t>(std::max(0, getgroups(0, nullptr))));
    const int count = getgroups(static_cast<int>(groups.size()), groups.data());
    groups.resize(static_cast<size_t>(std::max(0, count)));
    for (const gid_t group : groups) {
      if (!is_mapped(group)) continue;
      if (caller.group_count == kGroupsMax) {
        out_.notes.push_back("of " + std::to_string(groups.size()) +
                             " supplementary groups the first " + std::to_string(kGroupsMax) +
                             " are looked at");
        break;
      }
      caller.groups[caller.group_count++] = group;
    }
  }

  // The kernel shows an id that the user namespace does not map as the overflow id, which then is
  // no id of anybody. Ids are numbered here as this process sees them.
  bool is_mapped(uint32_t group) {
    if (own_is_initial_) return true;
    if (gid_map_.empty()) gid_map_ = text_if_there("/proc/self/gid_map").value_or("") + "\n";
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
    // This table's entries are there for the initial network namespace only, 3.12 to 7.3.
    world_.net_is_init = access("/proc/sys/net/core/netdev_max_backlog", F_OK) == 0;
    if (!own_is_initial_) world_.caller.user_ns = add_user_ns(0, kUnmapped);
    const Descriptor net(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    Descriptor owner(net.is_open() ? ioctl(net.get(), NS_GET_USERNS) : -1);
    // EPERM: it belongs to a namespace that is neither this process's nor below it.
    if (owner.is_open()) return read_owner(owner);
    world_.net_user_ns = 0;
    if (!own_is_initial_ && errno != EPERM)
      out_.notes.push_back("who owns the network namespace cannot be read (" +
                           std::string(std::strerror(errno)) + "): taken as somebody else");
  }

  // From the owner up to this process's own user namespace: what counts on the way is whose the
  // topmost is, for its owner has every capability in all below it.
  void read_owner(Descriptor& ns) {
    std::vector<uint32_t> owners;
    while (inode_of(ns.get()) != own_ns_) {
      uid_t uid = kUnmapped;
      if (ioctl(ns.get(), NS_GET_OWNER_UID, &uid) != 0) uid = kUnmapped;
      owners.push_back(uid);
      if (ns.replace(ioctl(ns.get(), NS_GET_PARENT)) < 0) break;
    }
    uint8_t index = world_.caller.user_ns;
    const size_t depth = std::min<size_t>(owners.size(), kUserNsMax - world_.user_ns_count);
    for (size_t i = 0; i < depth; ++i) index = add_user_ns(index, owners[owners.size() - 1 - i]);
    world_.net_user_ns = index;
  }

  void read_files_left() {
    unsigned long used = 0, freed = 0, most = 0;
    const std::string text = text_if_there("/proc/sys/fs/file-nr").value_or("");
    if (std::sscanf(text.c_str(), "%lu %lu %lu", &used, &freed, &most) != 3) return;
    if (used >= most) world_.limits.files_left = 0;
  }

  void read_notes() {
    if (unmapped_)
      out_.notes.push_back("a group of this process has no number in its user namespace: whether "
                           "net.ipv4.ping_group_range holds it is taken as no");
    const std::vector<uint64_t> mode = status_numbers(status_, "Seccomp");
    if (!mode.empty() && mode[0] != 0)
      out_.notes.push_back("a seccomp filter is on this process: it may answer before the kernel's "
                           "own checks, and is not looked into");
  }

  std::string capabilities_text() const {
    const uint64_t known = known_capabilities(), held = world_.caller.caps & known;
    if (held == 0) return "no capability";
    if (held == known) return "every capability";
    const auto names = [&](uint64_t set) {
      std::string text;
      for (const Symbol& symbol : capability_symbols())
        if ((set >> symbol.number & 1) != 0)
          text += (text.empty() ? "" : ", ") + std::string(symbol.name);
      return text;
    };
    const auto bits = [](uint64_t set) { return __builtin_popcountll(set); };
    constexpr int kFew = 3;
    if (bits(held) <= kFew) return "of the capabilities " + names(held);
    if (bits(known & ~held) <= kFew) return "every capability but " + names(known & ~held);
    const bool raw = (held >> kCAP_NET_RAW & 1) != 0;
    return std::to_string(bits(held)) + " capabilities, " + (raw ? "also" : "not") + " CAP_NET_RAW";
  }

  std::string namespaces_text() const {
    const uint8_t own = world_.caller.user_ns, net = world_.net_user_ns;
    if (own == 0 && net == 0)
      return world_.net_is_init ? "" : ", in a network namespace of the initial user namespace";
    if (own == net) return ", in a user namespace that owns the network namespace";
    if (own != 0 && net == 0)
      return ", in a user namespace that does not own the network namespace";
    return ", outside the user namespace that owns the network namespace";
  }

  std::string who() const {
    const Caller& caller = world_.caller;
    std::string text = "uid " + std::to_string(geteuid()) + ", gid " + std::to_string(getegid());
    for (size_t i = 0; i < caller.group_count; ++i)
      if (caller.group_count > 1 || caller.groups[i] != caller.egid)
        text += (i == 0 ? ", groups " : " ") + std::to_string(caller.groups[i]);
    text += ", " + capabilities_text() + namespaces_text();
    const int32_t left = world_.limits.fds_left;
    if (left != kUnlimited)
      text += ", " + plural(static_cast<uint64_t>(left), "descriptor") + " left";
    if (world_.limits.files_left == 0) text += ", the file table full";
    return text;
  }

  OwnCaller& out_;
  World& world_;
  ino_t own_ns_ = 0;
  bool own_is_initial_ = true, unmapped_ = false;
  std::string status_, gid_map_;
};

OwnCaller read_own_caller() {
  utsname names{};
  if (uname(&names) != 0 || std::string_view(names.sysname) != "Linux")
    throw UsageError("--as me: accepted is the name of a context, for this machine runs " +
                     std::string(names.sysname) + ", not Linux");
  OwnCaller own;
  Reader(&own).read();
  return own;
}

}  // namespace

const OwnCaller& own_caller() {
  static const OwnCaller own = read_own_caller();
  return own;
}

void apply_own_caller(World& world) {
  const World& own = own_caller().world;
  world.caller = own.caller;
  world.user_ns_count = own.user_ns_count;
  world.user_ns = own.user_ns;
  world.net_user_ns = own.net_user_ns;
  world.net_is_init = own.net_is_init;
  world.limits = own.limits;
}

DescriptorRoom::DescriptorRoom() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || descriptors_left(limit.rlim_cur) >= kRoom) return;
  soft_ = limit.rlim_cur;
  limit.rlim_cur = std::min(limit.rlim_max, soft_ + kRoom + kRoom);
  raised_ = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

DescriptorRoom::~DescriptorRoom() {
  rlimit limit{};
  if (!raised_ || getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = soft_;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace sockoracle
