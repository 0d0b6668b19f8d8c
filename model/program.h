// SPDX-License-Identifier: GPL-2.0-only
// Programs: a world and a sequence of operations on one kernel. What a single call cannot show (a
// second socket after a module came, a connect on a half-made socket, a tracer's look) needs one.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "model/kernel.h"
#include "model/world_facts.h"

namespace sockoracle {

// The kinds of operation, each with its word in text.
#define SOCKORACLE_OPERATIONS(X)                                                                \
  X(create, "create")          /* call -> slot; the slot's old socket stays open unnamed */     \
  X(close, "close")            /* slot */                                                       \
  X(connect, "connect")        /* slot: inet_autobind; SCTP: also its addresses */              \
  X(observe, "observe")        /* number 1/0: others are at work: Kernel::Objects::observer */  \
  X(look, "look")              /* slot: the tracer reads the socket's sk now */                 \
  X(load, "load")              /* provider: modprobe */                                         \
  X(unload, "unload")          /* provider: rmmod; refused while used */                        \
  X(going, "going")            /* provider: number 1 = it starts to go away, 0 = it is back */  \
  X(add_protosw, "register")   /* entry: inet_register_protosw of a row of ours */              \
  X(del_protosw, "unregister") /* entry */                                                      \
  X(sysctl, "sysctl")          /* index, value */                                               \
  X(caps, "caps")              /* effective capabilities, as a mask in `mask` */                \
  X(egid, "egid")              /* number */                                                     \
  X(user_ns, "user_ns")        /* number: the caller enters that user namespace */              \
  X(fault, "fault")            /* number: the n-th fallible step of the next create fails */    \
  X(policy, "policy")          /* index, number: errno or 0 */                                  \
  X(disconnect, "disconnect")  /* slot, a ping socket: connect() to AF_UNSPEC */                \
  X(addrform, "addrform")      /* slot, TCP over IPv6: IPV6_ADDRFORM makes it an IPv4 socket */ \
  X(accept, "accept")          /* slot, TCP with a connection waiting; index: the new slot */   \
  X(starting, "starting")      /* provider: its init stands before its last step; load ends it */

enum class Op : uint8_t {
#define X(id, word) id,
  SOCKORACLE_OPERATIONS(X)
#undef X
};
#define X(id, word) +1
inline constexpr size_t kOpCount = 0 SOCKORACLE_OPERATIONS(X);
#undef X
std::string_view op_word(Op op);

inline constexpr size_t kSlots = 4;
inline constexpr size_t kOperationsMax = 24;
// The policy that an operation's index means.
inline const FactRow& policy_of(size_t index) {
  return world_facts(FactKind::policy)[index % kPolicyCount];
}

// An inetsw entry that a program brings: protocol `number`, on `type`, served by that proto.
struct Entrysw {
  bool ipv6 = false;
  uint8_t type = 1;  // 0..15: 11 and more are illegal on purpose
  int32_t protocol = 0;
  ProtoId prot = ProtoId::tcp;
  bool permanent = false;
  friend bool operator==(const Entrysw&, const Entrysw&) = default;
};

struct Operation {
  Op op{};
  uint8_t slot = 0;   // create, close, connect, look, disconnect, addrform, accept
  uint8_t index = 0;  // provider, sysctl, policy, own entry (add/del: 0..3), accept's new slot
  int32_t number = 0;
  uint64_t mask = 0;  // caps
  SysctlValue value;  // sysctl
  Call call;          // create
  Entrysw entry;      // add_protosw
  friend bool operator==(const Operation&, const Operation&) = default;
};

struct Program {
  World world;
  std::vector<Operation> operations;  // at most kOperationsMax
  friend bool operator==(const Program&, const Program&) = default;
};

// What one operation answered.
struct Outcome {
  Op op{};
  int32_t error = 0;     // 0 or positive errno
  Verdict verdict;       // create only
  bool skipped = false;  // the slot was empty, the entry not there
};

// Runs one program on one kernel, an operation at a time.
class Machine {
 public:
  explicit Machine(const World& world);
  // On a kernel that has just booted, which the caller keeps.
  explicit Machine(Kernel& booted);
  Outcome run(const Operation& operation);
  // Closes what is still open. Then balance() must be what it was at boot, but for modelled leaks.
  void close_all();
  Kernel& kernel() { return kernel_; }
  const Balance& at_boot() const { return at_boot_; }
  HazardSet hazards() const { return hazards_; }

 private:
  Outcome create(const Operation& operation);
  Outcome on_slot(const Operation& operation);
  void keep(uint8_t slot, int32_t fd);
  void close(int32_t fd);
  Outcome on_provider(const Operation& operation);
  Outcome on_entry(const Operation& operation);

  std::optional<Kernel> own_;
  Kernel& kernel_;
  Balance at_boot_;
  HazardSet hazards_;
  std::array<int32_t, kSlots> slots_;
  std::vector<int32_t> unnamed_;
  std::array<inet_protosw, kSlots> entries_;
};

}  // namespace sockoracle
