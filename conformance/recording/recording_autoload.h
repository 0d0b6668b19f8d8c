// SPDX-License-Identifier: GPL-2.0-only
// The lines of a recording that say which call asked for which module. README.md describes them.
#pragma once

#include <string>
#include <vector>

#include "conformance/base/json_reader.h"
#include "conformance/plan/answers.h"

namespace sockoracle {

// Without the closing brace and newline; none where nobody asked.
std::vector<std::string> autoload_lines(const AutoloadAnswers& answers);

// Takes one line, "aliases" or "autoload". Returns why it is refused; empty: it is not.
std::string take_autoload_line(const JsonTree& json, AutoloadAnswers& answers);

}  // namespace sockoracle
