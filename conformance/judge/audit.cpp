// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/judge/audit.h"

#include <algorithm>
#include <set>

#include "conformance/base/cli_error.h"
#include "conformance/base/terminal.h"
#include "conformance/base/text_file.h"
#include "conformance/situation/situation.h"
#include "conformance/words/step_text.h"
#include "conformance/world/call_filter.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

bool expects(const AuditRow& row, int32_t error) {
  return std::find(row.expected.begin(), row.expected.end(), error) != row.expected.end();
}

// Contexts that differ in who calls only: none that refuses everything, fills a table or sets a
// sysctl.
bool is_caller(const ContextRow& context) {
  for (const std::string_view other : {"deny", "file-max", "nofile", "sysctl"}) {
    if (context.operations.find(other) != std::string_view::npos) return false;
  }
  return true;
}

// The same case with one thing changed, in all ways that a release may tell apart.
std::vector<Case> varied(const Case& c, const World& base, Claim claim) {
  std::vector<Case> cases;
  const auto with_call = [&](int32_t Call::*field, int32_t low, int32_t high) {
    for (int32_t value = low; value <= high; ++value) {
      cases.push_back(c);
      cases.back().call.*field = value;
    }
  };
  switch (claim) {
    case Claim::family: with_call(&Call::family, -1, 50); break;
    case Claim::type: with_call(&Call::type, 0, 16); break;
    case Claim::protocol: with_call(&Call::protocol, -1, 263); break;
    case Claim::caller:
      for (const ContextRow& context : contexts()) {
        if (!is_caller(context)) continue;
        World world = base;
        set_release(world, c.world.release);
        apply_context(world, context);
        cases.push_back({world, c.call});
      }
      break;
    case Claim::none:
    case Claim::rule: break;
  }
  return cases;
}

bool matters(const Case& c, const World& base, Claim claim) {
  const int32_t error = ask(c).verdict.error;
  const std::vector<Case> cases = varied(c, base, claim);
  return std::any_of(cases.begin(), cases.end(), [&](const Case& other) {
    const Verdict verdict = ask(other).verdict;
    return verdict.rule != Rule::family_not_modelled && verdict.error != error;
  });
}

// The nearest call, by its protocol, for which the claim would be right.
std::string better_call(const Case& c, const World& base, Claim claim) {
  for (int32_t protocol = 0; protocol < 263; ++protocol) {
    Case other = c;
    other.call.protocol = protocol;
    if (matters(other, base, claim)) {
      return call_text(other.call) + " depends on the " + std::string(claim_name(claim));
    }
  }
  return {};
}

class Auditor {
 public:
  explicit Auditor(const Setting& setting) : setting_(setting) {}

  AuditVerdict judge(const AuditRow& row) {
    AuditVerdict verdict;
    verdict.row = row;
    Case c{setting_.world, row.call};
    if (!row.context.empty()) {
      c.world = before_caller();
      apply_context(c.world, *find_context(row.context));
    }
    if (setting_.filter != nullptr)
      c.world.policies.seccomp_filter = setting_.filter->answer(c.call);
    verdict.here = ask(c).verdict;
    verdict.modelled = verdict.here.rule != Rule::family_not_modelled;
    verdict.holds_here = verdict.modelled && expects(row, verdict.here.error);
    for (const Era& era : history_of(c, false)) {
      const bool holds = era.rule != Rule::family_not_modelled && expects(row, era.error);
      verdict.eras.push_back({era, holds});
      if (holds) covered_.insert(era.rule);
    }
    if (verdict.holds_here && verdict.here.error != 0) verdict.wrong = wrong_reason(row, c);
    return verdict;
  }

  void cover(Audit& audit) const {
    for (const RuleRow& rule : rules()) {
      if (rule.id == Rule::family_not_modelled) continue;
      (covered_.contains(rule.id) ? audit.covered : audit.uncovered).push_back(rule.id);
    }
  }

 private:
  // The world of the flags but for who calls.
  World before_caller() const {
    std::vector<Item> items;
    for (const Item& item : setting_.items) {
      if (item.kind != ItemKind::context) items.push_back(item);
    }
    return build_setting(items).world;
  }

  std::string wrong_reason(const AuditRow& row, const Case& c) const {
    const Verdict here = ask(c).verdict;
    const std::string decides = std::string(sockoracle::row(here.rule).name) +
                                " decides: " + std::string(sockoracle::row(here.rule).sentence);
    if (row.claim == Claim::none) return {};
    if (row.claim == Claim::rule) {
      if (here.rule == row.rule) return {};
      return "it names " + std::string(sockoracle::row(row.rule).name) + ", but " + decides;
    }
    const World base = before_caller();
    if (matters(c, base, row.claim)) return {};
    const std::string better = better_call(c, base, row.claim);
    return "it is about the " + std::string(claim_name(row.claim)) + " (" + row.source +
           "), but every " + std::string(claim_name(row.claim)) + " gets " +
           std::string(errno_name(here.error)) + ": " + decides +
           (better.empty() ? "" : " " + better + ".");
  }

  const Setting& setting_;
  std::set<Rule> covered_;
};

}  // namespace

Audit audit_rows(const std::vector<AuditRow>& rows, const Setting& setting) {
  Audit audit;
  Auditor auditor(setting);
  for (const AuditRow& row : rows) audit.rows.push_back(auditor.judge(row));
  auditor.cover(audit);
  return audit;
}

int command_audit(const std::vector<std::string>& files, const std::vector<Item>& items,
                  bool json) {
  const Setting setting = build_situation(items);
  tell_conditions(setting);
  std::vector<std::string> names;
  std::vector<AuditRow> rows;
  for (const std::string& file : files) {
    names.push_back(name_of_input(file));
    for (AuditRow& row : read_audit(load_text(file), names.back())) rows.push_back(std::move(row));
  }
  const Audit audit = audit_rows(rows, setting);
  if (json) write_file_atomically("-", audit_json(audit, setting, names));
  else show(audit_text(audit, setting, names));
  bool checked = false;
  for (const AuditVerdict& verdict : audit.rows) {
    if (!verdict.modelled) continue;
    checked = true;
    if (!verdict.holds_here || !verdict.wrong.empty()) return kExitDifference;
  }
  return checked ? kExitOk : kExitSkipped;
}

}  // namespace sockoracle
