// SPDX-License-Identifier: GPL-2.0-only
// What is asked of a kernel from outside: the system calls, and everything one call shows.
#include "model/kernel.h"
#include "model/observables.h"
#include "model/protocols.h"
#include "model/socket.h"

namespace sockoracle {

Verdict Kernel::call(const Call& call) {
  step_count_ = 0;
  fallible_ = 0;
  hazards_ = {};
  decided_ = Rule::created;
  int result = 0;
  if (const int32_t answer = world_.policies.seccomp_filter; answer != 0) {
    // The system call does not begin: kernel/seccomp.c:__secure_computing, on the way into it.
    step(StepKind::security, "__secure_computing", -answer);
    fail(Rule::seccomp_filter, answer);
    return {.error = answer, .rule = decided_, .hazards = {}, .fd = -1};
  }
  switch (call.entry) {
    case Entry::socket:
    case Entry::socketcall:  // copies its arguments and calls __sys_socket
      result = __sys_socket(*this, call.family, call.type, call.protocol);
      break;
    case Entry::socketpair:
      result = __sys_socketpair(*this, call.family, call.type, call.protocol);
      break;
    case Entry::io_uring: result = io_socket(*this, call.family, call.type, call.protocol); break;
  }
  if (objects_.asconf_walker != nullptr) sctp_addr_wq_timeout_handler(*this);
  Verdict verdict;
  verdict.rule = result >= 0 ? Rule::created : decided_;
  verdict.error = result >= 0 ? 0 : -result;
  verdict.fd = result >= 0 ? result : -1;
  verdict.hazards = hazards_;
  if (result >= 0) pass(Rule::created);
  return verdict;
}

void Kernel::close(int32_t fd) {
  if (lookup(fd) != nullptr) close_fd(*this, fd);
  if (objects_.asconf_walker != nullptr) sctp_addr_wq_timeout_handler(*this);
}

// What a failed or closed call left behind, as hazards.
static void add_leaks(const Balance& before, const Balance& after, HazardSet& hazards) {
  if (after.objects > before.objects) hazards.set(Hazard::leaked_sock);
  if (after.group_refs > before.group_refs) hazards.set(Hazard::leaked_group_info);
  if (after.module_refs > before.module_refs) hazards.set(Hazard::leaked_module_ref);
  if (after.net_refs > before.net_refs) hazards.set(Hazard::unclaimed_netns);
}

Answer ask(const Case& c) {
  Kernel k(c.world);
  const Balance before = k.balance();
  Answer answer;
  answer.verdict = k.call(c.call);
  answer.steps.assign(k.trace().begin(), k.trace().end());
  if (const struct socket* sock = k.lookup(answer.verdict.fd); sock != nullptr) {
    answer.state.reserve(observables().size());
    for (const Observable& row : observables()) answer.state.push_back(row.expect(k, *sock));
    k.close(answer.verdict.fd);
  }
  add_leaks(before, k.balance(), answer.verdict.hazards);
  return answer;
}

}  // namespace sockoracle
