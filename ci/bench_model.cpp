// SPDX-License-Identifier: GPL-2.0-only
// Verdicts per second of the model over the whole plan, and socket()+close() per second of the live
// kernel on the same calls, in one run on one core. SOCK_PACKET and AF_PACKET are left out on both
// sides: each close() of one waits for an RCU grace period and would flatter the model.
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <vector>

#include "conformance/plan/plan.h"
#include "conformance/situation/situation.h"
#include "conformance/world/host_world.h"
#include "model/kernel.h"
#include "model/symbols.h"

namespace {

using namespace sockoracle;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

std::vector<Call> calls_of_plan() {
  std::vector<Call> calls;
  for (const Request& request : full_grid()) {
    const bool packet =
        request.family == kAF_PACKET || (request.type & kSOCK_TYPE_MASK) == kSOCK_PACKET;
    if (request.deep || packet) continue;
    for (const ProtocolRange& range : request.protocols)
      for (int64_t p = range.low; p <= range.high; ++p)
        calls.push_back({Entry::socket, request.family, request.type, static_cast<int32_t>(p)});
  }
  return calls;
}

struct Rate {
  double count = 0, seconds = 0;
  double per_second() const { return count / seconds; }
};

// Every context's kernel answers every call; verdicts are summed so that none is optimised away.
Rate model_rate(const World& host, const std::vector<Call>& calls, uint64_t* sum) {
  Rate rate;
  for (const ContextRow& context : contexts()) {
    World world = context_world(host, context);
    for (Presence& presence : world.providers)
      if (presence == Presence::loadable) presence = Presence::absent;
    Kernel kernel(world);
    const CallScope quiet(kernel, {.tracing = false});
    const auto begin = std::chrono::steady_clock::now();
    for (int round = 0; round < 20; ++round)
      for (const Call& call : calls) {
        const Verdict verdict = kernel.call(call);
        *sum += static_cast<uint64_t>(verdict.error) + static_cast<uint64_t>(verdict.rule);
        kernel.close(verdict.fd);
      }
    rate.seconds += seconds_since(begin);
    rate.count += 20.0 * static_cast<double>(calls.size());
  }
  return rate;
}

// The same verdicts, asked behind a filter: where it lets a call through the model goes on.
Rate filtered_rate(const World& host, const std::vector<Call>& calls, const CallFilter* filter,
                   uint64_t* sum) {
  Rate rate;
  Kernel kernel(host);
  const CallScope quiet(kernel, {.tracing = false});
  Policies policies = host.policies;
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 100; ++round)
    for (const Call& call : calls) {
      if (filter != nullptr) {
        policies.seccomp_filter = filter->answer(call);
        kernel.set_policies(policies);
      }
      const Verdict verdict = kernel.call(call);
      *sum += static_cast<uint64_t>(verdict.error) + static_cast<uint64_t>(verdict.rule);
      kernel.close(verdict.fd);
    }
  rate.seconds = seconds_since(begin);
  rate.count = 100.0 * static_cast<double>(calls.size());
  return rate;
}

// The profile that Debian's golang-github-containers-common ships, where it is installed; the
// launchers' own is shorter.
void bench_filters(const World& host, const std::vector<Call>& calls, uint64_t* sum) {
  World world = host;
  for (Presence& presence : world.providers)
    if (presence == Presence::loadable) presence = Presence::absent;
  const Rate without = filtered_rate(world, calls, nullptr, sum);
  for (const char* file : {SOCKORACLE_PROFILE, "/usr/share/containers/seccomp.json"}) {
    if (access(file, R_OK) != 0) continue;
    const auto filters = filters_of({{ItemKind::seccomp, {}, file, "bench"}}, world);
    const Rate with = filtered_rate(world, calls, filters.get(), sum);
    std::printf("filter  %12.0f verdicts a second behind %s\n", with.per_second(), file);
    std::printf("cost    %12.2f times a verdict without (aim: at most 3)\n",
                without.per_second() / with.per_second());
  }
}

Rate kernel_rate(const std::vector<Call>& calls, uint64_t* sum) {
  Rate rate;
  const auto begin = std::chrono::steady_clock::now();
  for (int round = 0; round < 5; ++round)
    for (const Call& call : calls) {
      const int fd = ::socket(call.family, call.type, call.protocol);
      *sum += static_cast<uint64_t>(fd < 0);
      if (fd >= 0) ::close(fd);
    }
  rate.seconds = seconds_since(begin);
  rate.count = 5.0 * static_cast<double>(calls.size());
  return rate;
}

}  // namespace

int main() {
  const HostFacts host = host_facts();
  if (host.world.modules_enabled) {
    std::fprintf(stderr, "bench_model: this kernel loads modules; the calls would make it run "
                         "modprobe thousands of times. Skipped.\n");
    return 4;
  }
  // A network namespace of our own, so that raw sockets receive nothing; without privilege, here.
  if (unshare(CLONE_NEWNET) != 0) std::fprintf(stderr, "bench_model: in the host's netns\n");
  const std::vector<Call> calls = calls_of_plan();
  uint64_t sum = 0;
  const Rate kernel = kernel_rate(calls, &sum);
  const Rate model = model_rate(host.world, calls, &sum);
  std::printf("model   %12.0f verdicts a second and core (%zu calls, %zu contexts)\n",
              model.per_second(), calls.size(), contexts().size());
  std::printf("kernel  %12.0f socket()+close() a second, the same calls as root\n",
              kernel.per_second());
  std::printf("ratio   %12.1f times the kernel\n", model.per_second() / kernel.per_second());
  bench_filters(host.world, calls, &sum);
  std::printf("checksum %llu\n", static_cast<unsigned long long>(sum));
  return 0;
}
