// SPDX-License-Identifier: GPL-2.0-only
#include "model/socket.h"

#include <cstring>

#include "model/capability.h"
#include "model/module.h"
#include "model/slab.h"
#include "model/sock.h"

namespace sockoracle {

int32_t nproto(const Kernel& k) {
  int32_t n = 41;  // 3.12: AF_VSOCK is the last
  for (const Behaviour b : {Behaviour::family_kcm, Behaviour::family_qipcrtr, Behaviour::family_smc,
                            Behaviour::family_xdp, Behaviour::family_mctp})
    n += k.has(b) ? 1 : 0;
  return n;
}

int sock_register(Kernel& k, const net_proto_family& ops) {
  if (ops.family < 0 || ops.family >= nproto(k)) return -kENOBUFS;
  auto& slot = k.objects().net_families[static_cast<size_t>(ops.family)];
  if (slot != nullptr) return -kEEXIST;
  slot = &ops;
  return 0;
}

void sock_unregister(Kernel& k, int32_t family) {
  k.objects().net_families[static_cast<size_t>(family)] = nullptr;
}

// -- descriptors and files

static int get_unused_fd(Kernel& k, Rule rule) {
  const int32_t left = k.world().limits.fds_left;
  if (left != kUnlimited && k.objects().open_fds >= left) return k.fail(rule, kEMFILE);
  k.pass(rule);
  ++k.objects().open_fds;
  k.step(StepKind::fd, "get_unused_fd_flags");
  return 0;
}

static void put_unused_fd(Kernel& k) {
  --k.objects().open_fds;
  k.step(StepKind::fd, "put_unused_fd");
}

static int fd_install(Kernel& k, struct socket* sock) {
  std::vector<struct socket*>& fds = k.objects().fds;
  size_t i = 0;
  while (i < fds.size() && fds[i] != nullptr) ++i;
  if (i == fds.size()) fds.push_back(nullptr);
  fds[i] = sock;
  k.step(StepKind::fd, "fd_install", 0, sock->object);
  return static_cast<int>(i) + kFirstDescriptor;
}

// A dentry, then a file; fs.file-max lies between them (fs/file_table.c:alloc_empty_file).
static int sock_alloc_file(Kernel& k, struct socket& sock, int32_t flags) {
  if (!alloc_untracked(k, "dentry")) return k.fail(Rule::file_memory, kENOMEM);
  const int32_t left = k.world().limits.files_left;
  // ours are already counted in open_fds: the descriptor being filled is one of them
  if (left != kUnlimited && k.objects().open_fds > left && !capable(k, kCAP_SYS_ADMIN))
    return k.fail(Rule::file_max, kENFILE);
  k.pass(Rule::file_max);
  if (!alloc_untracked(k, "filp")) return k.fail(Rule::file_memory, kENOMEM);
  k.pass(Rule::file_memory);
  sock.fd_flags = kO_RDWR | (flags & kSOCK_NONBLOCK);
  sock.close_on_exec = (flags & kSOCK_CLOEXEC) != 0;
  return 0;
}

// net/socket.c:sock_map_fd. On failure the finished socket is released through its ops: by
// sock_alloc_file itself, since it owns the socket.
static int sock_map_fd(Kernel& k, struct socket* sock, int32_t flags) {
  int error = get_unused_fd(k, Rule::fd_available);
  if (error == 0) {
    error = sock_alloc_file(k, *sock, flags);
    if (error == 0) return fd_install(k, sock);
    if (k.has(Behaviour::sock_alloc_file_releases)) {
      sock_release(k, sock);
      put_unused_fd(k);
      return error;
    }
    put_unused_fd(k);
  }
  sock_release(k, sock);
  return error;
}

void close_fd(Kernel& k, int32_t fd) {
  struct socket*& slot = k.objects().fds[static_cast<size_t>(fd - kFirstDescriptor)];
  struct socket* sock = slot;
  slot = nullptr;
  --k.objects().open_fds;
  sock_release(k, sock);
}

// -- sockets

// sock_alloc_inode and sock_alloc. Until 5.2 the wait queue is a block of its own, the second one.
struct socket* sock_alloc(Kernel& k) {
  uint32_t object = 0;
  void* block = kmem_cache_alloc(k, k.objects().inode_cache, &object);
  if (block == nullptr) return nullptr;
  const bool own_wq = !k.has(Behaviour::socket_wq_in_inode);
  if (own_wq && !alloc_untracked(k, "socket_wq")) {
    kmem_cache_free(k, k.objects().inode_cache, block);
    return nullptr;
  }
  auto* sock = static_cast<struct socket*>(block);
  std::memset(block, 0, sizeof(struct socket));
  sock->object = object;
  sock->state = SS_UNCONNECTED;  // sock_alloc_inode
  sock->wq_allocated = own_wq;
  sock->inode_uid = k.world().caller.fsuid;
  sock->inode_gid = k.world().caller.fsgid;
  sock->inode_mode = 0140777;  // S_IFSOCK | S_IRWXUGO
  return sock;
}

// net/socket.c:__sock_release, until 4.17 sock_release itself. A tracer attached here sees sock->sk
// as the failed path left it.
void sock_release(Kernel& k, struct socket* sock) {
  static const NamesByRelease function("sock_release 4.18:__sock_release");
  k.step(StepKind::release, function.on(k.world().release), 0, sock->object);
  if (k.objects().observer && sock->sk != nullptr) k.objects().observed = sock->sk->sk_family;
  if (const proto_ops* ops = sock->ops; ops != nullptr) {
    ops->release(k, *sock);
    sock->sk = nullptr;
    sock->ops = nullptr;
    module_put(k, ops->owner);
  }
  if (sock->wq_allocated) k.step(StepKind::free, "socket_wq", 0, sock->object);
  kmem_cache_free(k, k.objects().inode_cache, sock);
}

// An LSM hook that may refuse; kernel sockets are not asked (SELinux, AppArmor and the usual BPF
// LSM programs let kern pass).
static int security_hook(Kernel& k, Rule rule, std::string_view hook, int32_t refused, bool kern) {
  if (kern) return 0;
  if (refused != 0) {
    k.step(StepKind::security, hook, -refused);
    return k.fail(rule, refused);
  }
  k.pass(rule);
  return 0;
}

static const net_proto_family* family_of(Kernel& k, int32_t family, bool kern) {
  const auto& slot = k.objects().net_families[static_cast<size_t>(family)];
  if (slot == nullptr) request_family_module(k, family);
  if (slot == nullptr) return nullptr;
  if (!kern) k.pass(Rule::family_registered);
  return slot;
}

// Families the model has no create function for are registered on some kernels and not on others:
// the world does not say, so neither does the model.
static bool beyond_model(int32_t family) {
  return family != kAF_UNSPEC && family != kAF_INET && family != kAF_INET6 && family != kAF_PACKET;
}

int __sock_create(Kernel& k, net& net, int32_t family, int32_t type, int32_t protocol,
                  struct socket** res, bool kern) {
  if (family < 0 || family >= nproto(k)) return k.fail(Rule::family_range, kEAFNOSUPPORT);
  k.pass(Rule::family_range);
  if (type < 0 || type >= kSOCK_MAX) return k.fail(Rule::type_range, kEINVAL);
  k.pass(Rule::type_range);
  if (family == kAF_INET && type == kSOCK_PACKET) {
    family = kAF_PACKET;
    k.step(StepKind::set, "family = PF_PACKET");
  }
  const Policies& policies = k.world().policies;
  int error = security_hook(k, Rule::lsm_socket_create, "security_socket_create",
                            policies.lsm_socket_create, kern);
  if (error != 0) return error;
  struct socket* sock = sock_alloc(k);
  if (sock == nullptr) return k.fail(Rule::sock_alloc_inode, kENFILE);
  k.pass(Rule::sock_alloc_inode);
  sock->type = static_cast<int16_t>(type);

  if (beyond_model(family)) {
    k.fail(Rule::family_not_modelled, 0);
    sock_release(k, sock);
    return -kEAFNOSUPPORT;
  }
  const net_proto_family* pf = family_of(k, family, kern);
  if (pf == nullptr) {
    sock_release(k, sock);
    return k.fail(Rule::family_registered, kEAFNOSUPPORT);
  }
  if (!try_module_get(k, pf->owner)) {
    sock_release(k, sock);
    return k.fail(Rule::family_module_live, kEAFNOSUPPORT);
  }
  k.pass(Rule::family_module_live);

  error = pf->create(k, net, *sock, protocol, kern);
  if (error < 0) {
    if (k.has(Behaviour::sock_create_clears_sk)) sock->sk = nullptr;
    sock->ops = nullptr;
    module_put(k, pf->owner);
    // Where a release leaks the sock itself, the pointer is as good as before.
    if (sock->sk != nullptr && !is_allocated(k, sock->sk)) k.hazard(Hazard::dangling_sock_sk);
    sock_release(k, sock);
    return error;
  }
  if (!try_module_get(k, sock->ops->owner)) {
    // ops is cleared, so nobody releases the finished sock.
    k.hazard(Hazard::leaked_sock);
    sock->ops = nullptr;
    module_put(k, pf->owner);
    sock_release(k, sock);
    return k.fail(Rule::ops_module_live, kEAFNOSUPPORT);
  }
  k.pass(Rule::ops_module_live);
  module_put(k, pf->owner);
  error = security_hook(k, Rule::lsm_socket_post_create, "security_socket_post_create",
                        policies.lsm_socket_post_create, kern);
  if (error != 0) {
    sock_release(k, sock);
    return error;
  }
  *res = sock;
  return 0;
}

int sock_create_kern(Kernel& k, int32_t family, int32_t type, int32_t protocol,
                     struct socket** res) {
  CallContext inside = k.context();
  ++inside.kern_depth;
  const CallScope scope(k, inside);
  return __sock_create(k, k.objects().current_net, family, type, protocol, res, true);
}

// -- system calls

static int check_flags(Kernel& k, int32_t type) {
  if ((type & ~kSOCK_TYPE_MASK & ~(kSOCK_CLOEXEC | kSOCK_NONBLOCK)) != 0)
    return k.fail(Rule::type_flags, kEINVAL);
  k.pass(Rule::type_flags);
  return 0;
}

static int sock_create(Kernel& k, int32_t family, int32_t type, int32_t protocol,
                       struct socket** res) {
  return __sock_create(k, k.objects().current_net, family, type & kSOCK_TYPE_MASK, protocol, res,
                       false);
}

int __sys_socket(Kernel& k, int32_t family, int32_t type, int32_t protocol) {
  CallContext context = k.context();
  const int32_t replaced = k.world().policies.update_protocol;
  if (replaced != kUnlimited && k.has(Behaviour::update_socket_protocol)) {
    // Evaluated before anything is checked; what it answers no longer depends on the caller's.
    k.step(StepKind::bpf, "update_socket_protocol", 0, 0, replaced);
    protocol = replaced;
    context.path = nullptr;
    context.same = nullptr;
  }
  const CallScope scope(k, context);
  int error = check_flags(k, type);
  if (error != 0) return error;
  struct socket* sock = nullptr;
  error = sock_create(k, family, type, protocol, &sock);
  if (error < 0) return error;
  return sock_map_fd(k, sock, type);
}

int io_socket(Kernel& k, int32_t family, int32_t type, int32_t protocol) {
  if (!k.has(Behaviour::io_uring_socket)) return k.fail(Rule::io_uring_opcode, kEINVAL);
  int error = check_flags(k, type);
  if (error == 0) error = get_unused_fd(k, Rule::fd_first);
  if (error != 0) return error;
  struct socket* sock = nullptr;
  error = sock_create(k, family, type, protocol, &sock);
  if (error == 0) {
    error = sock_alloc_file(k, *sock, type);
    if (error == 0) return fd_install(k, sock);
    sock_release(k, sock);
    if (!k.has(Behaviour::socket_file_releases_once)) {
      k.hazard(Hazard::double_iput);
      if (k.objects().observer) sock_release(k, sock);
    }
  }
  put_unused_fd(k);
  return error;
}

int __sys_socketpair(Kernel& k, int32_t family, int32_t type, int32_t protocol) {
  int error = check_flags(k, type);
  if (error != 0) return error;
  const bool fds_first = k.has(Behaviour::socketpair_reserves_fds_first);
  if (fds_first) {
    error = get_unused_fd(k, Rule::fd_first);
    if (error != 0) return error;
    error = get_unused_fd(k, Rule::fd_first);
    if (error != 0) {
      put_unused_fd(k);
      return error;
    }
  }
  struct socket *first = nullptr, *second = nullptr;
  error = sock_create(k, family, type, protocol, &first);
  if (error == 0) {
    error = sock_create(k, family, type, protocol, &second);
    // No INET or packet protocol connects two sockets to each other: sock_no_socketpair.
    if (error == 0) {
      error = k.fail(Rule::socketpair_supported, kEOPNOTSUPP);
      sock_release(k, second);
    }
    sock_release(k, first);
  }
  if (fds_first) {
    put_unused_fd(k);
    put_unused_fd(k);
  }
  return error;
}

// inet_accept where a connection waits: tcp_v4_syn_recv_sock has cloned the listener's sock.
int __sys_accept(Kernel& k, struct socket& listener) {
  int error = get_unused_fd(k, Rule::fd_available);
  if (error != 0) return error;
  struct socket* sock = sock_alloc(k);
  struct sock* child = sock == nullptr ? nullptr : sk_clone_lock(k, *listener.sk);
  if (child == nullptr) {
    put_unused_fd(k);
    if (sock != nullptr) sock_release(k, sock);
    return sock == nullptr ? -kENFILE : k.fail(k.refused(), kENOMEM);
  }
  sock->type = listener.type;
  sock->ops = listener.ops;
  __module_get(sock->ops->owner);
  sock->sk = child;  // sock_graft
  child->sk_socket = sock;
  child->sk_wq = true;
  error = sock_alloc_file(k, *sock, 0);
  if (error == 0) return fd_install(k, sock);
  put_unused_fd(k);
  sock_release(k, sock);
  return error;
}

}  // namespace sockoracle
