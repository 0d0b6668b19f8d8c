// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/whitebox/deep_fields.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <unordered_map>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/client/probe_client.h"
#include "conformance/plan/model_answers.h"
#include "conformance/whitebox/observer_btf.h"
#include "model/kernel.h"
#include "model/observables.h"
#include "model/symbols.h"

namespace sockoracle {
namespace {

using Clock = std::chrono::steady_clock;

// The creatable part of a request.
Request creatable(const Request& request, ModelAsker& asker) {
  Request out{.family = request.family, .type = request.type, .deep = false, .protocols = {}};
  for (const ProtocolRange& range : request.protocols) {
    for (int64_t at = range.low; at <= range.high;) {
      const Piece& piece = asker.piece(request.family, request.type, static_cast<int32_t>(at));
      const ProtocolRange part{static_cast<int32_t>(at), std::min(piece.high, range.high)};
      const bool modelled = piece.rule != Rule::family_not_modelled;
      if (piece.error == 0 && modelled) out.protocols.push_back(part);
      at = part.high + int64_t{1};
    }
  }
  return out;
}

// Members of the original listing's functions, or of their successors, that are not compared.
constexpr const char* kNotCompared[] = {
    "sk_memcg: the caller's memory cgroup is not part of a world",
    "sk_cookie: drawn when somebody asks for it",
    "sk_timer, sk_peer_lock, sk_callback_lock, sk_lock.slock: locks and timers hold no answer",
};

struct HeldSocket {
  Request* request;
  int32_t protocol;
};

class FieldChecker {
 public:
  FieldChecker(const World& base, DeepResult& result)
      : base_(base), result_(result), batch_(batch_size()) {}

  void check_context(const ContextPlan& plan) {
    world_ = context_world(base_, *plan.context);
    context_ = plan.context->name;
    ModelAsker asker(world_);
    requests_.clear();
    for (const Request& request : plan.requests) {
      if (request.deep) continue;
      Request part = creatable(request, asker);
      if (!part.protocols.empty()) requests_.push_back(std::move(part));
    }
    if (requests_.empty()) return;
    probe_.send("context " + context_ + " " + plan.operations);
    const std::string answer(probe_.receive());
    if (answer == "context " + context_ + " ok") {
      hold_everything();
    } else {
      Group group = group_for(requests_.front());
      const std::string skip = "context " + context_ + " skip ";
      group.skipped =
          answer.starts_with(skip) ? staging_reason(answer.substr(skip.size()), context_) : answer;
      result_.groups.push_back({context_, std::move(group), {}});
    }
    probe_.send("leave");
    probe_.receive();
  }

  DeepOracle oracle() const {
    DeepOracle oracle{.name = "fields", .counts = {}, .skipped = {}, .notes = {}};
    oracle.compared = values_;
    oracle.counts = plural(values_, "value") + " of " + plural(fields_.size(), "field") + " in " +
                    plural(sockets_, "socket");
    if (sockets_ != 0) {
      const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(spent_).count();
      const int64_t tenths = nanoseconds / 100 / static_cast<int64_t>(sockets_);
      oracle.counts += ", read in " + std::to_string(tenths / 10) + "." +
                       std::to_string(tenths % 10) + " us each";
    }
    for (const auto& [name, reason] : observer_.unreadable()) {
      if (expected_.contains(name)) oracle.notes.push_back(name + ": " + reason);
    }
    oracle.notes.insert(oracle.notes.end(), std::begin(kNotCompared), std::end(kNotCompared));
    return oracle;
  }

 private:
  static size_t batch_size() {
    rlimit limit{};
    getrlimit(RLIMIT_NOFILE, &limit);
    constexpr size_t kUsed = 64, kMost = 2000;
    return limit.rlim_cur > 2 * kUsed ? std::min<size_t>(limit.rlim_cur - kUsed, kMost) : kUsed;
  }

  static Group group_for(const Request& request) {
    Group group;
    group.family = request.family;
    group.type = request.type;
    group.low = request.protocols.front().low;
    group.high = request.protocols.back().high;
    group.oracle = "fields";
    return group;
  }

  // As many at once as there are descriptors.
  void hold_everything() {
    size_t held = 0;
    for (Request& request : requests_) {
      const size_t first_group = result_.groups.size();
      result_.groups.push_back({context_, group_for(request), {}});
      group_of_[&request] = first_group;
      for (const ProtocolRange& range : request.protocols) {
        for (int64_t low = range.low; low <= range.high;) {
          const int64_t room = static_cast<int64_t>(batch_ - held);
          const int64_t high = std::min<int64_t>(range.high, low + room - 1);
          hold(request, static_cast<int32_t>(low), static_cast<int32_t>(high));
          held += static_cast<size_t>(high - low + 1);
          low = high + 1;
          if (held < batch_) continue;
          observe_held();
          held = 0;
        }
      }
    }
    observe_held();
  }

  void hold(Request& request, int32_t low, int32_t high) {
    probe_.send("hold " + std::to_string(request.family) + " " + std::to_string(request.type) +
                " " + std::to_string(low) + " " + std::to_string(high));
    int64_t created = 0;
    while (true) {
      const std::string line(probe_.receive());
      if (line == ".") break;
      int64_t words[4] = {0, 0, 0, 0};
      const char* at = line.data() + std::min<size_t>(line.size(), 4);
      const char* end = line.data() + line.size();
      for (int64_t& word : words) {
        if (at == end || *at++ != ' ') throw UnavailableError("the probe answered: " + line);
        at = std::from_chars(at, end, word).ptr;
      }
      process_ = static_cast<pid_t>(words[0]);
      created += words[2] - words[1] + 1;
      for (int64_t p = words[1]; p <= words[2]; ++p) {
        held_[static_cast<int>(words[3] + p - words[1])] = {&request, static_cast<int32_t>(p)};
      }
    }
    // The plain check says what is wrong with a call that failed; here it is only not seen.
    missing_ += static_cast<uint64_t>(int64_t{high} - low + 1 - created);
  }

  void observe_held() {
    if (!held_.empty()) {
      const auto begin = Clock::now();
      const std::vector<SocketCopy> copies = observer_.read(process_);
      spent_ += Clock::now() - begin;
      for (const SocketCopy& copy : copies) {
        const auto found = held_.find(copy.head.fd);
        if (found == held_.end()) continue;
        compare(*found->second.request, found->second.protocol, copy);
        held_.erase(found);
      }
      if (!held_.empty()) {
        throw UnavailableError("the BPF iterator did not show " + std::to_string(held_.size()) +
                               " of the probe's sockets");
      }
    }
    held_.clear();
    probe_.send("drop");
    probe_.receive();
  }

  // What differs by the protocol's number alone is one difference, not hundreds. Small numbers are
  // themselves: a 1 is more often a flag than ICMP.
  static std::string folded(const std::string& text, int32_t protocol) {
    if (protocol < 16 || text.size() < 2) return text;
    const auto low = static_cast<uint16_t>(protocol);
    if (text == std::to_string(protocol)) return "$protocol";
    if (text == std::to_string(((low << 8) & 0xff00) | (low >> 8))) return "htons($protocol)";
    return text;
  }

  void compare(const Request& request, int32_t protocol, const SocketCopy& copy) {
    if (!kernel_ || kernel_context_ != context_ || kernel_->changed()) {
      kernel_ = std::make_unique<Kernel>(world_);
      kernel_context_ = context_;
    }
    const Call call{.entry = Entry::socket,
                    .family = request.family,
                    .type = request.type,
                    .protocol = protocol};
    const Verdict verdict = kernel_->call(call);
    const socket* sock = verdict.fd >= 0 ? kernel_->lookup(verdict.fd) : nullptr;
    if (sock == nullptr) return;
    ++sockets_;
    DeepGroup& group = result_.groups[group_of_.at(&request)];
    for (const Observable& row : observables()) {
      if (row.reading == Reading::field && !expected_.contains(row.name) &&
          row.expect(*kernel_, *sock).kind != Value::Kind::none) {
        expected_.insert(std::string(row.name));
      }
    }
    for (const FieldReading& field : observer_.fields()) {
      const Observable& row = observables()[field.row];
      SameView same{.protocol = protocol};  // each protocol is asked here
      const std::string expected = probe_text(row, row.expect(*kernel_, *sock), same);
      if (expected.empty()) continue;
      const std::string got = observer_.text(field, copy, expected);
      ++values_;
      fields_.insert(field.row);
      if (got == expected) continue;
      group.differences.push_back({context_, Rule::created, call, protocol, std::string(row.name),
                                   folded(expected, protocol),
                                   got.empty() ? "not there" : folded(got, protocol)});
    }
    kernel_->close(verdict.fd);
  }

  const World& base_;
  DeepResult& result_;
  size_t batch_;
  BtfObserver observer_;
  ProbeProcess probe_;
  World world_;
  std::string context_, kernel_context_;
  std::vector<Request> requests_;
  std::unordered_map<const Request*, size_t> group_of_;
  std::unordered_map<int, HeldSocket> held_;
  std::unique_ptr<Kernel> kernel_;
  pid_t process_ = 0;
  Clock::duration spent_{};
  uint64_t sockets_ = 0, values_ = 0, missing_ = 0;
  std::set<size_t> fields_;
  std::set<std::string, std::less<>> expected_;
};

}  // namespace

void check_fields(const World& base, const Plan& plan, DeepResult& result) {
  FieldChecker checker(base, result);
  for (const ContextPlan& context : plan.contexts) {
    if (context.skipped.empty()) checker.check_context(context);
  }
  result.oracles.push_back(checker.oracle());
}

}  // namespace sockoracle
