// SPDX-License-Identifier: GPL-2.0-only
// The probe as a child process: launched from the copy inside this program, spoken to over pipes.
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "conformance/plan/answers.h"
#include "conformance/plan/plan.h"

namespace sockoracle {

// The bytes of the static probe, linked into this program; probe_image.cpp.
std::span<const unsigned char> probe_image();

// Lines to a probe and lines from it. Every failure throws UnavailableError with its reason.
class ProbeLink {
 public:
  virtual ~ProbeLink() = default;
  virtual void send(std::string_view line) = 0;  // without its newline; queued
  // The next line of the probe, valid until the next call.
  virtual std::string_view receive() = 0;
};

// For whoever holds no output any more and still runs. A launcher that lost its input takes down
// its sandbox by itself in far less.
inline constexpr int kGraceMs = 5000;

// Both directions move whenever it waits, so any amount may be queued.
class ProbeProcess final : public ProbeLink {
 public:
  ProbeProcess();
  // One that was started elsewhere, the leader of its own process group.
  ProbeProcess(pid_t pid, int to_probe, int from_probe);
  ~ProbeProcess() override;  // ends the probe, and with it every context
  ProbeProcess(const ProbeProcess&) = delete;
  ProbeProcess& operator=(const ProbeProcess&) = delete;

  void send(std::string_view line) override;
  std::string_view receive() override;
  pid_t pid() const { return pid_; }
  // Closes the way in, at which it ends by itself, and waits for that so long.
  void finish(int milliseconds);

 private:
  void pump();
  [[noreturn]] void fail_ended();

  pid_t pid_ = -1;
  void (*former_sigpipe_)(int) = nullptr;
  int to_probe_ = -1, from_probe_ = -1;
  std::string queued_;
  size_t sent_ = 0;
  std::vector<char> buffer_;
  size_t begin_ = 0, end_ = 0;
};

// The observables that the probe is told, under their numbers.
struct ProbedObservable {
  size_t row;           // into observables()
  std::string request;  // "observe 7 fast SO_TYPE sockopt 1 3 4 i32"
};
std::vector<ProbedObservable> probed_observables();

// Every line that asking the plan sends: what ci/bench feeds to the bare loop.
std::string request_lines(const Plan& plan);

// "cannot be staged here: ...", from the probe's "skip OPERATION WHY". An operation that the
// context is named after need not be said again.
std::string staging_reason(std::string_view skipped, std::string_view context);

// "%20" becomes a blank again; what would not be printable stays escaped, unless `all`.
std::string unescape_value(std::string_view text, bool all = false);

// Asks the requests of a plan, context after context, in one probe.
class ProbeClient {
 public:
  ProbeClient(ProbeLink& probe, StateTable& states);
  void queue(const ContextPlan& plan);
  // The answers to the oldest queued context.
  Answers collect(const ContextPlan& plan);

 private:
  void collect_runs(const Request& request, const std::string& context, Answers& answers);
  void take_state(std::string_view line);

  ProbeLink& probe_;
  StateTable& states_;
  std::vector<uint16_t> name_of_id_;
  std::vector<uint32_t> state_of_number_;
};

}  // namespace sockoracle
