// SPDX-License-Identifier: GPL-2.0-only
#include "model/getsockopt_views.h"

namespace sockoracle {
namespace {

constexpr uint32_t kOverflowId = 65534;  // DEFAULT_OVERFLOWUID, DEFAULT_OVERFLOWGID

// The port of a fresh AF_INET or AF_INET6 socket: inet_num of a raw one. L2TP's own name has no
// port.
sock_num local_port(const View& view) {
  const ProtoId id = view.sk.sk_prot->id;
  if (id == ProtoId::l2tp_ip || id == ProtoId::l2tp_ip6) return {};
  return swapped(static_cast<const inet_sock&>(view.sk).inet_sport);
}

// kernel/user_namespace.c:from_kuid_munged, in the user namespace of the one who looks: the caller.
Value shown_id(const View& view, uint32_t id) {
  const World& world = view.kernel.world();
  const UserNs& ns = world.user_ns[world.caller.user_ns];
  const bool mapped = id >= ns.outside && id - ns.outside < ns.count;
  return Value::number(mapped ? id - ns.outside + ns.inside : kOverflowId);
}

bool present(const View& view, Provider provider) {
  const Presence presence = view.kernel.objects().modules[static_cast<size_t>(provider)].presence;
  return presence == Presence::loaded || presence == Presence::builtin;
}

// No ioctl hook, or one that knows nothing of the request: dev_ioctl answers last, with ENOTTY.
Value enotty() { return Value::failed(kENOTTY); }

}  // namespace

Value sockname(const View& view) {
  if (view.sk.sk_family == kAF_PACKET) return Value::name("17");
  if (view.sk.sk_family != kAF_INET) return {};
  const sock_num port = local_port(view);
  const std::array<int64_t, 3> words{kAF_INET, view.sk.skc_rcv_saddr, port.number};
  Value name = Value::list(words);
  name.protocol_bits = port.protocol_bits;
  return name;
}

Value sockname_port(const View& view) {
  if (!is_inet(view.sk)) return Value::name("-");
  return Value::number(local_port(view));
}

Value peername(const View& view) {
  return Value::failed(is_inet(view.sk) ? kENOTCONN : kEOPNOTSUPP);
}

Value inode_mode(const View& view) { return Value::number(view.sock.inode_mode); }
Value inode_uid(const View& view) { return shown_id(view, view.sock.inode_uid); }
Value inode_gid(const View& view) { return shown_id(view, view.sock.inode_gid); }
Value fd_flags(const View& view) { return Value::number(view.sock.fd_flags); }
Value close_on_exec(const View& view) { return Value::number(view.sock.close_on_exec ? 1 : 0); }

Value fionread(const View& view) {
  switch (view.sk.sk_prot->id) {
    case ProtoId::ping:
    case ProtoId::pingv6: return enotty();
    case ProtoId::mptcp:
    case ProtoId::mptcpv6:  // mptcp_inq_hint: a closed socket has its end to be read
      return view.kernel.has(Behaviour::mptcp_ioctl) ? Value::number(1) : enotty();
    default: return Value::number(view.sk.sk_rmem_alloc);
  }
}

Value siocoutq(const View& view) {
  switch (view.sk.sk_prot->id) {
    case ProtoId::ping:
    case ProtoId::pingv6:
    case ProtoId::sctp:
    case ProtoId::sctpv6: return enotty();
    case ProtoId::mptcp:
    case ProtoId::mptcpv6:
      return view.kernel.has(Behaviour::mptcp_ioctl) ? Value::number(0) : enotty();
    case ProtoId::dccp:
    case ProtoId::dccpv6:
      return view.kernel.has(Behaviour::dccp_siocoutq) ? Value::number(0) : enotty();
    default: return Value::number(view.sk.sk_wmem_alloc - 1);  // sk_wmem_alloc_get
  }
}

Value siocatmark(const View& view) {
  switch (view.sk.sk_prot->id) {
    case ProtoId::tcp:
    case ProtoId::tcpv6:
    case ProtoId::smc:
    case ProtoId::smc6: return Value::number(0);
    default: return enotty();
  }
}

Value sockprotoname(const View& view) { return Value::name(view.sk.sk_prot_creator->name); }

// Octal, O_CLOEXEC from the descriptor table added to the file's flags.
Value fdinfo_flags(const View& view) {
  const bool nonblock = (view.sock.fd_flags & kSOCK_NONBLOCK) != 0;
  if (view.sock.close_on_exec) return Value::name(nonblock ? "02004002" : "02000002");
  return Value::name(nonblock ? "04002" : "02");
}

// raw_v4_hashinfo's own rows, so that a wrong hash shows as a missing one.
Value raw_state(const View& view) {
  if (in_table<ProtoId::raw>(view) != Value::number(1)) return Value::failed(kENOENT);
  return Value::name(view.sk.sk_state == kTCP_CLOSE ? "07" : "??");
}

Value raw_ref(const View& view) {
  if (in_table<ProtoId::raw>(view) != Value::number(1)) return Value::failed(kENOENT);
  return Value::number(view.sk.sk_refcnt);
}

Value in_raw6(const View& view) {
  if (!present(view, Provider::ipv6)) return Value::failed(kENOENT);
  return in_table<ProtoId::rawv6>(view);
}

Value in_packet(const View& view) {
  if (!present(view, Provider::packet)) return Value::failed(kENOENT);
  return Value::number(view.sk.sk_family == kAF_PACKET ? 1 : 0);
}

Value packet_running(const View& view) {
  if (view.sk.sk_family != kAF_PACKET) return Value::failed(kENOENT);
  return Value::number(static_cast<const packet_sock&>(view.sk).running ? 1 : 0);
}

// A kernel socket inside, made to hold its netns, is counted as well.
Value sockets_used(const View& view) {
  int64_t used = view.sk.sk_net_refcnt ? 1 : 0;
  switch (view.sk.sk_prot->id) {
    case ProtoId::mptcp:
    case ProtoId::mptcpv6:
    case ProtoId::smc:
    case ProtoId::smc6: {
      const struct socket* inner = static_cast<const carrier_sock&>(view.sk).first;
      if (inner != nullptr && inner->sk->sk_net_refcnt) ++used;
      break;
    }
    default: break;
  }
  return Value::number(used);
}

// Who calls sock_prot_inuse_add at creation: those that hash, SCTP's init and packet_create.
Value proto_inuse(const View& view) {
  switch (view.sk.sk_prot->id) {
    case ProtoId::raw:
    case ProtoId::rawv6:
    case ProtoId::smc:
    case ProtoId::smc6: return Value::number(view.sk.sk_node_pprev != nullptr ? 1 : 0);
    case ProtoId::sctp:
    case ProtoId::sctpv6:
    case ProtoId::packet: return Value::number(1);
    default: return Value::number(0);
  }
}

Value proto_slab(const View& view) {
  return Value::name(view.sk.sk_prot->slab == nullptr ? "no" : "yes");
}

// The name of a loaded module is not part of the model.
Value proto_module(const View& view) {
  const module_owner* owner = view.sk.sk_prot->owner;
  if (owner != nullptr && owner->presence != Presence::builtin) return {};
  return Value::name("kernel");
}

Value socket_state_name(const View& view) {
  return Value::name(view.sock.state == SS_UNCONNECTED ? "SS_UNCONNECTED" : "SS_FREE");
}

Value socket_type(const View& view) { return Value::number(view.sock.type); }

// enum socket_flags: until 6.15 SO_PASSCRED and SO_PASSSEC had numbers before these.
Value socket_flags(const View& view) {
  const int zero_copy = view.kernel.has(Behaviour::so_pass_unix_only) ? 3 : 5;
  int64_t flags = 0;
  if ((view.sock.flags & SOCK_SUPPORT_ZC) != 0) flags |= int64_t{1} << zero_copy;
  if ((view.sock.flags & SOCK_CUSTOM_SOCKOPT) != 0) flags |= int64_t{1} << (zero_copy + 1);
  return Value::number(flags);
}

Value socket_ops(const View& view) {
  return Value::name(view.sock.ops == nullptr ? "NULL" : view.sock.ops->name);
}

Value socket_points_back(const View& view) {
  return Value::number(view.sk.sk_socket == &view.sock ? 1 : 0);
}

}  // namespace sockoracle
