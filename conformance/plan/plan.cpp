// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/plan/plan.h"

#include <algorithm>
#include <limits>
#include <set>

#include "conformance/base/cli_error.h"
#include "conformance/words/case_facts.h"
#include "model/strace.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

constexpr NamedCase kNamedCases[] = {
#define CASE(name, context, call, error, rule) {name, context, call, error, Rule::rule},
#include "conformance/plan/cases.def"
};

// ---- the grid -----------------------------------------------------------------------------------

constexpr int32_t kMin = std::numeric_limits<int32_t>::min();
constexpr int32_t kMax = std::numeric_limits<int32_t>::max();

using Protocols = std::set<int32_t>;

void insert(Protocols& protocols, int64_t protocol) {
  if (protocol >= kMin && protocol <= kMax) protocols.insert(static_cast<int32_t>(protocol));
}

// Everything near a number that some comparison of some release knows.
Protocols wide_protocols() {
  Protocols protocols;
  for (int32_t p = -2; p <= 300; ++p) protocols.insert(p);
  for (unsigned bit = 0; bit < 32; ++bit) {
    for (int64_t near = -1; near <= 1; ++near) {
      insert(protocols, (int64_t{1} << bit) + near);
      insert(protocols, -(int64_t{1} << bit) + near);
    }
  }
  insert(protocols, kMax - int64_t{1});
  for (const int64_t low_bits : protocols_of_tables()) {
    if (low_bits < 0) continue;
    for (int64_t near = -1; near <= 1; ++near) insert(protocols, low_bits + near);
    insert(protocols, 65536 + low_bits);
    insert(protocols, -65536 + low_bits);
    insert(protocols, 256 * 65536 + low_bits);
  }
  return protocols;
}

// Each protocol that some entry has, each side of each bound, and TCP in the low bits.
const Protocols& narrow_protocols() {
  static const Protocols kProtocols = [] {
    Protocols protocols = protocols_of_tables();
    protocols.insert(65536 + kIPPROTO_TCP);
    return protocols;
  }();
  return kProtocols;
}

Request request(int32_t family, int32_t type, const Protocols& protocols, bool deep = false) {
  Request request{.family = family, .type = type, .deep = deep, .protocols = {}};
  for (const int32_t p : protocols) {
    if (!request.protocols.empty() && request.protocols.back().high == p - int64_t{1}) {
      request.protocols.back().high = p;
    } else {
      request.protocols.push_back({p, p});
    }
  }
  return request;
}

// Flag bits that no kernel accepts: alone, beside valid ones, beside a type that is out of range.
std::set<int32_t> invalid_type_words() {
  std::set<int32_t> words = {16, 17, -1, kMin, kMax};
  for (unsigned bit = 4; bit < 32; ++bit) {
    const auto flag = static_cast<int32_t>(uint32_t{1} << bit);
    if (flag == kSOCK_CLOEXEC || flag == kSOCK_NONBLOCK) continue;
    words.insert(flag | 1);
    words.insert(flag | 3 | kSOCK_CLOEXEC);
    words.insert(flag | 15);
  }
  return words;
}

void add_inet_family(std::vector<Request>& grid, int32_t family) {
  const Protocols wide = wide_protocols();
  constexpr int32_t kFlags[] = {kSOCK_CLOEXEC, kSOCK_NONBLOCK, kSOCK_CLOEXEC | kSOCK_NONBLOCK};
  for (int32_t type = 0; type <= 15; ++type) {
    // Closing a packet socket waits for an RCU grace period, 12 ms: few of them.
    if (type == kSOCK_PACKET && family == kAF_INET) {
      grid.push_back(request(family, type, {0, 768}));
      continue;
    }
    grid.push_back(request(family, type, type < kSOCK_PACKET ? wide : narrow_protocols()));
    for (const int32_t flags : kFlags) {
      grid.push_back(request(family, type | flags, narrow_protocols()));
    }
  }
  for (const int32_t word : invalid_type_words()) {
    grid.push_back(request(family, word, {-1, 0, 1, 263}));
  }
}

void add_other_families(std::vector<Request>& grid) {
  for (int32_t family = 0; family <= 48; ++family) {
    if (family == kAF_INET || family == kAF_INET6 || family == kAF_PACKET) continue;
    grid.push_back(request(family, kSOCK_STREAM, {0}));
  }
  for (const int32_t family : {kMin, -65534, -2, -1, 49, 100, 255, 256, 9999, 65538, kMax}) {
    grid.push_back(request(family, kSOCK_STREAM, {0}));
  }
  grid.push_back(request(kAF_PACKET, kSOCK_STREAM, {-1, 0, 768}));
  grid.push_back(request(kAF_PACKET, kSOCK_SEQPACKET, {0}));
  grid.push_back(request(kAF_PACKET, kSOCK_RAW, {768}));
  grid.push_back(request(kAF_PACKET, kSOCK_DGRAM, {768}));
}

// Two and more faults at once: the earliest check must answer. The grids of AF_INET have them for
// type and protocol; these are about the family.
void add_precedence(std::vector<Request>& grid) {
  for (const int32_t family : {-1, 0, 9999}) {
    for (const int32_t type : {0, 3, 7, 11, 15, 0x10001, 0x1000f, -1}) {
      grid.push_back(request(family, type, {-1, 0, 263}));
    }
    grid.push_back(request(family, 15 | kSOCK_CLOEXEC, {0}));
  }
  // Families that sandboxes refuse: on Linux the type's error comes first, whatever they are.
  for (const int32_t family : {kAF_ALG, kAF_VSOCK}) {
    for (const int32_t type : {15, 0x10001}) grid.push_back(request(family, type, {0}));
  }
}

struct DeepKind {
  int32_t family, type, protocol;
};

// One call for each kind of socket. SOCK_PACKET first: its close drains what the others wait for.
constexpr DeepKind kDeepKinds[] = {
    {kAF_INET, kSOCK_PACKET, 0},    {kAF_INET, kSOCK_STREAM, 0},
    {kAF_INET, kSOCK_STREAM, 132},  {kAF_INET, kSOCK_STREAM, 256},
    {kAF_INET, kSOCK_STREAM, 262},  {kAF_INET, kSOCK_DGRAM, 0},
    {kAF_INET, kSOCK_DGRAM, 1},     {kAF_INET, kSOCK_DGRAM, 115},
    {kAF_INET, kSOCK_DGRAM, 136},   {kAF_INET, kSOCK_RAW, 1},
    {kAF_INET, kSOCK_RAW, 255},     {kAF_INET, kSOCK_RAW, 262},
    {kAF_INET, kSOCK_SEQPACKET, 0}, {kAF_INET, 6, 33},
    {kAF_INET6, kSOCK_STREAM, 0},   {kAF_INET6, kSOCK_STREAM, 262},
    {kAF_INET6, kSOCK_DGRAM, 0},    {kAF_INET6, kSOCK_DGRAM, 58},
    {kAF_INET6, kSOCK_DGRAM, 136},  {kAF_INET6, kSOCK_RAW, 58},
    {kAF_INET6, kSOCK_RAW, 255},
};

// Two contexts show every kind of socket: what a slow observable reads does not depend on the
// caller, but ping sockets need a group, and raw ones the capability.
constexpr std::string_view kDeepContexts[] = {"root", "ping-gid"};

std::vector<Request> build_grid() {
  std::vector<Request> grid;
  for (const DeepKind& kind : kDeepKinds) {
    grid.push_back(request(kind.family, kind.type, {kind.protocol}, true));
  }
  add_inet_family(grid, kAF_INET);
  add_inet_family(grid, kAF_INET6);
  add_other_families(grid);
  add_precedence(grid);
  return grid;
}

bool is_asked(const std::vector<Request>& grid, const Call& call) {
  for (const Request& r : grid) {
    if (r.family != call.family || r.type != call.type || r.deep) continue;
    for (const ProtocolRange& range : r.protocols) {
      if (range.low <= call.protocol && call.protocol <= range.high) return true;
    }
  }
  return false;
}

void add_named_cases(std::vector<Request>& grid) {
  for (const NamedCase& named : kNamedCases) {
    Call call;
    CallError error;
    if (!parse_call(named.call, &call, &error) || is_asked(grid, call)) continue;
    grid.push_back(request(call.family, call.type, {call.protocol}));
  }
}

// ---- what is left out ---------------------------------------------------------------------------

// Operations that change more than one process. In a machine of its own the probe performs them.
struct Unstaged {
  std::string_view operation, reason;
};
constexpr Unstaged kUnstaged[] = {
    {"cgroup-deny", "needs a BPF program on a cgroup"},
    {"file-max", "needs a virtual machine: fs.file-max is system-wide"},
};

constexpr std::string_view kCgroupDeny = "cgroup-deny";

std::string why_unstaged(std::string_view operations, const PlanOptions& options) {
  if (options.machine) return {};
  for (const Unstaged& row : kUnstaged) {
    if (operations.find(row.operation) == std::string_view::npos) continue;
    if (row.operation != kCgroupDeny) return std::string(row.reason);
    if (!options.deny_cgroup.empty()) continue;
    return options.no_deny_cgroup.empty() ? std::string(row.reason) : options.no_deny_cgroup;
  }
  return {};
}

// The probe is told a directory; that its program denies is arranged outside.
std::string probe_operations(std::string_view operations, const PlanOptions& options) {
  std::string told(operations);
  const size_t at = told.find(kCgroupDeny);
  if (at != std::string::npos && !options.deny_cgroup.empty()) {
    told.replace(at, kCgroupDeny.size(), "cgroup " + options.deny_cgroup);
  }
  return told;
}

constexpr std::string_view kAutoload = "the call would make this kernel run modprobe";

// Appends, or grows the last one where it continues.
void leave_out(ContextPlan& plan, const Request& r, ProtocolRange range, std::string_view reason) {
  if (!plan.left_out.empty()) {
    Skipped& last = plan.left_out.back();
    if (last.family == r.family && last.type == r.type && last.deep == r.deep &&
        last.high == range.low - int64_t{1} && last.reason == reason) {
      last.high = range.high;
      return;
    }
  }
  plan.left_out.push_back({.family = r.family,
                           .type = r.type,
                           .low = range.low,
                           .high = range.high,
                           .deep = r.deep,
                           .reason = std::string(reason)});
}

void keep(Request& kept, ProtocolRange range) {
  if (!kept.protocols.empty() && kept.protocols.back().high == range.low - int64_t{1}) {
    kept.protocols.back().high = range.high;
  } else {
    kept.protocols.push_back(range);
  }
}

// Splits a request into what is asked and what is left out: by what the subject says about itself,
// never by what the model under test would answer.
void add_request(ContextPlan& plan, const Request& r, const World& facts, bool allow_autoload) {
  if (allow_autoload) return plan.requests.push_back(r);
  Request kept{.family = r.family, .type = r.type, .deep = r.deep, .protocols = {}};
  for (const ProtocolRange& range : r.protocols) {
    for (int64_t at = range.low; at <= range.high; ++at) {
      const auto protocol = static_cast<int32_t>(at);
      if (might_request_module(facts, r.family, r.type, protocol)) {
        leave_out(plan, r, {protocol, protocol}, kAutoload);
      } else {
        keep(kept, {protocol, protocol});
      }
    }
  }
  if (!kept.protocols.empty()) plan.requests.push_back(std::move(kept));
}

// What every context is asked of the grid.
ContextPlan common_plan(const World& base, bool allow_autoload) {
  ContextPlan plan;
  for (const Request& r : full_grid()) add_request(plan, r, base, allow_autoload);
  return plan;
}

void drop_deep(ContextPlan& plan) {
  std::erase_if(plan.requests, [](const Request& r) { return r.deep; });
  std::erase_if(plan.left_out, [](const Skipped& s) { return s.deep; });
}

bool is_wanted(const PlanOptions& options, std::string_view name) {
  return options.contexts.empty() || std::find(options.contexts.begin(), options.contexts.end(),
                                               name) != options.contexts.end();
}

void check_context_names(const PlanOptions& options) {
  for (const std::string& name : options.contexts) {
    if (find_context(name) != nullptr) continue;
    std::string known;
    for (const ContextRow& row : contexts()) known += " " + std::string(row.name);
    throw UsageError("no context \"" + name + "\"; there are:" + known);
  }
}

}  // namespace

std::span<const NamedCase> named_cases() { return kNamedCases; }

const std::vector<Request>& full_grid() {
  static const std::vector<Request> kGrid = [] {
    std::vector<Request> grid = build_grid();
    add_named_cases(grid);
    return grid;
  }();
  return kGrid;
}

World context_world(const World& base, const ContextRow& context) {
  World world = base;
  apply_context(world, context);
  return world;
}

Plan make_plan(const World& base, const PlanOptions& options) {
  check_context_names(options);
  // Without CONFIG_MODULES or without a modprobe, request_module does nothing.
  const ContextPlan common = common_plan(base, options.allow_autoload || !base.modules_enabled);
  Plan plan;
  for (const ContextRow& context : contexts()) {
    if (!is_wanted(options, context.name)) continue;
    ContextPlan& part = plan.contexts.emplace_back(common);
    part.context = &context;
    part.operations = probe_operations(context.operations, options);
    if (options.stage) part.skipped = why_unstaged(context.operations, options);
    const bool with_deep = std::find(std::begin(kDeepContexts), std::end(kDeepContexts),
                                     context.name) != std::end(kDeepContexts);
    if (!with_deep) drop_deep(part);
    if (part.skipped.empty()) continue;
    part.skipped_cases = count_cases(part) + count_cases(part.left_out);
    part.requests.clear();
    part.left_out.clear();
  }
  return plan;
}

uint64_t count_cases(const ContextPlan& plan) {
  uint64_t count = 0;
  for (const Request& r : plan.requests) {
    for (const ProtocolRange& range : r.protocols) count += width(range.low, range.high);
  }
  return count;
}

uint64_t count_cases(std::span<const Skipped> left_out) {
  uint64_t count = 0;
  for (const Skipped& skipped : left_out) count += width(skipped.low, skipped.high);
  return count;
}

uint64_t count_cases(std::span<const Observation> observations) {
  uint64_t count = 0;
  for (const Observation& o : observations) count += width(o.low, o.high);
  return count;
}

}  // namespace sockoracle
