// SPDX-License-Identifier: GPL-2.0-only
// Unit files of systemd, as text: assignments, each with the place where it stands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sockoracle {

struct UnitLine {
  std::string place;  // "web.service:12", "web.service.d/local.conf:3"
  std::string section, key, value;
  std::string text() const { return place + ": " + key + "=" + value; }
};

// `text`: a unit, or what `systemctl cat` prints: files behind one another, each with its path as a
// comment. Lines that end with a backslash go on. Throws UsageError that names the line.
std::vector<UnitLine> read_unit(std::string_view text, const std::string& name);

// A file with the drop-ins beside it; or a unit's name, looked for where systemd does
// (systemd.unit(5)), with its drop-ins. Throws UsageError.
std::vector<UnitLine> load_unit(const std::string& name);

}  // namespace sockoracle
