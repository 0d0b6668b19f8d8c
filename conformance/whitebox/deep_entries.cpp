// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/deep_entries.h"

#include <map>

#include "conformance/base/plural.h"
#include "conformance/whitebox/deep_calls.h"
#include "conformance/whitebox/live_call.h"

namespace sockoracle {
namespace {

struct EntryRow {
  const char* name;  // of the probe
  Entry entry;       // of the model
};
constexpr EntryRow kEntries[] = {{"socket", Entry::socket},
                                 {"socketpair", Entry::socketpair},
                                 {"io_uring", Entry::io_uring},
                                 {"socket32", Entry::socket},
                                 {"socketcall32", Entry::socketcall}};

}  // namespace

void check_entries(const World& base, const Plan& plan, DeepResult& result) {
  DeepOracle oracle;
  oracle.name = "entries";
  std::map<std::string, uint64_t> calls, unusable;
  const auto body = [&](LiveContext& context, const World& world, const std::string& name) {
    for (Call call : deep_calls(world)) {
      for (const EntryRow& row : kEntries) {
        call.entry = row.entry;
        const std::string got = context.ask(std::string("call ") + row.name, call);
        if (got.starts_with("n/a ")) {
          ++unusable[row.name + (": " + got.substr(4))];
          continue;
        }
        std::vector<Step> steps;
        const Verdict verdict = context.model(call, &steps);
        DeepGroup group = call_group(row.name, name, call);
        compare_call(group, verdict.rule, call, std::string("the answer through ") + row.name,
                     verdict.error == 0 ? "ok" : outcome_name(verdict.error), got);
        result.groups.push_back(std::move(group));
        ++oracle.compared;
        ++calls[row.name];
      }
    }
  };
  for_each_context(base, plan, oracle, plain_operations, body);
  for (const auto& [name, count] : calls) {
    oracle.counts += (oracle.counts.empty() ? "" : ", ") + plural(count, "call") + " by " + name;
  }
  for (const auto& [why, count] : unusable) {
    oracle.notes.push_back(plural(count, "call") + " by " + why);
  }
  result.oracles.push_back(std::move(oracle));
}

}  // namespace sockoracle
