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
  if (k.has(Behaviour::ping_drops_group_ref)) --k.objects().group_refs;
  else k.hazard(Hazard::leaked_group_info);
}

// include/linux/poison.h: never dereferenced here
sock** poison2() { return reinterpret_cast<sock**>(uintptr_t{0x00200200}); }

}  // namespace

// Only the effective group and the supplementary ones count; capabilities do not.
int ping_init_sock(Kernel& k, sock& sk) {
  if (sk.sk_family == kAF_INET6 && k.has(Behaviour::pingv6_v6only)) sk.sk_ipv6only = 1;
  const Caller& cred = k.world().caller;
  k.step(StepKind::init, "ping_init_sock", 0, sk.object);
  // Until 3.14 the reference comes before the effective group is looked at, so that every ping
  // socket leaks one (CVE-2014-2851).
  if (!k.has(Behaviour::ping_drops_group_ref)) ++k.objects().group_refs;
  if (in_group_range(k, cred.egid)) {
    if (!k.has(Behaviour::ping_drops_group_ref)) k.hazard(Hazard::leaked_group_info);
    k.pass(Rule::ping_group);
    return 0;
  }
  if (k.has(Behaviour::ping_drops_group_ref)) ++k.objects().group_refs;
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

// bind and autobind: the sock goes into the table, unless it looks as if it were there.
void ping_get_port(Kernel& k, sock& sk) {
  if (sk.sk_node_pprev == nullptr) sk_add_node(k, sk, "ping_table");
}

// Until 4.0 hlist_nulls_del leaves LIST_POISON2 in the link, so that the sock looks hashed for
// ever: the next unhash writes through that address and drops a reference that is not the table's.
void ping_unhash(Kernel& k, sock& sk) {
  if (k.has(Behaviour::ping_unhash_fixed)) {
    if (sk_del_node_init(k, sk, "ping_table")) sk.skc_num = inet_sk(sk).inet_sport = {};
    return;
  }
  if (sk.sk_node_pprev == nullptr) return;
  if (sk.sk_node_pprev == poison2()) {
    k.hazard(Hazard::double_unhash);
    if (!k.objects().observer) return;  // the observer has mapped the address
  }
  sk.sk_node_pprev = poison2();
  k.step(StepKind::unhash, "ping_table", 0, sk.object);
  sk.skc_num = inet_sk(sk).inet_sport = {};
  sock_put(k, sk);
}

void ping_close(Kernel& k, sock& sk) { sk_common_release(k, sk); }

}  // namespace sockoracle
