// SPDX-License-Identifier: GPL-2.0-only
// The command audit: somebody else's list of socket() tests against the model. Which of its
// expectations hold on which releases, which hold for another reason than the test gives, and which
// rules of the kernel the list meets at all.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/world/world_text.h"
#include "model/explore.h"

namespace sockoracle {

// What a test says makes its answer; the name of a rule stands for `rule`.
enum class Claim : uint8_t { none, family, type, protocol, caller, rule };

struct AuditRow {
  std::string file;
  size_t line = 0;
  std::string name, description;
  Call call;
  std::vector<int32_t> expected;  // any of these errnos; 0 = a socket
  std::string context;            // empty: that of the world flags
  Claim claim = Claim::none;
  Rule rule{};         // of Claim::rule
  std::string source;  // where the claim stands: "its column because", "\"non-root\" in its ..."
};

// One test per line: strace's notation ("socket(...) = -1 EPERM (...)  # as nobody"), or
// tab-separated columns under a heading. Throws UsageError, "file:line: ... accepted is ...".
std::vector<AuditRow> read_audit(std::string_view text, const std::string& file);

struct AuditEra {
  Era era;
  bool holds;
};

struct AuditVerdict {
  AuditRow row;
  std::vector<AuditEra> eras;
  bool modelled = true;  // the family is
  bool holds_here = false;
  Verdict here{};     // on the release that was asked about
  std::string wrong;  // why its reason is wrong; empty = it is not known to be
};

struct Audit {
  std::vector<AuditVerdict> rows;
  std::vector<Rule> covered, uncovered;  // in kernel order
};
Audit audit_rows(const std::vector<AuditRow>& rows, const Setting& setting);

// `files`: their names, as the rows have them.
std::string audit_text(const Audit& audit, const Setting& setting,
                       const std::vector<std::string>& files);
std::string audit_json(const Audit& audit, const Setting& setting,
                       const std::vector<std::string>& files);

// The files are one list. 0 all hold for the reason they give, 1 some do not, 4 nothing to check;
// 64 is thrown.
int command_audit(const std::vector<std::string>& files, const std::vector<Item>& items, bool json);

std::string_view claim_name(Claim claim);

}  // namespace sockoracle
