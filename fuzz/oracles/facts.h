// SPDX-License-Identifier: GPL-2.0-only
// The second opinion: which rules a case violates, each fact tested by itself and in no order,
// without the model's path. The earliest violated rule of rules.def is the answer to be expected.
// Tables are shared with the model, because a fact stands in one place; what is done with them is
// not.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "model/case.h"
#include "model/kernel.h"
#include "model/verdict.h"

namespace sockoracle::fuzz {

class RuleSet {
 public:
  void set(Rule rule, bool on = true) { broken_[static_cast<size_t>(rule)] = on; }
  bool has(Rule rule) const { return broken_[static_cast<size_t>(rule)]; }

 private:
  std::array<bool, kRuleCount> broken_{};
};

// What a case comes down to.
struct Facts {
  int32_t family = 0;    // after the SOCK_PACKET rewrite
  int32_t type = 0;      // without flag bits
  int32_t protocol = 0;  // after update_socket_protocol
  bool modelled = true;  // the family has a create function in the model
  // The entry that serves the call where nothing earlier refuses it.
  std::optional<ProtoId> proto;
  int32_t resolved = 0;  // the protocol after a wild match
};
Facts facts_of(const Case& c);

// Rules that fail without any injected fault.
RuleSet broken_rules(const Case& c, const Facts& facts);

struct Expected {
  Rule rule;
  int32_t error;
};
Expected expected_answer(const Case& c, const Facts& facts);

// The errno of a rule on that release; for rules with one errno simply that; -1: one of several.
int32_t expected_error(Rule rule, const World& world, const Facts& facts);

// Does rules.def list the errno for the rule?
bool may_answer(Rule rule, int32_t error, const World& world);

// Is this a rule that only answers when memory, a module or another fallible step fails?
bool is_fault_rule(Rule rule);

// user_namespaces(7): does the caller have the capability in the namespace?
bool has_capability(const World& world, uint8_t user_ns, int32_t capability);

}  // namespace sockoracle::fuzz
