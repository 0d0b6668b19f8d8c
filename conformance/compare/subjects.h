// SPDX-License-Identifier: GPL-2.0-only
// The named subjects: what the files of subjects/ say, but for their deviations (deviations.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "conformance/world/world_text.h"

namespace sockoracle {

struct NamedSubject {
  std::string name;                  // "gvisor-systrap"
  std::string sentence;              // for people
  std::vector<std::string> launch;   // a command; empty: this program knows how to ask it
  std::string package;               // what brings the command
  std::vector<std::string> version;  // the command that prints its version
  std::vector<std::string> stages;   // operations of contexts; empty: whatever the probe can
  std::vector<Item> world;           // with which Linux it is compared, on top of what it says
};

// Throws UsageError where a file is not as subjects/README.md says.
std::vector<NamedSubject> named_subjects();
std::vector<NamedSubject> parse_subject(std::string_view text, const std::string& file);
// False where there is none of that name.
bool find_subject(std::string_view name, NamedSubject* subject);

}  // namespace sockoracle
