// SPDX-License-Identifier: GPL-2.0-only
#include "model/program.h"

#include "model/af_inet.h"
#include "model/af_inet6.h"
#include "model/module.h"
#include "model/protocols.h"
#include "model/socket.h"

namespace sockoracle {
namespace {

template <class Edit>
void change_caller(Kernel& k, const Edit& edit) {
  Caller caller = k.world().caller;
  edit(caller);
  k.set_caller(caller);
}

bool is_tcp(const sock& sk) {
  return sk.sk_prot->id == ProtoId::tcp || sk.sk_prot->id == ProtoId::tcpv6;
}

// Positive errno.
int32_t connect(Kernel& k, struct socket& sock) {
  // net/smc/af_smc.c:smc_connect hands the call to the internal TCP socket and never autobinds.
  if (sock.ops == &ops_of(k, OpsId::smc_inet_stream_ops) ||
      sock.ops == &ops_of(k, OpsId::smc_inet6_stream_ops))
    return 0;
  const int error = inet_autobind(k, sock);
  if (error == 0 && sock.sk->sk_prot->init == sctp_init_sock) sctp_connect(k, *sock.sk);
  return -error;
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

Machine::Machine(const World& world)
    : own_(std::in_place, world), kernel_(*own_), at_boot_(kernel_.balance()) {
  slots_.fill(-1);
}

Machine::Machine(Kernel& booted) : kernel_(booted), at_boot_(kernel_.balance()) { slots_.fill(-1); }

Outcome Machine::run(const Operation& o) {
  Outcome outcome;
  switch (o.op) {
    case Op::create: return create(o);
    case Op::close:
    case Op::connect:
    case Op::disconnect:
    case Op::addrform:
    case Op::accept:
    case Op::look: return on_slot(o);
    case Op::load:
    case Op::unload:
    case Op::starting:
    case Op::going: return on_provider(o);
    case Op::add_protosw:
    case Op::del_protosw: return on_entry(o);
    case Op::observe: kernel_.objects().observer = o.number != 0; break;
    case Op::sysctl:
      kernel_.set_sysctl(static_cast<Sysctl>(o.index % kSysctlCount), o.value);
      break;
    case Op::caps:
      change_caller(kernel_, [&](Caller& caller) { caller.caps = o.mask & kAllCaps; });
      break;
    case Op::egid:
      change_caller(kernel_, [&](Caller& c) { c.egid = static_cast<uint32_t>(o.number); });
      break;
    case Op::user_ns:
      if (o.number < 0 || o.number >= kernel_.world().user_ns_count) outcome.skipped = true;
      else change_caller(kernel_, [&](Caller& c) { c.user_ns = static_cast<uint8_t>(o.number); });
      break;
    case Op::fault: kernel_.set_fault(o.number); break;
    case Op::policy: {
      World world = kernel_.world();
      set(world, policy_of(o.index).id, o.number);
      kernel_.set_policies(world.policies);
      break;
    }
  }
  outcome.op = o.op;
  return outcome;
}

Outcome Machine::create(const Operation& o) {
  Outcome outcome{o.op, 0, kernel_.call(o.call), false};
  outcome.error = outcome.verdict.error;
  hazards_.bits = static_cast<uint16_t>(hazards_.bits | outcome.verdict.hazards.bits);
  kernel_.set_fault(0);  // a fault is for one create
  if (outcome.verdict.fd >= 0) keep(o.slot, outcome.verdict.fd);
  return outcome;
}

void Machine::keep(uint8_t number, int32_t fd) {
  int32_t& slot = slots_[number % kSlots];
  if (slot >= 0) unnamed_.push_back(slot);
  slot = fd;
}

void Machine::close(int32_t fd) {
  kernel_.close(fd);
  hazards_.bits = static_cast<uint16_t>(hazards_.bits | kernel_.hazards().bits);
}

Outcome Machine::on_slot(const Operation& o) {
  int32_t& slot = slots_[o.slot % kSlots];
  Outcome outcome{o.op, 0, {}, slot < 0};
  if (slot < 0) return outcome;
  // Public lookup is const; a program's operations act on the kernel's own socket.
  struct socket* sock = kernel_.objects().fds[static_cast<size_t>(slot - kFirstDescriptor)];
  switch (o.op) {
    case Op::close:
      close(slot);
      slot = -1;
      return outcome;
    case Op::look:
      if (sock->sk != nullptr) kernel_.objects().observed = sock->sk->sk_family;
      return outcome;
    case Op::connect: outcome.error = connect(kernel_, *sock); break;
    case Op::disconnect:
      outcome.skipped = sock->sk->sk_prot->unhash != ping_unhash;
      if (!outcome.skipped) ping_unhash(kernel_, *sock->sk);
      break;
    case Op::addrform:
      outcome.skipped = !is_tcp(*sock->sk) || sock->sk->sk_family != kAF_INET6;
      if (!outcome.skipped) ipv6_addrform(kernel_, *sock);
      break;
    default: {  // accept
      outcome.skipped = !is_tcp(*sock->sk);
      if (outcome.skipped) break;
      const int fd = __sys_accept(kernel_, *sock);
      if (fd < 0) outcome.error = -fd;
      else keep(o.index, fd);
    }
  }
  hazards_.bits = static_cast<uint16_t>(hazards_.bits | kernel_.hazards().bits);
  return outcome;
}

Outcome Machine::on_provider(const Operation& o) {
  const auto provider = static_cast<Provider>(o.index % kProviderCount);
  module_owner& owner = module_of(kernel_, provider);
  Outcome outcome{o.op, 0, {}, false};
  if (o.op == Op::load) {
    outcome.skipped = owner.presence != Presence::loadable && !owner.starting;
    if (!outcome.skipped) load_provider(kernel_, provider);
  } else if (o.op == Op::starting) {
    outcome.skipped = owner.presence != Presence::loadable || owner.starting;
    if (!outcome.skipped) start_provider(kernel_, provider);
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
  // An entry of the other family would hand out a proto without the control block that family
  // needs.
  const bool v6 = prot.pinfo != nullptr;
  const bool there = in_kernel(*prot.owner) && in_kernel(*prot.provider);
  outcome.skipped = entry.registered || prot.init == nullptr || v6 != o.entry.ipv6 || !there;
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
    if (slot >= 0) close(slot);
    slot = -1;
  }
  for (const int32_t fd : unnamed_) close(fd);
  unnamed_.clear();
}

}  // namespace sockoracle
