// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/cgroup_deny.h"

#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "conformance/base/cli_error.h"

namespace sockoracle {
namespace {

int bpf(bpf_cmd command, bpf_attr& attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

[[noreturn]] void fail(const char* what, int error) {
  throw UnavailableError(std::string("needs a BPF program on a cgroup: ") + what + ": " +
                         std::strerror(error));
}

// return 0: the answer of a BPF_CGROUP_INET_SOCK_CREATE program that refuses.
int load_refusal() {
  bpf_insn instructions[2]{};
  instructions[0].code = BPF_ALU64 | BPF_MOV | BPF_K;
  instructions[0].dst_reg = BPF_REG_0;
  instructions[1].code = BPF_JMP | BPF_EXIT;
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_SOCK;
  attributes.expected_attach_type = BPF_CGROUP_INET_SOCK_CREATE;
  attributes.insns = reinterpret_cast<uintptr_t>(instructions);
  attributes.insn_cnt = 2;
  attributes.license = reinterpret_cast<uintptr_t>("GPL");
  return bpf(BPF_PROG_LOAD, attributes);
}

}  // namespace

DenyingCgroup::DenyingCgroup() {
  program_ = load_refusal();
  if (program_ < 0) fail("BPF_PROG_LOAD", errno);
  bpf_attr link{};
  link.link_create.prog_fd = static_cast<uint32_t>(program_);
  link.link_create.target_fd = static_cast<uint32_t>(cgroup_.descriptor());
  link.link_create.attach_type = BPF_CGROUP_INET_SOCK_CREATE;
  link_ = bpf(BPF_LINK_CREATE, link);
  if (link_ >= 0) return;
  // Until 5.6 there are no such links; the attachment then ends with the cgroup.
  bpf_attr attach{};
  attach.target_fd = static_cast<uint32_t>(cgroup_.descriptor());
  attach.attach_bpf_fd = static_cast<uint32_t>(program_);
  attach.attach_type = BPF_CGROUP_INET_SOCK_CREATE;
  if (bpf(BPF_PROG_ATTACH, attach) != 0) {
    const int error = errno;
    close(program_);
    fail("BPF_PROG_ATTACH", error);
  }
}

DenyingCgroup::~DenyingCgroup() {
  if (link_ >= 0) close(link_);
  close(program_);
}

std::unique_ptr<DenyingCgroup> stage_deny_cgroup(PlanOptions& options) {
  const auto& wanted = options.contexts;
  if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), "cgroup-deny") == wanted.end()) {
    return nullptr;
  }
  try {
    auto cgroup = std::make_unique<DenyingCgroup>();
    options.deny_cgroup = cgroup->path();
    return cgroup;
  } catch (const UnavailableError& error) {
    options.no_deny_cgroup = error.what();
    return nullptr;
  }
}

}  // namespace sockoracle
