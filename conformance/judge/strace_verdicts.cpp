// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/judge/strace_verdicts.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "conformance/explain/likely.h"
#include "conformance/words/step_text.h"
#include "conformance/world/call_filter.h"
#include "model/explore.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

// Calls that are the same question with the same answer.
std::vector<StraceVerdict> folded(const StraceLog& log) {
  using Key =
      std::tuple<size_t, int, int32_t, int32_t, int32_t, std::string, std::string, std::string>;
  std::map<Key, size_t> index;
  std::vector<StraceVerdict> all;
  for (const LoggedCall& c : log.calls) {
    const auto [at, is_new] =
        index.try_emplace({c.caller, static_cast<int>(c.call.entry), c.call.family, c.call.type,
                           c.call.protocol, c.words, c.said, c.refused_by},
                          all.size());
    if (is_new) all.emplace_back().call = c;
    all[at->second].lines.push_back(c.line);
  }
  return all;
}

// Worlds that answer one call of a log as the log says, and contradict no other line of it.
class NearWorlds : public Possible {
 public:
  NearWorlds(const StraceLog& log, const std::vector<StraceVerdict>& all,
             const StraceVerdict& verdict, bool release_known)
      : log_(log), all_(all), verdict_(verdict), release_known_(release_known) {}

  std::vector<Elsewhere> find() const {
    const Case c{log_.callers[verdict_.call.caller].world, verdict_.call.call};
    std::vector<Elsewhere> found;
    if (verdict_.call.error != 0) {
      for (const ErrnoCause& cause : likely_causes(c, verdict_.call.error, this))
        if (found.size() < kShown) found.push_back(elsewhere_of(cause));
      return found;
    }
    constexpr size_t kRemedies = 24;
    std::vector<std::vector<Change>> sets;
    for (const Remedy& remedy : remedies_of(c, kRemedies))
      if (changes(remedy.changes)) sets.push_back(remedy.changes);
    if (sets.empty()) return {};
    return {{change_lines(sets).front(), row(Rule::created).name, "no rule refuses", {}}};
  }

  bool changes(const std::vector<Change>& changes) const override {
    const auto plausible_one = [&](const Change& change) { return plausible(change); };
    if (changes.empty() || !std::all_of(changes.begin(), changes.end(), plausible_one))
      return false;
    const LoggedCaller& caller = log_.callers[verdict_.call.caller];
    Case c{caller.world, verdict_.call.call};
    for (const Change& change : changes) apply(c, change);
    if (!agrees_with_log(caller, c.world)) return false;
    return std::all_of(all_.begin(), all_.end(),
                       [&](const StraceVerdict& other) { return agrees(other, changes); });
  }

 private:
  static constexpr size_t kShown = 3;

  static Elsewhere elsewhere_of(const ErrnoCause& cause) {
    std::string how = "by a seccomp filter";
    if (!cause.changes.empty() && cause.name != "seccomp_filter")
      how = change_lines({cause.changes}).front();
    else if (cause.name != "seccomp_filter") how = "from another kernel";
    return {how, cause.name, cause.sentence, cause.words};
  }

  // A log's world may well differ so. That a policy could give an errno that none gives explains
  // nothing, nor does another kernel where the log's is known.
  bool plausible(const Change& change) const {
    switch (change.kind) {
      case Change::Kind::release: return !release_known_;
      case Change::Kind::policy: return change.number == kEACCES || change.number == kEPERM;
      case Change::Kind::call: return false;
      default: return true;
    }
  }

  // Does another call of the log still get the answer that it got? What belongs to one process, or
  // may refuse this and not that, is not asked of others.
  bool agrees(const StraceVerdict& other, const std::vector<Change>& changes) const {
    if (other.judged != Judged::ok) return true;
    Case c{log_.callers[other.call.caller].world, other.call.call};
    for (const Change& change : changes) {
      const bool of_all = change.kind == Change::Kind::module ||
                          change.kind == Change::Kind::sysctl ||
                          change.kind == Change::Kind::release;
      const bool of_caller =
          change.kind == Change::Kind::context || change.kind == Change::Kind::capability;
      if (of_all || (of_caller && other.call.caller == verdict_.call.caller)) apply(c, change);
    }
    return ask(c).verdict.error == other.call.error;
  }

  const StraceLog& log_;
  const std::vector<StraceVerdict>& all_;
  const StraceVerdict& verdict_;
  bool release_known_;
};

void judge(const StraceLog& log, const CallFilter* filter, StraceVerdict* verdict) {
  const LoggedCaller& caller = log.callers[verdict->call.caller];
  Case c{caller.world, verdict->call.call};
  if (filter != nullptr) c.world.policies.seccomp_filter = filter->answer(c.call);
  const Verdict answer = verdict->call.words.empty() ? ask(c).verdict : Verdict{};
  verdict->predicted = answer.error;
  verdict->rule = verdict->call.words.empty() ? answer.rule : Rule::family_not_modelled;
  if (!verdict->call.refused_by.empty()) {
    const bool asked = verdict->call.words.empty();
    const bool same = asked && answer.error == verdict->call.error;
    verdict->judged = same ? Judged::ok : Judged::elsewhere;
    const std::string_view sentence = verdict->call.refused_by;
    verdict->elsewhere = {{"is recorded", verdict->call.refusing_rule, sentence, {}}};
  } else if (verdict->rule == Rule::family_not_modelled) {
    verdict->judged = Judged::outside;
  } else if (!verdict->call.finished) {
    verdict->judged = Judged::no_result;
  } else if (answer.error == verdict->call.error) {
    verdict->judged = Judged::ok;
  } else if (!caller.doubt.empty()) {
    verdict->judged = Judged::unknown;
  } else {
    verdict->judged = Judged::differs;
  }
}

}  // namespace

std::vector<Elsewhere> near_worlds(const Case& c, int32_t error) {
  StraceLog log;
  log.callers.push_back(caller_of_world(c.world));
  std::vector<StraceVerdict> all(1);
  all[0].call.call = c.call;
  all[0].call.error = error;
  all[0].judged = Judged::differs;
  return NearWorlds(log, all, all[0], true).find();
}

bool release_chosen(const Setting& setting) {
  return std::any_of(setting.items.begin(), setting.items.end(),
                     [](const Item& item) { return item.kind == ItemKind::release; });
}

StraceVerdicts judge_strace(const StraceLog& log, const Setting& setting) {
  StraceVerdicts out;
  out.calls = log.calls.size();
  out.all = folded(log);
  for (StraceVerdict& verdict : out.all) judge(log, setting.filter.get(), &verdict);
  const bool known = release_chosen(setting);
  for (StraceVerdict& verdict : out.all) {
    if (verdict.judged == Judged::differs)
      verdict.elsewhere = NearWorlds(log, out.all, verdict, known).find();
    if (verdict.judged == Judged::differs && !verdict.elsewhere.empty())
      verdict.judged = Judged::elsewhere;
    const size_t count = verdict.lines.size();
    switch (verdict.judged) {
      case Judged::unknown: out.unknown += count; break;
      case Judged::outside: out.outside += count; break;
      case Judged::no_result: break;
      case Judged::differs: out.differ += count; [[fallthrough]];
      default: out.checked += count;
    }
  }
  return out;
}

}  // namespace sockoracle
