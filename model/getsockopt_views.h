// SPDX-License-Identifier: GPL-2.0-only
// The readers of observables.def: views other than socket options, and members of kernel structs.
#pragma once

#include "model/getsockopt_readers.h"

namespace sockoracle {

// -- views
Value sockname(const View& view);
Value sockname_port(const View& view);
Value peername(const View& view);
Value inode_mode(const View& view);
Value inode_uid(const View& view);
Value inode_gid(const View& view);
Value fd_flags(const View& view);
Value close_on_exec(const View& view);
Value fionread(const View& view);
Value siocoutq(const View& view);
Value siocatmark(const View& view);
Value sockprotoname(const View& view);
Value fdinfo_flags(const View& view);
Value raw_state(const View& view);
Value raw_ref(const View& view);
Value in_raw6(const View& view);
Value in_packet(const View& view);
Value packet_running(const View& view);
Value sockets_used(const View& view);
Value proto_inuse(const View& view);
Value proto_slab(const View& view);
Value proto_module(const View& view);

inline Value text_sockprotoname(const View&) { return Value::name("system.sockprotoname"); }
inline Value text_fdlink(const View&) { return Value::name("socket:[$inode]"); }

// Does the protocol's table under /proc/net show the sock, does its counter count it?
template <ProtoId id>
Value in_table(const View& view) {
  return Value::number(view.sk.sk_prot->id == id && view.sk.sk_node_pprev != nullptr ? 1 : 0);
}

// -- members
Value socket_state_name(const View& view);
Value socket_type(const View& view);
Value socket_flags(const View& view);
Value socket_ops(const View& view);
Value socket_points_back(const View& view);

// 1 where a pointer is set.
template <auto member>
Value set(const View& view) {
  const auto* pointer = static_cast<const class_of<member>&>(view.sk).*member;
  return Value::number(pointer != nullptr ? 1 : 0);
}

template <auto member>
Value prot_name(const View& view) {
  const proto* prot = view.sk.*member;
  return prot == nullptr ? Value::name("NULL") : Value::name(prot->name);
}

template <auto member>
Value callback(const View& view) {
  const sock_callback* function = view.sk.*member;
  if (function == nullptr || function->name.empty()) return Value::name("NULL");
  return Value::name(function->name);
}

template <uint32_t flag>
Value sk_flag(const View& view) {
  return Value::number((view.sk.sk_flags & flag) != 0 ? 1 : 0);
}

template <auto member>
Value tcp_text(const View& view) {
  return Value::name(static_cast<const tcp_sock&>(view.sk).*member);
}

// Members that only some socks have: none elsewhere.
template <OptionReader read>
Value inet(const View& view) {
  return is_inet(view.sk) ? read(view) : Value{};
}

template <OptionReader read, ProtoId... ids>
Value only(const View& view) {
  const ProtoId id = view.sk.sk_prot->id;
  return ((id == ids) || ...) ? read(view) : Value{};
}

template <OptionReader read>
Value tcp(const View& view) {
  return only<read, ProtoId::tcp, ProtoId::tcpv6>(view);
}

template <OptionReader read>
Value udp(const View& view) {
  return only<read, ProtoId::udp, ProtoId::udpv6, ProtoId::udplite, ProtoId::udplitev6>(view);
}

template <OptionReader read>
Value raw(const View& view) {
  return only<read, ProtoId::raw, ProtoId::rawv6>(view);
}

template <OptionReader read>
Value mptcp(const View& view) {
  return only<read, ProtoId::mptcp, ProtoId::mptcpv6>(view);
}

template <OptionReader read>
Value smc(const View& view) {
  return only<read, ProtoId::smc, ProtoId::smc6>(view);
}

template <OptionReader read>
Value packet(const View& view) {
  return only<read, ProtoId::packet>(view);
}

}  // namespace sockoracle
