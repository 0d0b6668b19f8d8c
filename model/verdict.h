// SPDX-License-Identifier: GPL-2.0-only
// What the model answers: errno, deciding rule, the steps of the path, state and hazards.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "model/case.h"

namespace sockoracle {

struct sock_num;

enum class Rule : uint8_t {
#define RULE(id, ...) id,
#include "model/rules.def"
};
#define RULE(...) +1
inline constexpr size_t kRuleCount = 0
#include "model/rules.def"
    ;

// What a rule is about; some are about two things.
enum class RuleClass : uint8_t {
  check = 1,    // the call's arguments, the caller, a limit
  memory = 2,   // an allocation
  race = 4,     // a module that goes away
  policy = 8,   // somebody's program or module
  entry = 16,   // asked by the entry point in its own place: others need not share it
  outside = 32  // not modelled
};
constexpr RuleClass operator|(RuleClass a, RuleClass b) {
  return static_cast<RuleClass>(static_cast<uint8_t>(a) | static_cast<uint8_t>(b));
}

struct RuleRow {
  Rule id{};
  std::string_view name{};
  RuleClass kind{};
  std::string_view errnos{};  // the errno names it may answer, blank separated; "" for `created`
  std::string_view since{}, until{};
  // By release, as name_on reads them: "net/ipv4/af_inet.c", "sys_socket 4.17:__sys_socket".
  std::string_view files{}, functions{};
  std::string_view sentence{};
  std::string_view witness{};  // how a real kernel shows it, or why it is exempt
  std::string_view inet6{};    // file:function where AF_INET6 decides it in a place of its own

  std::string_view file(Release release = newest_release(), bool of_inet6 = false) const {
    if (of_inet6 && !inet6.empty()) return inet6.substr(0, inet6.find(':'));
    return name_on(files, release);
  }
  std::string_view function(Release release = newest_release(), bool of_inet6 = false) const {
    if (of_inet6 && !inet6.empty()) return inet6.substr(inet6.find(':') + 1);
    return name_on(functions, release);
  }
  // Is it about one of these?
  bool is(RuleClass any) const {
    return (static_cast<uint8_t>(kind) & static_cast<uint8_t>(any)) != 0;
  }
};
std::span<const RuleRow> rules();  // indexed by Rule, in kernel order
inline const RuleRow& row(Rule rule) { return rules()[static_cast<size_t>(rule)]; }
const RuleRow* find_rule(std::string_view name);

// The kinds of step, each with the word that text output uses. How an entry matched (inetsw_match):
// 0 exactly, 1 because the caller asked 0, 2 because the entry is wild.
#define SOCKORACLE_STEP_KINDS(X)                                                                   \
  X(rule, "rule")                 /* a rule was asked: result 0 = passed, -errno = it decided */   \
  X(inetsw_match, "inetsw_match") /* a = its protocol, b = how: see below */                       \
  X(request_module, "request_module") /* a = protocol, b = type or -1; result 1 = a module came */ \
  X(module_get, "try_module_get")                                                                  \
  X(module_put, "module_put")                                                                      \
  X(module_load, "module_load")                                                                    \
  X(capable, "ns_capable") /* a = capability, b = user namespace; result 0 or -EPERM */            \
  X(security, "security")  /* an LSM hook */                                                       \
  X(alloc, "alloc")        /* fallible: a = its number for `faults` */                             \
  X(free, "free")                                                                                  \
  X(clear, "clear") /* zeroing of a fresh object; a = bytes */                                     \
  X(get_net, "get_net")                                                                            \
  X(put_net, "put_net")                                                                            \
  X(init, "init") /* a function that fills fields: sock_init_data ... */                           \
  X(set, "set")   /* a single assignment worth naming */                                           \
  X(hash, "hash")                                                                                  \
  X(unhash, "unhash")                                                                              \
  X(bpf, "bpf")         /* a cgroup BPF attach point */                                            \
  X(release, "release") /* an undo function: sk_common_release ... */                              \
  X(fd, "fd")           /* a descriptor reserved, given back, installed */                         \
  X(hazard, "hazard")

enum class StepKind : uint8_t {
#define X(id, word) id,
  SOCKORACLE_STEP_KINDS(X)
#undef X
};
std::string_view step_word(StepKind kind);

struct Step {
  StepKind kind{};
  Rule rule{};            // StepKind::rule only
  int16_t result = 0;     // 0 or -errno
  uint32_t object = 0;    // number of the object within its kernel: pairs alloc with free; 0 = none
  int32_t a = 0, b = 0;   // see the kinds
  std::string_view what;  // a name of static life time: hook, cache, function, field
};

// What is wrong although the call answered.
enum class Hazard : uint8_t {
#define HAZARD(id, sentence) id,
#include "model/hazards.def"
};
inline constexpr size_t kHazardCount = 0
#define HAZARD(id, sentence) +1
#include "model/hazards.def"
    ;
std::string_view hazard_name(Hazard hazard);
std::string_view hazard_sentence(Hazard hazard);

struct HazardSet {
  uint16_t bits = 0;
  bool has(Hazard h) const { return (bits >> static_cast<unsigned>(h) & 1) != 0; }
  void set(Hazard h) { bits = static_cast<uint16_t>(bits | 1u << static_cast<unsigned>(h)); }
  friend bool operator==(const HazardSet&, const HazardSet&) = default;
};

// In place of an errno: the call did not return, a seccomp filter killed it.
inline constexpr int32_t kKilledBySigsys = -1;

// The short answer, cheap enough for tens of millions a second. The steps are in Kernel::trace().
struct Verdict {
  int32_t error = 0;  // 0 = a socket was created, else the positive errno, or kKilledBySigsys
  Rule rule{};
  HazardSet hazards;
  int32_t fd = -1;
  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// What an observable reads: a number, a short list, a text, or the errno of the read.
struct Value {
  enum class Kind : uint8_t { none, number, list, text, error };
  Kind kind = Kind::none;
  uint8_t count = 0;           // list: entries; a list of 0 entries is an empty buffer
  uint8_t protocol_bits = 0;   // the (last) number is that many low bits of the protocol
  int32_t error = 0;           // positive errno
  std::array<int64_t, 9> v{};  // number in v[0]
  std::string_view text;       // of static life time

  static Value number(int64_t n);
  static Value number(sock_num n);
  static Value failed(int32_t error);
  static Value name(std::string_view text);
  static Value list(std::span<const int64_t> numbers);
  friend bool operator==(const Value&, const Value&);
};

// The value of each observable, indexed as observables() is; kind none = not an observable of this
// release or family.
using State = std::vector<Value>;

// The long answer: everything, owned.
struct Answer {
  Verdict verdict;
  std::vector<Step> steps;
  State state;  // empty when the call failed
};

}  // namespace sockoracle
