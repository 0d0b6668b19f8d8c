// SPDX-License-Identifier: GPL-2.0-only
// Why two subjects answer differently: what their worlds differ in, as little of it as is needed.
#pragma once

#include <string>

#include "conformance/compare/findings.h"
#include "model/case.h"

namespace sockoracle {

// Names the cause of each finding of a `diff`, where the model of both sides answers as they did. A
// module that is not there and a sysctl that was set are facts of the world, which makes the
// finding a known one; what a release brought or took away is a difference.
void explain_differences(Comparison& comparison, const World& expected, const World& got);

// In the direction asked: "Linux 6.16 answers ESOCKTNOSUPPORT, because ...; Linux 6.15 answered
// success".
std::string diff_sentence(const Comparison& comparison, const Finding& finding);
// The report of such a comparison: each cause once.
std::string diff_text(const Comparison& comparison);

}  // namespace sockoracle
