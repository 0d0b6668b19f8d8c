// SPDX-License-Identifier: GPL-2.0-only
// Calls, values, steps, changes and behaviours in words.
#pragma once

#include <string>
#include <vector>

#include "model/explore.h"
#include "model/verdict.h"

namespace sockoracle {

std::string call_text(const Call& call);
std::string value_string(const Value& value);

// "request_module net-pf-2-proto-0-type-3", "ns_capable CAP_NET_RAW = -EPERM": one line per step.
std::string step_text(const Step& step);
// What the step's `what` means on its own: the alias of a module request, the capability's name.
std::string step_subject(const Step& step);
// Appends {"kind":...,"what":...} on one line.
void append_step_json(std::string& out, const Step& step);
// An inetsw_match step as a sentence: "inetsw[SOCK_RAW]: entry RAW takes
// any protocol".
std::string match_sentence(const Step& step, const Call& call);

// The flag that makes the change: "--cap net_raw"; for another call the call itself.
std::string change_text(const Change& change);

// "as CALL with FLAGS", one line for each group of changes that differ in the context only, or in
// the protocol only: "with --as root, net-raw-only or userns-root".
std::vector<std::string> change_lines(const std::vector<std::vector<Change>>& sets);

// "ipproto_max_263 (f870fa0b5768): IPPROTO_MAX is 263 ..."
std::string behaviour_text(Behaviour behaviour);

}  // namespace sockoracle
