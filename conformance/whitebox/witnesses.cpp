// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/witnesses.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "conformance/base/plural.h"
#include "conformance/base/text_file.h"
#include "conformance/whitebox/deep_calls.h"
#include "conformance/whitebox/live_call.h"

namespace sockoracle {
namespace {

std::string count_of(std::span<const Step> steps, bool (*wanted)(const Step&)) {
  return std::to_string(std::count_if(steps.begin(), steps.end(), wanted));
}

bool draws_inode(const Step& step) {
  return step.kind == StepKind::alloc && step.what == "sock_inode_cache" && step.result == 0;
}

// sock_diag announces user socks of TCP and UDP
// (include/linux/sock_diag.h:sock_diag_destroy_group).
bool is_announced(const Step& step) {
  constexpr std::string_view kProtos[] = {"TCP", "TCPv6", "UDP", "UDPv6"};
  return step.kind == StepKind::free &&
         std::find(std::begin(kProtos), std::end(kProtos), step.what) != std::end(kProtos);
}

// A counter that the probe reads by itself.
struct Counter {
  const char* oracle;
  const char* request;
  const char* what;  // in findings
  const char* unit;  // in the summary
  bool (*wanted)(const Step&);
};

void check_counter(const Counter& counter, const World& base, const Plan& plan,
                   DeepResult& result) {
  DeepOracle oracle;
  oracle.name = counter.oracle;
  uint64_t total = 0;
  std::map<std::string, uint64_t> unseen;
  const auto body = [&](LiveContext& context, const World& world, const std::string& name) {
    for (const Call& call : deep_calls(world)) {
      const std::string got = context.ask(counter.request, call);
      if (got.starts_with("n/a ")) {
        ++unseen[got.substr(4)];
        continue;
      }
      std::vector<Step> steps;
      const Verdict verdict = context.model(call, &steps);
      DeepGroup group = call_group(counter.oracle, name, call);
      compare_call(group, verdict.rule, call, counter.what, count_of(steps, counter.wanted), got);
      result.groups.push_back(std::move(group));
      ++oracle.compared;
      total += std::strtoull(got.c_str(), nullptr, 10);
    }
  };
  for_each_context(base, plan, oracle, plain_operations, body);
  oracle.counts =
      std::to_string(total) + " " + counter.unit + " " + plural(oracle.compared, "call");
  for (const auto& [why, count] : unseen)
    oracle.notes.push_back(plural(count, "call") + ": " + why);
  result.oracles.push_back(std::move(oracle));
}

// Listening makes the kernel load sock_diag's modules where they are not there yet.
bool diag_is_there() {
  if (access("/proc/modules", F_OK) != 0) return true;  // nothing can be loaded
  const std::string modules = "\n" + load_text("/proc/modules");
  return modules.find("\ntcp_diag ") != std::string::npos &&
         modules.find("\nudp_diag ") != std::string::npos;
}

}  // namespace

void check_inodes(const World& base, const Plan& plan, DeepResult& result) {
  check_counter(
      {"inodes", "inodes", "the call's inode numbers", "inode numbers drawn by", draws_inode}, base,
      plan, result);
}

void check_announcements(const World& base, const Plan& plan, DeepResult& result) {
  if (!diag_is_there()) {
    DeepOracle oracle;
    oracle.name = "announcements";
    oracle.skipped = "listening would make this kernel load tcp_diag and udp_diag";
    result.oracles.push_back(std::move(oracle));
    return;
  }
  check_counter({"announcements", "destroyed", "the call's announced ends",
                 "ends of socks announced in", is_announced},
                base, plan, result);
}

}  // namespace sockoracle
