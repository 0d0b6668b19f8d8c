// SPDX-License-Identifier: GPL-2.0-only
// Kernel: everything one booted kernel owns. No statics: any number of kernels live side by side.
// Functions of the kernel are free functions under their own names in the file named after the
// kernel's file; they take the Kernel first.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/case.h"
#include "model/inet_sock.h"
#include "model/kernel_objects.h"
#include "model/verdict.h"

namespace sockoracle {

// The interval of protocols that take the same path as the one asked: each comparison of the path
// with the caller's protocol narrows it. This is what makes `table` complete without enumeration.
struct PathCondition {
  int64_t low = INT32_MIN, high = INT32_MAX;
};

// The protocols around the one asked whose sockets show the same. A path may be wider: one entry
// of raw sockets serves all protocols, and yet some of them show a filter. So each look at a number
// that a sock took from the caller's protocol narrows this, as comparisons narrow a path.
struct SameView {
  int32_t protocol = 0;
  int64_t low = INT32_MIN, high = INT32_MAX;
  // Only protocols of [from, to] show the same.
  void within(int64_t from, int64_t to);
  // The low bits of the protocol were compared with a number.
  void compared(uint8_t bits, int64_t number);
};

// The caller's protocol inside inet_create. Behaves as an int; compared, it narrows the condition.
class Protocol {
 public:
  Protocol(int32_t value, PathCondition* path, bool seen)
      : value_(value), path_(path), seen_(seen) {}
  int32_t value() const { return value_; }
  // What a member of that many bits keeps of it.
  sock_num low_bits(uint8_t bits) const {
    const uint32_t mask = (uint32_t{1} << bits) - 1;
    return {static_cast<uint16_t>(static_cast<uint32_t>(value_) & mask), seen_ ? bits : uint8_t{0}};
  }
  bool operator<(int32_t bound) const {
    const bool yes = value_ < bound;
    if (path_ != nullptr) yes ? narrow(INT32_MIN, int64_t{bound} - 1) : narrow(bound, INT32_MAX);
    return yes;
  }
  bool operator>=(int32_t bound) const { return !(*this < bound); }
  bool operator==(int32_t number) const {
    if (path_ != nullptr) {
      if (value_ == number) narrow(number, number);
      else if (value_ < number) narrow(INT32_MIN, int64_t{number} - 1);
      else narrow(int64_t{number} + 1, INT32_MAX);
    }
    return value_ == number;
  }
  bool operator!=(int32_t number) const { return !(*this == number); }
  // An entry's number replaces the caller's: from here on nothing depends on the caller's.
  void rewrite(int32_t value) {
    value_ = value;
    path_ = nullptr;
    seen_ = false;
  }

 private:
  void narrow(int64_t low, int64_t high) const;

  int32_t value_;
  PathCondition* path_;
  bool seen_;  // somebody asks which protocols show the same
};

// What must be equal before a call and after its socket is closed or its failure is undone.
struct Balance {
  int64_t objects = 0;  // live slab and kmalloc objects
  int64_t module_refs = 0;
  int64_t net_refs = 0;
  int64_t group_refs = 0;
  int64_t fds = 0;
  int64_t inuse = 0;  // "sockets: used"
  friend bool operator==(const Balance&, const Balance&) = default;
};

// How a kernel is called: what somebody wants to learn of a call, and on whose behalf it is made.
struct CallContext {
  // Which protocols share the path; null for speed.
  PathCondition* path = nullptr;
  // Which protocols show the same: from before the call until its socket was looked at.
  SameView* same = nullptr;
  // Depth of sockets that the kernel creates for itself: their rules are not the call's.
  int32_t kern_depth = 0;
  // Off for speed: no steps are recorded, verdicts stay the same.
  bool tracing = true;
};

class Kernel {
 public:
  // Boots: registers families, protocols and modules as the world's release and providers say.
  explicit Kernel(const World& world);
  ~Kernel();
  // Boots once more, for whoever asks many cases: what the kernel held is gone.
  void reboot(const World& world);
  using Objects = KernelObjects;
  // A copy of what a kernel owned after boot. Its pointers lead into that kernel's own objects.
  struct Booted {
    Objects objects;
  };
  void remember(Booted& booted) const { booted.objects = objects_; }
  // The same from what an earlier boot of this very kernel left, where boot_key() of both worlds is
  // equal.
  void reboot(const World& world, const Booted& booted);
  Kernel(const Kernel&) = delete;
  Kernel& operator=(const Kernel&) = delete;

  // -- what callers use
  // One call. On success verdict.fd names the new socket until close(). The trace is replaced.
  Verdict call(const Call& call);
  void close(int32_t fd);
  std::span<const Step> trace() const { return {steps_.data(), step_count_}; }
  const struct socket* lookup(int32_t fd) const;
  Balance balance() const;
  // True once a call changed the world for later ones (a module was loaded).
  bool changed() const { return changed_; }
  // Set by a CallScope.
  const CallContext& context() const { return context_; }
  bool tracing() const { return context_.tracing; }
  // What a program's operations change between calls. What boot read once (release, providers,
  // namespaces) stays.
  void set_sysctl(Sysctl s, const SysctlValue& value) {
    world_.sysctls[static_cast<size_t>(s)] = value;
  }
  void set_caller(const Caller& caller) { world_.caller = caller; }
  void set_policies(const Policies& policies) { world_.policies = policies; }
  // The one step of each call that fails; 0 = none does.
  void set_fault(int32_t step);

  // -- what the model's own functions use
  const World& world() const { return world_; }
  HazardSet hazards() const { return hazards_; }
  bool has(Behaviour b) const { return behaviours_.has(b); }
  int64_t sysctl(Sysctl s, size_t i = 0) const {
    return world_.sysctls[static_cast<size_t>(s)].v[i];
  }
  // Records a step; cheap when tracing is off.
  void step(StepKind kind, std::string_view what, int32_t result = 0, uint32_t object = 0,
            int32_t a = 0, int32_t b = 0) {
    if (context_.tracing) record({kind, Rule{}, static_cast<int16_t>(result), object, a, b, what});
  }
  // A rule was asked and passed.
  void pass(Rule rule) {
    if (context_.tracing) record_rule(rule, 0);
  }
  // A rule decided; returns -errno, so that `return k.fail(Rule::x, kEPERM)` reads as the kernel
  // does.
  int fail(Rule rule, int32_t error);
  // A rule decided inside a function that answers NULL. Who called it says with which errno:
  // `k.fail(k.refused(), kENOBUFS)`.
  void refuse(Rule rule) { refused_ = rule; }
  Rule refused() const { return refused_; }
  void hazard(Hazard hazard);
  // Counts a fallible step; true when the world's faults make this one fail.
  bool should_fail() {
    ++fallible_;
    return world_.fault_count != 0 && fault_hits();
  }
  // A module came or went: later calls may be answered differently.
  void note_change() { changed_ = true; }
  // The number that should_fail gave the latest fallible step.
  int32_t fallible() const { return fallible_; }

  // Kernel objects are the kernel's, and every file of the model works on them.
  Objects& objects() { return objects_; }
  const Objects& objects() const { return objects_; }
  // The caller's protocol as inet_create gets it: a kernel's own socket narrows nothing.
  Protocol asked(int32_t protocol, bool kern) const {
    return {protocol, kern ? nullptr : context_.path, !kern && context_.same != nullptr};
  }

 private:
  friend class CallScope;
  void begin(const World& world);
  void boot();
  void record(const Step& step);
  void record_rule(Rule rule, int32_t result);
  bool fault_hits() const;

  World world_;
  BehaviourSet behaviours_;
  CallContext context_;
  Objects objects_;
  bool changed_ = false;
  int32_t fallible_ = 0;
  Rule decided_ = Rule::created;
  Rule refused_ = Rule::created;
  HazardSet hazards_;
  size_t step_count_ = 0;
  std::array<Step, 192> steps_;
};

// The calls of a kernel are made like that while it lives; then as before.
class CallScope {
 public:
  CallScope(Kernel& kernel, const CallContext& context)
      : kernel_(kernel), before_(kernel.context_) {
    kernel.context_ = context;
  }
  ~CallScope() { kernel_.context_ = before_; }
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  Kernel& kernel_;
  const CallContext before_;
};

inline proto& proto_of(Kernel& k, ProtoId id) {
  return k.objects().protos[static_cast<size_t>(id)];
}
inline proto_ops& ops_of(Kernel& k, OpsId id) { return k.objects().ops[static_cast<size_t>(id)]; }
inline module_owner& module_of(Kernel& k, Provider p) {
  return k.objects().modules[static_cast<size_t>(p)];
}

// What of a world boot reads, but for namespaces: those are made anew.
struct BootKey {
  BehaviourSet behaviours;
  std::array<Presence, kProviderCount> providers{};
  friend bool operator==(const BootKey&, const BootKey&) = default;
};
BootKey boot_key(const World& world);
// Is it that number? The one way to compare a sock's number: it narrows SameView.
inline bool number_is(const Kernel& k, sock_num number, uint16_t other) {
  if (SameView* same = k.context().same; same != nullptr && number.protocol_bits != 0)
    same->compared(number.protocol_bits, other);
  return number.number == other;
}

// Boots a kernel, makes the call, reads the state, closes, and checks the balance: what leaked
// becomes a hazard of the answer.
Answer ask(const Case& c);

}  // namespace sockoracle
