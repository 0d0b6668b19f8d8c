// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/process/cgroup_programs.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <sstream>

#include "conformance/base/text_file.h"

namespace sockoracle {
namespace {

// Blanks and their like stand as \040 in mountinfo (fs/proc_namespace.c:mangle).
std::string unescaped(const std::string& word) {
  std::string text;
  for (size_t i = 0; i < word.size(); ++i) {
    const bool octal = word[i] == '\\' && i + 3 < word.size();
    if (!octal) {
      text += word[i];
      continue;
    }
    text +=
        static_cast<char>((word[i + 1] - '0') * 64 + (word[i + 2] - '0') * 8 + word[i + 3] - '0');
    i += 3;
  }
  return text;
}

// "0::/a/b": the one hierarchy of version 2.
std::string path_of(const std::string& cgroup) {
  std::istringstream lines(cgroup);
  for (std::string line; std::getline(lines, line);)
    if (line.rfind("0::/", 0) == 0) return line.substr(3);
  return {};
}

bool is_below(const std::string& path, const std::string& root) {
  return path.rfind(root, 0) == 0 && (path.size() == root.size() || path[root.size()] == '/');
}

}  // namespace

std::string cgroup_folder(const std::string& cgroup, const std::string& mountinfo) {
  const std::string path = path_of(cgroup);
  if (path.empty() || is_below(path, "/..")) return {};
  std::istringstream lines(mountinfo);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string id, parent, device, root, mounted, word, type;
    words >> id >> parent >> device >> root >> mounted;
    while (words >> word && word != "-") continue;
    if (!(words >> type) || type != "cgroup2") continue;
    root = unescaped(root);
    if (root == "/") root.clear();
    if (is_below(path, root) || root.empty()) return unescaped(mounted) + path.substr(root.size());
  }
  return {};
}

CgroupPrograms cgroup_programs_of(const ProcFolder& folder) {
  const std::string path = cgroup_folder(folder.text("cgroup").value_or(""),
                                         text_if_there("/proc/self/mountinfo").value_or(""));
  if (path.empty()) return {0, "its cgroup is not mounted here"};
  const OpenFile cgroup(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!cgroup.is_open()) return {0, path + ": " + std::strerror(errno)};
  bpf_attr attributes{};
  attributes.query.target_fd = static_cast<uint32_t>(cgroup.get());
  attributes.query.attach_type = BPF_CGROUP_INET_SOCK_CREATE;
  attributes.query.query_flags = BPF_F_QUERY_EFFECTIVE;
  if (syscall(SYS_bpf, BPF_PROG_QUERY, &attributes, sizeof attributes) == 0)
    return {attributes.query.prog_cnt, {}};
  // A kernel without such programs knows no such question (kernel/bpf/syscall.c, cgroup.c).
  if (errno == EINVAL || errno == ENOSYS) return {};
  return {0, errno == EPERM ? "not readable without CAP_NET_ADMIN" : std::strerror(errno)};
}

}  // namespace sockoracle
