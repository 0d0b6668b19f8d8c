// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/explain/repro_stage.h"
#include "conformance/base/cli_error.h"
#include "conformance/process/process_world.h"

#include <algorithm>

#include <fmt/format.h>

namespace sockoracle {
namespace {

struct Op {
  std::string word, rest;
};

// Namespaces first, in their order; then settings inside of them; credentials; descriptors last.
int rank(const Op& op) {
  static constexpr std::string_view kOrder[] = {"sysctl", "groups", "gid",   "egid",
                                                "uid",    "caps",   "nofile"};
  for (size_t i = 0; i < std::size(kOrder); ++i)
    if (op.word == kOrder[i]) return static_cast<int>(i) + 1;
  return 0;
}

std::vector<Op> parse_ops(std::string_view text) {
  std::vector<Op> ops;
  while (!text.empty()) {
    const size_t end = std::min(text.find(';'), text.size());
    std::string_view op = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    while (!op.empty() && op.front() == ' ') op.remove_prefix(1);
    const size_t blank = std::min(op.find(' '), op.size());
    ops.push_back(
        {std::string(op.substr(0, blank)), std::string(op.substr(std::min(blank + 1, op.size())))});
  }
  return ops;
}

void drop(std::vector<Op>& ops, std::string_view word) {
  ops.erase(std::remove_if(ops.begin(), ops.end(), [&](const Op& op) { return op.word == word; }),
            ops.end());
}

std::string groups_of(const Caller& caller) {
  std::string text;
  for (size_t i = 0; i < caller.group_count; ++i)
    text += (i == 0 ? "" : ",") + std::to_string(caller.groups[i]);
  return text.empty() ? "none" : text;
}

// The context's operations, with the single items in the place of what they override.
std::vector<Op> operations(const Setting& setting, std::vector<std::string>* lacks) {
  std::string_view context = "root";
  for (const Item& item : setting.items)
    if (item.kind == ItemKind::context) context = item.value;
  // Who runs the program is its caller already, in whatever namespaces that is.
  const bool own = names_process(context);
  if (context.starts_with(kOtherProcess))
    throw UsageError("repro --as " + std::string(context) +
                     ": accepted is a context or me, for no program can become another process");
  std::vector<Op> ops = own ? std::vector<Op>{} : parse_ops(find_context(context)->operations);
  const World& world = setting.world;
  bool caps = false;
  for (const Item& item : setting.items) {
    const auto instead = [&](std::string_view word, std::string rest) {
      drop(ops, word);
      ops.push_back({std::string(word), std::move(rest)});
    };
    switch (item.kind) {
      case ItemKind::uid:
        instead("uid", std::to_string(world.caller.euid));
        caps = true;
        break;
      case ItemKind::gid:
        drop(ops, "egid");
        instead("gid", item.value);
        break;
      case ItemKind::egid: instead("egid", item.value); break;
      case ItemKind::groups: instead("groups", groups_of(world.caller)); break;
      case ItemKind::cap: caps = true; break;
      case ItemKind::sysctl: {
        const SysctlRow* row = find_sysctl(item.key);
        if (row == nullptr) break;
        if (row->per_netns && !own)
          ops.push_back(
              {"sysctl",
               item.key + " " + sysctl_text(row->id, world.sysctls[static_cast<size_t>(row->id)])});
        else if (item.origin.rfind("--sysctl", 0) == 0)
          lacks->push_back(item.key + (row->per_netns ? " is of your own network namespace"
                                                      : " is the whole system's"));
        break;
      }
      case ItemKind::limit:
        if (item.key == "fds_left") instead("nofile", item.value);
        else lacks->push_back(item.key + " concerns the whole system");
        break;
      case ItemKind::policy: lacks->push_back("the policy " + item.key + " needs BPF"); break;
      case ItemKind::fault: lacks->push_back("a failing allocation needs fault injection"); break;
      default: break;
    }
  }
  if (caps || world.caller.euid != 0) {
    drop(ops, "caps");
    ops.push_back({"caps", fmt::format("0x{:x}", world.caller.caps)});
  }
  // A handful, in insertion order where ranks are equal. (clang-19 warns of libstdc++'s
  // std::stable_sort.)
  for (auto at = ops.begin(); at != ops.end(); ++at) {
    const auto place = std::upper_bound(ops.begin(), at, *at,
                                        [](const Op& a, const Op& b) { return rank(a) < rank(b); });
    std::rotate(place, at, at + 1);
  }
  return ops;
}

constexpr std::string_view kMust = R"c(
static void must(int ok, const char *what)
{
	if (!ok)
		skip(what, strerror(errno));
}
)c";

constexpr std::string_view kWriteFile = R"c(
static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return n == (ssize_t)strlen(text);
}
)c";

constexpr std::string_view kUserns = R"c(
/* A fresh user namespace; its root is the caller. */
static void enter_userns(void)
{
	char uid_map[48], gid_map[48];

	snprintf(uid_map, sizeof(uid_map), "0 %u 1\n", (unsigned int)geteuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1\n", (unsigned int)getegid());
	must(unshare(CLONE_NEWUSER) == 0, "unshare(CLONE_NEWUSER)");
	must(write_file("/proc/self/uid_map", uid_map), "uid_map");
	if (write_file("/proc/self/gid_map", gid_map))
		return;
	must(write_file("/proc/self/setgroups", "deny"), "setgroups");
	must(write_file("/proc/self/gid_map", gid_map), "gid_map");
}
)c";

constexpr std::string_view kOwnedNetns = R"c(
/* Enters a network namespace of a user namespace that uid owns, but not the latter. */
static void enter_owned_netns(unsigned int uid)
{
	char path[48], done = 0;
	int ready[2], leave[2], fd;
	pid_t pid;

	must(pipe(ready) == 0 && pipe(leave) == 0, "pipe");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		close(leave[1]);
		done = setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
		       setresuid(uid, uid, uid) == 0 &&
		       prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 &&
		       unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0;
		if (write(ready[1], &done, 1) == 1 && read(leave[0], &done, 1) < 0)
			_exit(1);
		_exit(0);
	}
	must(read(ready[0], &done, 1) == 1, "read");
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = done ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	done = fd >= 0 && setns(fd, CLONE_NEWNET) == 0;
	if (fd >= 0)
		close(fd);
	close(leave[1]);
	close(leave[0]);
	close(ready[0]);
	close(ready[1]);
	waitpid(pid, NULL, 0);
	must(done, "a network namespace of another owner");
}
)c";

constexpr std::string_view kCaps = R"c(
/* Exactly these capabilities, effective and permitted. */
static void only_capabilities(unsigned long long mask)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];
	unsigned long long held;

	must(syscall(SYS_capget, &head, data) == 0, "capget");
	held = data[0].permitted | (unsigned long long)data[1].permitted << 32;
	if (mask >> 63) /* all, or all but ... of those that there are */
		mask &= held;
	errno = EPERM;
	must((mask & ~held) == 0, "a capability that is not held");
	memset(data, 0, sizeof(data));
	data[0].effective = data[0].permitted = (unsigned int)mask;
	data[1].effective = data[1].permitted = (unsigned int)(mask >> 32);
	must(syscall(SYS_capset, &head, data) == 0, "capset");
}
)c";

constexpr std::string_view kNofile = R"c(
/* So many descriptors can still be opened. */
static void descriptors_left(unsigned int count)
{
	struct rlimit limit;
	int lowest = dup(0);

	must(lowest >= 0, "dup");
	close(lowest);
	must(getrlimit(RLIMIT_NOFILE, &limit) == 0, "getrlimit");
	limit.rlim_cur = (rlim_t)lowest + count;
	must(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
}
)c";

std::string sysctl_path(std::string_view name) {
  std::string path = "/proc/sys/" + std::string(name);
  std::replace(path.begin() + 10, path.end(), '.', '/');
  return path;
}

class Builder {
 public:
  explicit Builder(Staging* out) : out_(*out) {}

  void add(const Op& op) {
    if (op.word == "netns") {
      line("must(unshare(CLONE_NEWNET) == 0, \"unshare(CLONE_NEWNET)\");");
    } else if (op.word == "userns") {
      need(kWriteFile), need(kUserns);
      line("enter_userns();");
    } else if (op.word == "ownednetns") {
      need(kOwnedNetns);
      line("enter_owned_netns(" + op.rest + ");");
    } else if (op.word == "sysctl") {
      need(kWriteFile);
      const size_t blank = op.rest.find(' ');
      const std::string name = op.rest.substr(0, blank);
      line(fmt::format("must(write_file(\"{}\", \"{}\"),\n\t     \"{}\");", sysctl_path(name),
                       op.rest.substr(blank + 1), name));
    } else if (op.word == "groups") {
      groups(op.rest);
    } else if (op.word == "gid") {
      line(fmt::format("must(setresgid({0}, {0}, {0}) == 0, \"setresgid\");", op.rest));
    } else if (op.word == "egid") {
      line(fmt::format("must(setresgid((gid_t)-1, {}, (gid_t)-1) == 0, \"setresgid\");", op.rest));
    } else if (op.word == "uid") {
      line("must(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0, \"prctl\");");
      line(fmt::format("must(setresuid({0}, {0}, {0}) == 0, \"setresuid\");", op.rest));
    } else if (op.word == "caps") {
      need(kCaps);
      line("only_capabilities(" + mask(op.rest) + ");");
    } else if (op.word == "nofile") {
      need(kNofile);
      line("descriptors_left(" + op.rest + ");");
    } else {
      out_.lacks.push_back(op.word + " needs a virtual machine or BPF");
    }
  }

 private:
  void line(const std::string& text) { out_.body += "\t" + text + "\n"; }

  void need(std::string_view function) {
    if (out_.functions.find(function) == std::string::npos) out_.functions += function;
  }

  void groups(const std::string& list) {
    if (list == "none") return line("must(setgroups(0, NULL) == 0, \"setgroups\");");
    out_.body += fmt::format("\tstatic const gid_t groups[] = {{ {} }};\n\n", list);
    line("must(setgroups(sizeof(groups) / sizeof(groups[0]), groups) == 0, \"setgroups\");");
  }

  std::string mask(const std::string& text) {
    uint64_t bits = 0;
    if (text == "all") bits = kAllCaps;
    else if (text.rfind("0x", 0) == 0) bits = std::stoull(text, nullptr, 16);
    const size_t colon = text.find(':');
    int32_t number = 0;
    if (colon != std::string::npos && parse_capability(text.substr(colon + 1), &number)) {
      const uint64_t bit = uint64_t{1} << number;
      bits = text.rfind("all-but", 0) == 0 ? kAllCaps & ~bit : bit;
    }
    const uint64_t missing = kAllCaps & ~bits;
    if (missing == 0) return "~0ULL";
    if ((missing & (missing - 1)) == 0) return fmt::format("~0x{:x}ULL", missing);
    return fmt::format("0x{:x}ULL", bits);
  }

  Staging& out_;
};

}  // namespace

Staging staging_of(const Setting& setting) {
  Staging staging;
  const std::vector<Op> ops = operations(setting, &staging.lacks);
  const bool own = !ops.empty() && ops.front().word == "userns";
  staging.needs_root = !own && !ops.empty();
  const bool mapped =
      std::any_of(ops.begin(), ops.end(), [](const Op& op) { return op.word == "userns"; });
  Builder builder(&staging);
  for (const Op& op : ops) {
    if (mapped && (op.word == "uid" || op.word == "gid" || op.word == "egid") && op.rest != "0")
      staging.lacks.push_back(op.word + " " + op.rest + " is not mapped in the user namespace");
    builder.add(op);
  }
  if (!staging.body.empty()) staging.functions = std::string(kMust) + staging.functions;
  return staging;
}

}  // namespace sockoracle
