// SPDX-License-Identifier: GPL-2.0-only
// net/ipv4/ping.c; PINGv6 shares all of it.
#include "model/protocols.h"
#include "model/sock.h"

namespace sockoracle {
namespace {

bool in_group_range(const Kernel& k, uint32_t gid) {
  const int64_t low = k.sysctl(Sysctl::ping_group_range, 0);
  const int64_t high = k.sysctl(Sysctl::ping_group_range, 1);
  return low <= gid && gid <= high;
}

// The reference that get_current_groups took; forgotten until 3.14.
void put_group_info(Kernel& k) {
  if (k.has(Behaviour::ping_drops_group_ref)) --k.objects->group_refs;
  else k.hazard(Hazard::leaked_group_info);
}

}  // namespace

// Only the effective group and the supplementary ones count; capabilities do not.
int ping_init_sock(Kernel& k, sock& sk) {
  if (sk.sk_family == kAF_INET6 && k.has(Behaviour::pingv6_v6only)) sk.sk_ipv6only = 1;
  const Caller& cred = k.world().caller;
  k.step(StepKind::init, "ping_init_sock", 0, sk.object);
  // Until 3.14 the reference comes before the effective group is looked at, so that every ping socket
  // leaks one (CVE-2014-2851).
  if (!k.has(Behaviour::ping_drops_group_ref)) ++k.objects->group_refs;
  if (in_group_range(k, cred.egid)) {
    if (!k.has(Behaviour::ping_drops_group_ref)) k.hazard(Hazard::leaked_group_info);
    k.pass(Rule::ping_group);
    return 0;
  }
  if (k.has(Behaviour::ping_drops_group_ref)) ++k.objects->group_refs;
  for (size_t i = 0; i < cred.group_count; ++i) {
    if (!in_group_range(k, cred.groups[i])) continue;
    put_group_info(k);
    k.pass(Rule::ping_group);
    return 0;
  }
  put_group_info(k);
  return k.fail(Rule::ping_group, kEACCES);
}

int ping_hash(Kernel& k, sock& sk) {
  (void)k;
  (void)sk;
  return 0;  // the kernel has BUG() here: ping socks are hashed by their get_port
}

void ping_unhash(Kernel& k, sock& sk) { sk_del_node_init(k, sk, "ping_table"); }

void ping_close(Kernel& k, sock& sk) { sk_common_release(k, sk); }

}  // namespace sockoracle
