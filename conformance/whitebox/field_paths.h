// SPDX-License-Identifier: GPL-2.0-only
// From a FIELD row of model/observables.def to the members that may hold it.
//
// Where the row says nothing, the name does: "sk_x" is sock.sk_x or sock.__sk_common.skc_x;
// "structure.x" is x of that struct ("np" stands for ipv6_pinfo); "x.Y" with a Y in capitals is the
// bit that the enumerator Y numbers; any other x is a member of inet_sock, inet_connection_sock,
// tcp_sock or udp_sock, or the bit INET_FLAGS_X of inet_sock.inet_flags.
//
// A row's own text holds alternatives, separated by " | ", for members that moved. Each is
//   structure.member.member     "->member" follows a pointer, "#NAME" is a bit by its enumerator,
//                               "+" shows two places joined
// and may end with " as signed", " as jiffies", " as back" or " as netns": how it is shown
// (enum Shown in observer_btf.h). The first alternative that the kernel has, in a struct not longer
// than the sock itself, is read.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "conformance/whitebox/btf_layout.h"
#include "model/observables.h"

namespace sockoracle {

std::vector<std::string> field_paths(const Observable& row, const BtfLayout& layout);

// CONFIG_HZ of the running kernel; 0 where its configuration cannot be read.
int64_t kernel_hz();

}  // namespace sockoracle
