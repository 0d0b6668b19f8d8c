// SPDX-License-Identifier: GPL-2.0-only
// Differences become findings: which ones are the same, and which case shows one best.
#include <algorithm>
#include <bit>
#include <cstdlib>

#include "conformance/compare/compare.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

size_t context_order(const std::string& name) {
  const ContextRow* row = find_context(name);
  return row == nullptr ? contexts().size() : static_cast<size_t>(row - contexts().data());
}

// What makes a case small: the family people know, few flags, a small type, a small protocol.
auto size_of(const Call& call) {
  const auto type = static_cast<uint32_t>(call.type);
  return std::tuple(call.family != kAF_INET, call.family != kAF_INET6,
                    std::llabs(int64_t{call.family}), std::popcount(type & ~0xfu), type,
                    std::llabs(int64_t{call.protocol}), call.protocol < 0);
}

// The protocol of [low, high] that is nearest to 0.
int32_t smallest_protocol(int32_t low, int32_t high) {
  if (low > 0) return low;
  return high < 0 ? high : 0;
}

}  // namespace

void sort_findings(Comparison& comparison) {
  std::vector<size_t> order(comparison.findings.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const Finding& one = comparison.findings[a];
    const Finding& other = comparison.findings[b];
    return std::tuple(one.known, one.observable != "errno", other.count, a) <
           std::tuple(other.known, other.observable != "errno", one.count, b);
  });
  std::vector<size_t> new_index(order.size());
  std::vector<Finding> sorted;
  for (size_t i = 0; i < order.size(); ++i) {
    new_index[order[i]] = i;
    sorted.push_back(std::move(comparison.findings[order[i]]));
  }
  comparison.findings = std::move(sorted);
  for (ContextResult& context : comparison.contexts) {
    for (Group& group : context.groups) {
      for (size_t& index : group.findings) index = new_index[index];
    }
  }
}

size_t FindingTable::add(Key key, const std::string& context, const Call& call, int32_t high,
                         const std::string& near) {
  const auto [at, is_new] = index_.try_emplace(std::move(key), findings_.size());
  Call smallest = call;
  smallest.protocol = smallest_protocol(call.protocol, high);
  if (is_new) {
    const Key& k = at->first;
    Finding& finding = findings_.emplace_back();
    finding.rule = k.rule;
    finding.observable = k.observable;
    finding.expected = k.expected;
    finding.got = k.got;
    finding.smallest = smallest;
    finding.near = near;
    finding.contexts.push_back(context);
    finding.low = call.protocol;
    finding.high = high;
  }
  Finding& finding = findings_[at->second];
  finding.count += width(call.protocol, high);
  finding.low = std::min(finding.low, call.protocol);
  finding.high = std::max(finding.high, high);
  const bool worse = finding.near.empty() && !near.empty();
  auto& where = finding.contexts;
  if (std::find(where.begin(), where.end(), context) == where.end()) {
    auto later = std::find_if(where.begin(), where.end(), [&](const std::string& name) {
      return context_order(name) > context_order(context);
    });
    if (later == where.begin() && worse) {
      ++later;  // the first context is that of the example
    } else if (later == where.begin()) {
      finding.smallest = smallest;
      finding.near = near;
    }
    where.insert(later, context);
  } else if (!worse && where.front() == context && size_of(smallest) < size_of(finding.smallest)) {
    finding.smallest = smallest;
    finding.near = near;
  }
  return at->second;
}

bool is_smaller(const Finding& one, const Finding& other) {
  const auto key = [](const Finding& finding) {
    return std::tuple(finding.observable != "errno", context_order(finding.contexts.front()),
                      size_of(finding.smallest));
  };
  return key(one) < key(other);
}

}  // namespace sockoracle
