// SPDX-License-Identifier: GPL-2.0-only
// The calls that the deeper oracles make one by one: a way of each answer, where answers differ by
// who asks.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>
#include <vector>

#include "conformance/plan/plan.h"
#include "conformance/words/case_facts.h"
#include "model/symbols.h"

namespace sockoracle {

inline constexpr std::string_view kDeepCallContexts[] = {
    "root",           "nobody",   "userns-root", "userns-root-host-net", "no-fd",
    "mptcp-off",      "ping-gid", "cgroup-deny", "lsm-deny-create",      "lsm-deny-post-create",
    "lsm-deny-alloc", "file-max"};

inline bool has_deep_calls(const ContextPlan& plan) {
  return plan.skipped.empty() &&
         std::find(std::begin(kDeepCallContexts), std::end(kDeepCallContexts),
                   plan.context->name) != std::end(kDeepCallContexts);
}

inline constexpr struct {
  int32_t family, type, protocol;
} kDeepCalls[] = {
    {-1, 1, 0},
    {9999, 15, 0},
    {kAF_INET, 0x10001, 0},
    {kAF_INET, 15, 0},
    {kAF_INET, kSOCK_STREAM, 0},
    {kAF_INET, kSOCK_STREAM, 263},
    {kAF_INET, kSOCK_STREAM, 17},
    {kAF_INET, kSOCK_STREAM, kIPPROTO_SMC},
    {kAF_INET, kSOCK_STREAM, 262},
    {kAF_INET, kSOCK_DGRAM, 0},
    {kAF_INET, kSOCK_DGRAM, 1},
    {kAF_INET, kSOCK_DGRAM, kIPPROTO_L2TP},
    {kAF_INET, kSOCK_DGRAM, 136},
    {kAF_INET, kSOCK_RAW, 0},
    {kAF_INET, kSOCK_RAW, 1},
    {kAF_INET, kSOCK_SEQPACKET, kIPPROTO_SCTP},
    {kAF_INET, 6, 33},
    {kAF_INET, 7, 0},
    {kAF_INET, kSOCK_PACKET, 0},
    {kAF_INET6, kSOCK_STREAM, 0},
    {kAF_INET6, kSOCK_DGRAM, 0},
    {kAF_INET6, kSOCK_DGRAM, 58},
    {kAF_INET6, kSOCK_SEQPACKET, kIPPROTO_SCTP},
    {kAF_INET6, kSOCK_RAW, 58},
};

// But for those that would make the kernel load something: what is loaded stays.
inline std::vector<Call> deep_calls(const World& world) {
  std::vector<Call> calls;
  for (const auto& [family, type, protocol] : kDeepCalls) {
    if (world.modules_enabled && might_request_module(world, family, type, protocol)) continue;
    calls.push_back({.entry = Entry::socket, .family = family, .type = type, .protocol = protocol});
  }
  return calls;
}

}  // namespace sockoracle
