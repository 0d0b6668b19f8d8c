// SPDX-License-Identifier: GPL-2.0-only
// What a booted kernel owns besides its sockets: caches, modules, namespaces, protocols, families.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/case.h"
#include "model/inet_sock.h"

namespace sockoracle {

struct ObjectHeader;  // slab.cpp
class SlabArena;      // slab.h

// mm/slab: one cache per proto, and the sockets' inodes. Objects are heap blocks, so that the
// sanitizers see each one's true life time; a header links them for the balance and for clean-up.
struct kmem_cache {
  std::string_view name;
  uint32_t obj_size = 0;
  bool typesafe = false;          // SLAB_TYPESAFE_BY_RCU
  ObjectHeader* spare = nullptr;  // freed objects to hand out again (slab.cpp)
};

// struct module; built-in code has none (THIS_MODULE is NULL there).
struct module_owner {
  std::string_view name;
  Presence presence = Presence::absent;
  bool going = false;     // MODULE_STATE_GOING: try_module_get fails
  bool starting = false;  // its init runs on another CPU and stands before its last step
  int32_t refcnt = 0;
};

// include/linux/gfp.h, as far as the path tells them apart. The model's own bits.
enum gfp_t : uint32_t { GFP_KERNEL = 1, GFP_ATOMIC = 2, __GFP_ZERO = 4 };
inline gfp_t operator|(gfp_t a, gfp_t b) {
  return static_cast<gfp_t>(static_cast<uint32_t>(a) | static_cast<uint32_t>(b));
}

struct user_namespace {
  const user_namespace* parent = nullptr;
  uint32_t owner = 0;
  uint8_t level = 0;
  uint8_t number = 0;
};

struct carrier_sock;

// include/net/netns/sctp.h, as far as a socket leans on it
struct netns_sctp {
  struct list_head {
    list_head* next;  // itself when empty; null until sctp_net_init
  };
  list_head local_addr_list{nullptr};
  carrier_sock* auto_asconf_splist = nullptr;
  bool addr_wq_locked = false;  // addr_wq_lock is held by this CPU
};

struct net {
  const user_namespace* user_ns = nullptr;
  int32_t count = 1;
  int32_t passive = 1;
  int32_t sock_inuse = 0;
  bool mptcp_statistics = false;
  netns_sctp sctp;
};

enum protosw_flag : uint8_t { REUSE = 1, PERMANENT = 2, ICSK = 4, BUILTIN_PERMANENT = 8 };

// In a table: the row holds on every release.
inline constexpr std::optional<Behaviour> ANY = std::nullopt;

enum class ProtoId : uint8_t {
#define PROTO(id, ...) id,
#include "model/proto.def"
};
#define PROTO(...) +1
inline constexpr size_t kProtoCount = 0
#include "model/proto.def"
    ;

// include/net/sock.h:struct proto
struct proto {
  std::string_view name;
  ProtoId id{};
  kmem_cache* slab = nullptr;  // null: its socks come from kmalloc
  uint32_t obj_size = 0;
  module_owner* owner = nullptr;
  module_owner* provider = nullptr;  // without which it is not there; mostly the owner
  int (*init)(Kernel& k, sock& sk) = nullptr;
  void (*destroy)(Kernel& k, sock& sk) = nullptr;
  int (*hash)(Kernel& k, sock& sk) = nullptr;
  void (*unhash)(Kernel& k, sock& sk) = nullptr;
  void (*close)(Kernel& k, sock& sk) = nullptr;
  bool get_port = false;
  sock_callback backlog_rcv;                 // empty name = null hook
  ipv6_pinfo* (*pinfo)(sock& sk) = nullptr;  // where the IPv6 control block lies
};

struct proto_ops {
  std::string_view name;
  int32_t family = 0;
  module_owner* owner = nullptr;
  int (*release)(Kernel& k, socket& sock) = nullptr;
};

// include/net/protocol.h:struct inet_protosw
struct inet_protosw {
  inet_protosw* next = nullptr;  // of the type's list; null at the end
  int32_t type = 0;
  int32_t protocol = 0;
  const proto* prot = nullptr;
  const proto_ops* ops = nullptr;
  uint8_t flags = 0;
  int32_t family = 0;
  bool registered = false;
};

struct net_proto_family {
  int32_t family = 0;
  int (*create)(Kernel& k, net& net, socket& sock, int32_t protocol, bool kern) = nullptr;
  module_owner* owner = nullptr;
};

enum class OpsId : uint8_t {
#define PROTO_OPS(id, ...) id,
#include "model/protosw.def"
};
#define PROTO_OPS(...) +1
inline constexpr size_t kOpsCount = 0
#include "model/protosw.def"
    ;
#define PROTOSW(...) +1
inline constexpr size_t kProtoswCount = 0
#include "model/protosw.def"
    ;

inline constexpr int32_t kFirstDescriptor = 3;
inline constexpr size_t kFamilyMax = 46;  // the largest AF_MAX of the table

struct KernelObjects {
  std::array<module_owner, kProviderCount> modules;
  std::array<kmem_cache, kProtoCount> slabs;
  kmem_cache inode_cache{"sock_inode_cache", sizeof(struct socket), false, nullptr};
  std::array<proto, kProtoCount> protos;
  std::array<proto_ops, kOpsCount> ops;
  std::array<inet_protosw, kProtoswCount> protosw;
  std::array<inet_protosw*, kSOCK_MAX> inetsw{};
  std::array<inet_protosw*, kSOCK_MAX> inetsw6{};
  std::array<net_proto_family, 3> families;
  std::array<const net_proto_family*, kFamilyMax> net_families{};
  std::array<user_namespace, kUserNsMax> user_ns;
  net current_net;
  int32_t loadable = 0;  // modules that request_module could still bring
  bool inet_ehash_secret = false;
  int32_t group_refs = 0;           // references to the caller's group_info beyond the caller's own
  std::vector<struct socket*> fds;  // descriptor = index + kFirstDescriptor
  int32_t open_fds = 0;
  ObjectHeader* live = nullptr;
  SlabArena* arena = nullptr;  // the caller's; null = the heap
  int64_t live_count = 0;
  uint32_t next_object = 0;
  // Others are at work: a tracer looks at sock->sk whenever a socket is released (as a BPF program
  // on __sock_release or an LSM may), an attacker has mapped the page that a stray pointer needs,
  // another CPU walks a list at the worst moment. What a known bug reads, writes or frees wrongly
  // is then really done, for a sanitizer to see; otherwise it is a hazard and nothing else. Off by
  // default; programs switch it on.
  bool observer = false;
  uint32_t observed = 0;  // what the tracer last read, so that the read is not optimised away
  // What another CPU, walking auto_asconf_splist, has in hand.
  carrier_sock* asconf_walker = nullptr;
};

}  // namespace sockoracle
