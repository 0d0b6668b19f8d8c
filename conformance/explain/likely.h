// SPDX-License-Identifier: GPL-2.0-only
// The causes of an errno as people meet them: those that the model's search finds, and those that
// answer before the kernel's own checks; the likely ones first. What is known of each: causes.def.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/world/world_text.h"
#include "model/explore.h"

namespace sockoracle {

struct ErrnoCause {
  std::string_view name, sentence;      // a rule's, or those of CAUSE_OUTSIDE
  std::string file, function;           // "net/socket.c", "__sock_create"
  std::vector<Change> changes;          // that show it; empty as well where the model has none
  unsigned distance = 0;                // model/distance.cpp
  bool here = false;                    // the world as it is answers so
  std::vector<std::string_view> words;  // who does so: sentences without a full stop
};
std::vector<ErrnoCause> likely_causes(const Case& c, int32_t error,
                                      const Possible* possible = nullptr);

// A command, and what it tells of which cause.
struct Telling {
  std::string command;
  std::string_view sentence;
  size_t cause;  // the first of the causes that it is about; npos = of all
};
std::vector<Telling> tellings_of(const std::vector<ErrnoCause>& causes, const Call& call);

// The changes as flags beside those at hand: a context that is chosen anew drops what the one
// before it brought, so what is still needed of that is named.
std::vector<Change> beside_flags(const Setting& setting, const std::vector<Change>& changes);

}  // namespace sockoracle
