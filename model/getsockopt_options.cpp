// SPDX-License-Identifier: GPL-2.0-only
#include "model/getsockopt_options.h"

#include <algorithm>

namespace sockoracle {
namespace {

constexpr int64_t kNobody = UINT32_MAX;  // the uid or gid -1

const inet_sock& inet_of(const View& view) { return static_cast<const inet_sock&>(view.sk); }

bool is_tcp(const View& view) {  // include/net/sock.h:sk_is_tcp
  const sock& sk = view.sk;
  return is_inet(sk) && sk.sk_type == kSOCK_STREAM &&
         number_is(view.kernel, sk.sk_protocol, kIPPROTO_TCP);
}

bool has_set_peek_off(const View& view) {
  if (view.sock.ops == nullptr) return false;
  const std::string_view ops = view.sock.ops->name;
  if (ops == "inet_dgram_ops" || ops == "inet6_dgram_ops")
    return view.kernel.has(Behaviour::dgram_peek_off);
  if (ops == "inet_stream_ops" || ops == "inet6_stream_ops")
    return view.kernel.has(Behaviour::stream_peek_off);
  return false;
}

}  // namespace

Value so_no_check(const View& view) {
  const bool split = view.kernel.has(Behaviour::no_check_split);
  return Value::number(split ? view.sk.sk_no_check_tx : view.sk.sk_no_check);
}

Value so_pass(const View& view) {
  if (view.kernel.has(Behaviour::so_pass_unix_only)) return Value::failed(kEOPNOTSUPP);
  return Value::number(0);
}

// No peer: pid 0, and the ids that nobody has (cred_to_ucred).
Value so_peercred(const View&) {
  const std::array<int64_t, 3> words{0, kNobody, kNobody};
  return Value::list(words);
}

Value so_bindtodevice(const View& view) {
  if (view.sk.sk_bound_dev_if != 0) return {};
  return zeros<0>(view);
}

Value so_timestamping(const View& view) {
  return view.kernel.has(Behaviour::so_timestamping_phc) ? zeros<2>(view) : zeros<1>(view);
}

Value so_timestamping_new(const View& view) {
  if (!view.kernel.has(Behaviour::so_timestamping_new_readable)) return Value::failed(kENOPROTOOPT);
  return so_timestamping(view);
}

Value so_peek_off(const View& view) {
  if (!has_set_peek_off(view)) return Value::failed(kEOPNOTSUPP);
  return Value::number(view.sk.sk_peek_off);
}

Value so_max_pacing_rate(const View& view) {
  const uint64_t rate = std::min<uint64_t>(view.sk.sk_max_pacing_rate, UINT32_MAX);
  return Value::number(static_cast<int32_t>(static_cast<uint32_t>(rate)));
}

Value so_max_pacing_rate_8(const View& view) {
  const uint64_t rate = view.sk.sk_max_pacing_rate;
  const std::array<int64_t, 2> words{static_cast<int64_t>(rate & UINT32_MAX),
                                     static_cast<int64_t>(rate >> 32)};
  const size_t count = view.kernel.has(Behaviour::pacing_rate_64bit) ? 2 : 1;
  return Value::list(std::span(words).first(count));
}

// SKF_AD_MAX: how far the ancillary data that a filter may load reaches.
Value so_bpf_extensions(const View& view) {
  if (view.kernel.has(Behaviour::bpf_extensions_vlan_tpid)) return Value::number(64);
  return Value::number(view.kernel.has(Behaviour::bpf_extensions_random) ? 60 : 56);
}

// The order of include/uapi/linux/sock_diag.h:SK_MEMINFO_*; sk_wmem_alloc counts one for itself.
Value so_meminfo(const View& view) {
  const sock& sk = view.sk;
  const std::array<int64_t, 9> words{
      sk.sk_rmem_alloc, sk.sk_rcvbuf, sk.sk_wmem_alloc - 1, sk.sk_sndbuf, 0, 0, 0, 0, sk.sk_drops};
  return Value::list(words);
}

Value so_txrehash(const View& view) {
  if (!view.kernel.has(Behaviour::txrehash)) return Value::failed(kENOPROTOOPT);
  if (view.kernel.has(Behaviour::txrehash_tcp_only) && !is_tcp(view))
    return Value::failed(kEOPNOTSUPP);
  return Value::number(view.sk.sk_txrehash);
}

Value ip_ttl(const View& view) {
  const int16_t ttl = inet_of(view).uc_ttl;
  return Value::number(ttl < 0 ? view.kernel.sysctl(Sysctl::ip_default_ttl) : ttl);
}

Value ip_cmsg(const View& view) { return Value::number(inet_of(view).cmsg_flags != 0 ? 1 : 0); }

Value ip_options(const View& view) {
  if (inet_of(view).inet_opt) return {};
  return zeros<0>(view);
}

Value ip_local_port_range(const View& view) {
  if (!view.kernel.has(Behaviour::ip_local_port_range_option)) return Value::failed(kENOPROTOOPT);
  return Value::number(0);
}

Value ip_protocol(const View& view) {
  if (!view.kernel.has(Behaviour::ip_protocol_option)) return Value::failed(kENOPROTOOPT);
  return Value::number(view.sk.skc_num);
}

Value pktoptions(const View& view) {
  if (view.sk.sk_type != kSOCK_STREAM) return Value::failed(kENOPROTOOPT);
  return zeros<0>(view);
}

Value ipv6_addrform(const View& view) {
  const auto is = [&view](uint16_t protocol) {
    return number_is(view.kernel, view.sk.sk_protocol, protocol);
  };
  const bool udplite = view.kernel.has(Behaviour::udplite_options) && is(kIPPROTO_UDPLITE);
  if (!is(kIPPROTO_UDP) && !is(kIPPROTO_TCP) && !udplite) return Value::failed(kENOPROTOOPT);
  return Value::failed(kENOTCONN);  // a fresh socket is not established
}

Value ipv6_unicast_hops(const View& view) {
  const ipv6_pinfo* np = inet_of(view).pinet6;
  if (np == nullptr) return {};
  return Value::number(np->hop_limit < 0 ? kIpv6HopLimit : np->hop_limit);
}

Value ipv6_autoflowlabel(const View& view) {
  const ipv6_pinfo* np = inet_of(view).pinet6;
  if (np == nullptr) return {};
  if (view.kernel.has(Behaviour::ipv6_autoflowlabel_field)) return Value::number(np->autoflowlabel);
  return Value::number(view.kernel.has(Behaviour::ipv6_auto_flowlabels_on) ? 1 : 0);
}

// Where rawv6_init_sk puts the checksum: ICMPv6 and mobility headers have a fixed place for it.
Value ipv6_checksum(const View& view) {
  if (number_is(view.kernel, view.sk.skc_num, kIPPROTO_ICMPV6)) return Value::number(2);
  return Value::number(number_is(view.kernel, view.sk.skc_num, kIPPROTO_MH) ? 4 : -1);
}

}  // namespace sockoracle
