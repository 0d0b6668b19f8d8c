// SPDX-License-Identifier: GPL-2.0-only
#include "model/program.h"

#include "model/af_inet.h"
#include "model/af_inet6.h"
#include "model/module.h"

namespace sockoracle {
namespace {

constexpr std::string_view kPolicyNames[kPolicyCount] = {
    "cgroup_sock_create", "lsm_socket_create", "lsm_socket_post_create", "lsm_sk_alloc"};

int32_t& policy_of(World& world, size_t index) {
  int32_t* const policies[kPolicyCount] = {
      &world.policies.cgroup_sock_create, &world.policies.lsm_socket_create,
      &world.policies.lsm_socket_post_create, &world.policies.lsm_sk_alloc};
  return *policies[index % kPolicyCount];
}

}  // namespace

std::string_view op_word(Op op) {
  switch (op) {
#define X(id, word) \
  case Op::id: return word;
    SOCKORACLE_OPERATIONS(X)
#undef X
  }
  return {};
}

std::string_view policy_name(size_t index) { return kPolicyNames[index % kPolicyCount]; }

Machine::Machine(const World& world) : kernel_(world), at_boot_(kernel_.balance()) {
  slots_.fill(-1);
}

Outcome Machine::run(const Operation& o) {
  World& world = kernel_.mutable_world();
  Outcome outcome;
  switch (o.op) {
    case Op::create: return create(o);
    case Op::close:
    case Op::connect:
    case Op::look: return on_slot(o);
    case Op::load:
    case Op::unload:
    case Op::going: return on_provider(o);
    case Op::add_protosw:
    case Op::del_protosw: return on_entry(o);
    case Op::observe: kernel_.objects->observer = o.number != 0; break;
    case Op::sysctl: world.sysctls[o.index % kSysctlCount] = o.value; break;
    case Op::caps: world.caller.caps = o.mask & kAllCaps; break;
    case Op::egid: world.caller.egid = static_cast<uint32_t>(o.number); break;
    case Op::user_ns:
      if (o.number < 0 || o.number >= world.user_ns_count) outcome.skipped = true;
      else world.caller.user_ns = static_cast<uint8_t>(o.number);
      break;
    case Op::fault:
      world.fault_count = o.number > 0 ? 1 : 0;
      world.faults[0] = static_cast<uint16_t>(o.number);
      break;
    case Op::policy: policy_of(world, o.index) = o.number; break;
  }
  outcome.op = o.op;
  return outcome;
}

Outcome Machine::create(const Operation& o) {
  Outcome outcome{o.op, 0, kernel_.call(o.call), false};
  outcome.error = outcome.verdict.error;
  hazards_.bits = static_cast<uint16_t>(hazards_.bits | outcome.verdict.hazards.bits);
  kernel_.mutable_world().fault_count = 0;  // a fault is for one create
  if (outcome.verdict.fd < 0) return outcome;
  int32_t& slot = slots_[o.slot % kSlots];
  if (slot >= 0) unnamed_.push_back(slot);
  slot = outcome.verdict.fd;
  return outcome;
}

Outcome Machine::on_slot(const Operation& o) {
  int32_t& slot = slots_[o.slot % kSlots];
  Outcome outcome{o.op, 0, {}, slot < 0};
  if (slot < 0) return outcome;
  // Public lookup is const; a program's operations act on the kernel's own socket.
  struct socket* sock = kernel_.objects->fds[static_cast<size_t>(slot - kFirstDescriptor)];
  if (o.op == Op::close) {
    kernel_.close(slot);
    slot = -1;
  } else if (o.op == Op::look) {
    if (sock->sk != nullptr) kernel_.objects->observed = sock->sk->sk_family;
  } else if (sock->ops == &ops_of(kernel_, OpsId::smc_inet_stream_ops) ||
             sock->ops == &ops_of(kernel_, OpsId::smc_inet6_stream_ops)) {
    // net/smc/af_smc.c:smc_connect hands the call to the internal TCP socket and never autobinds.
  } else {
    outcome.error = -inet_autobind(kernel_, *sock);
    hazards_.bits = static_cast<uint16_t>(hazards_.bits | kernel_.hazards().bits);
  }
  return outcome;
}

Outcome Machine::on_provider(const Operation& o) {
  const auto provider = static_cast<Provider>(o.index % kProviderCount);
  module_owner& owner = module_of(kernel_, provider);
  Outcome outcome{o.op, 0, {}, false};
  if (o.op == Op::load) {
    outcome.skipped = owner.presence != Presence::loadable;
    if (!outcome.skipped) load_provider(kernel_, provider);
  } else if (o.op == Op::unload) {
    outcome.skipped = owner.presence != Presence::loaded;
    if (!outcome.skipped && !unload_provider(kernel_, provider)) outcome.error = kEAGAIN;
  } else {
    outcome.skipped = owner.presence != Presence::loaded;
    if (!outcome.skipped) owner.going = o.number != 0;
  }
  return outcome;
}

Outcome Machine::on_entry(const Operation& o) {
  inet_protosw& entry = entries_[o.index % kSlots];
  Outcome outcome{o.op, 0, {}, false};
  if (o.op == Op::del_protosw) {
    outcome.skipped = !entry.registered;
    if (outcome.skipped) return outcome;
    if (entry.family == kAF_INET6) inet6_unregister_protosw(kernel_, entry);
    else inet_unregister_protosw(kernel_, entry);
    if (entry.registered) outcome.error = kEPERM;  // permanent: refused with a log line
    return outcome;
  }
  const proto& prot = proto_of(kernel_, o.entry.prot);
  // An entry of the other family would hand out a proto without the control block that family needs.
  const bool v6 = prot.pinfo != nullptr;
  outcome.skipped = entry.registered || prot.init == nullptr || v6 != o.entry.ipv6;
  if (outcome.skipped) return outcome;
  entry = {};
  entry.family = v6 ? kAF_INET6 : kAF_INET;
  entry.type = o.entry.type;
  entry.protocol = o.entry.protocol;
  entry.prot = &prot;
  entry.ops = &ops_of(kernel_, v6 ? OpsId::inet6_stream_ops : OpsId::inet_stream_ops);
  entry.flags = o.entry.permanent ? static_cast<uint8_t>(PERMANENT) : uint8_t{0};
  if (v6) outcome.error = -inet6_register_protosw(kernel_, entry);
  else inet_register_protosw(kernel_, entry);
  return outcome;
}

void Machine::close_all() {
  for (int32_t& slot : slots_) {
    if (slot >= 0) kernel_.close(slot);
    slot = -1;
  }
  for (const int32_t fd : unnamed_) kernel_.close(fd);
  unnamed_.clear();
}

}  // namespace sockoracle
