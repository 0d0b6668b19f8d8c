// SPDX-License-Identifier: GPL-2.0-only
// `explain`: what the answer to one call is, and why. Computed here, shown by explain_text.cpp and
// explain_json.cpp.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "conformance/explain/likely.h"
#include "conformance/world/world_text.h"
#include "model/explore.h"

namespace sockoracle {

class JsonOut;
class Sections;

struct ExplainOptions {
  bool json = false;
  bool steps = false;   // every step of the path, not only the modules and capabilities asked for
  bool fields = false;  // the kernel's fields of the fresh socket
  bool state = false;   // those, and every option and view of it
  std::string error;    // --errno: the reverse question
  bool every_errno = false;       // --every-errno: all of them
  std::string system;             // --system: what only looks like Linux
  bool sensitivity = false;       // also where the kernel is mainline's
  std::optional<int32_t> pasted;  // what the text of the call says was answered; 0 = a descriptor
};

// A rule behind the deciding one that would refuse as well.
struct LaterRefusal {
  Rule rule;
  Call call;  // the nearest call that gets as far
  int32_t error;
  int32_t capability;  // that rule asks for it; -1 = none, or asked for already
};

struct Explanation {
  Case asked;
  Answer answer;
  std::vector<Rule> passed;   // in order
  std::vector<Step> matches;  // inetsw_match
  SameSpan span{};
  Era since{}, until{};              // what begins and ends the span; `until` only if it ends
  std::vector<Behaviour> backports;  // why a stable release answers otherwise than its mainline
  std::vector<LaterRefusal> not_reached;
  std::vector<Remedy> remedies;   // of a call that fails
  std::vector<Breaker> breakers;  // of one that succeeds
  // Of a setting with a filter: which of its rules decides; where it refuses, what would have it
  // let the call through, and what the kernel would answer then.
  std::vector<std::string> filter_reasons, filter_changes;
  std::optional<Verdict> behind_filter;
};

Explanation explain_case(const Setting& setting, const Call& call);

std::string explain_text(const Setting& setting, const Call& call, const ExplainOptions& options);
std::string explain_json(const Setting& setting, const Explanation& explanation,
                         const ExplainOptions& options = {});

// Whether the pasted text says something else than the model.
bool pasted_differs(const Setting& setting, const Call& call, const ExplainOptions& options);

// The fresh socket, struct by struct; with `views` also what can be read of it.
std::string socket_text(const State& state, bool views);

// The reverse: every cause of an errno. `options.error` is its name, number or text.
std::string causes_text(const Setting& setting, const Call& call, const ExplainOptions& options);
std::string causes_json(const Setting& setting, const Call& call, const std::string& error,
                        const std::vector<ErrnoCause>& causes);
// --every-errno: each errno that the call can give, by whom, and how strace fakes it.
std::string every_errno_text(const Setting& setting, const Call& call,
                             const ExplainOptions& options);
// Sysctls of the world that socket() does not read.
void put_without_effect(Sections& out, const Setting& setting);
// Their parts of a longer answer.
void put_tellings(Sections& out, const std::vector<ErrnoCause>& causes, const Call& call);
void put_causes_text(Sections& out, const Setting& setting, const std::vector<ErrnoCause>& causes);
void put_causes_json(JsonOut& out, const Setting& setting, const Call& call,
                     const std::vector<ErrnoCause>& causes);

// "inet_create, net/ipv4/af_inet.c"
// "__sock_create, net/socket.c", by the names of that release.
std::string place_of(Rule rule, Release release, const Call& call);
// The same as FILE:FUNCTION; empty where the release has none.
std::string where_of(Rule rule, Release release, const Call& call);
// The release on which that shows, where it is asked on another one.
Release release_with(Release asked, const std::vector<Change>& changes);
// "Linux 6.18, as nobody"
std::string setting_text(const Setting& setting);
// The same, and whether the caller was chosen: "Linux 6.18, as root by default".
std::string asked_of_text(const Setting& setting);
// What began an era, one text each.
std::vector<std::string> era_reasons(const Era& era);

}  // namespace sockoracle
