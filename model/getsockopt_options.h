// SPDX-License-Identifier: GPL-2.0-only
// The options of getsockopt.def whose value is more than one member of the sock.
#pragma once

#include "model/getsockopt_readers.h"

namespace sockoracle {

// net/core/sock.c:sk_getsockopt
Value so_no_check(const View& view);
Value so_pass(const View& view);  // SO_PASSCRED, SO_PASSSEC, SO_PASSPIDFD, SO_PASSRIGHTS
Value so_peercred(const View& view);
Value so_bindtodevice(const View& view);
Value so_timestamping(const View& view);
Value so_timestamping_new(const View& view);
Value so_peek_off(const View& view);
Value so_max_pacing_rate(const View& view);    // into 4 bytes
Value so_max_pacing_rate_8(const View& view);  // into 8
Value so_bpf_extensions(const View& view);
Value so_meminfo(const View& view);
Value so_txrehash(const View& view);

// net/core/sock.c:sock_get_timeout: "never" reads as a struct timeval of zeros, four words.
template <auto member>
Value so_timeo(const View& view) {
  if (view.sk.*member != kMAX_SCHEDULE_TIMEOUT) return {};
  return zeros<4>(view);
}

// net/ipv4/ip_sockglue.c:do_ip_getsockopt
Value ip_ttl(const View& view);
Value ip_cmsg(const View& view);  // one of the bits of cmsg_flags
Value ip_options(const View& view);
Value ip_local_port_range(const View& view);
Value ip_protocol(const View& view);
Value pktoptions(const View& view);  // IP_PKTOPTIONS, IPV6_2292PKTOPTIONS

// net/ipv6/ipv6_sockglue.c:do_ipv6_getsockopt, net/ipv6/raw.c:do_rawv6_getsockopt
Value ipv6_addrform(const View& view);
Value ipv6_unicast_hops(const View& view);
Value ipv6_autoflowlabel(const View& view);
Value ipv6_checksum(const View& view);

}  // namespace sockoracle
