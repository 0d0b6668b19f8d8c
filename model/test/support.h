// SPDX-License-Identifier: GPL-2.0-only
// What the model's tests share: worlds by name, one-line verdicts, a fresh sock's fields as text.
#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "model/case.h"
#include "model/kernel.h"
#include "model/symbols.h"
#include "model/verdict.h"

namespace sockoracle::test {

inline constexpr int32_t kMin = INT32_MIN;
inline constexpr int32_t kMax = INT32_MAX;

// The release of that name; a test fails on one that is not in the table.
Release at(std::string_view name);
// [since, until) of release names, "" = no bound.
bool between(Release release, std::string_view since, std::string_view until);
std::string name_of(Release release);
// One per mainline release of the table, oldest first.
std::vector<Release> all_releases();

// A distribution kernel's world, seen by that context.
World world_of(std::string_view release, std::string_view context = "root");
World world_of(Release release, std::string_view context = "root");
// SCTP, DCCP, L2TP/IP and SMC all present in that way, as far as the release has them; MPTCP,
// which is no module, absent or built in.
void set_optional(World& world, Presence presence);
void set_provider(World& world, Provider provider, Presence presence);
void set_sysctl(World& world, Sysctl sysctl, int64_t v0, int64_t v1 = 0, int64_t v2 = 0);
void set_faults(World& world, const std::vector<int>& numbers);
// Every group may create ping sockets.
void open_ping(World& world);

Call inet(int32_t type, int32_t protocol);
Call inet6(int32_t type, int32_t protocol);

// The answer of a freshly booted kernel.
Verdict verdict_of(const World& world, const Call& call);
// "0 created", "EPERM raw_needs_net_raw".
std::string words(const Verdict& verdict);
std::string words(std::string_view error, std::string_view rule);
// "EPERM", "0".
std::string error_word(int32_t error);
// "dangling_sock_sk leaked_sock"; "" = none.
std::string hazard_words(HazardSet hazards);
// One line per step, with everything in it.
std::string step_line(const Step& step);
std::string trace_text(const Kernel& k);
// The names of the steps of one kind, in order.
std::vector<std::string> steps_named(const Kernel& k, StepKind kind);
// The alias strings that were requested, in order.
std::vector<std::string> aliases(const Kernel& k);
bool has_step(const Kernel& k, StepKind kind, std::string_view what);

// Every field of the socket and of its sock, by name (fields.cpp). Pointers are shown as names or
// as "set"/"null", so that the text is the same from run to run.
using Fields = std::vector<std::pair<std::string, std::string>>;
Fields fields_of(const struct socket& sock);
// The value of one field; a test fails where there is none.
std::string field(const Fields& fields, std::string_view name);

// Adds a test named as a table's row says.
void add_named_test(const std::string& suite, const std::string& name, void (*run)(size_t row),
                    size_t row);

}  // namespace sockoracle::test
