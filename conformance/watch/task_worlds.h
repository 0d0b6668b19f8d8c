// SPDX-License-Identifier: GPL-2.0-only
// The world of each watched task: read when it may have changed, and what the model says of the
// calls made in it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "conformance/judge/strace_verdicts.h"
#include "conformance/process/net_sysctls.h"
#include "conformance/world/world_text.h"
#include "model/verdict.h"

namespace sockoracle {

// What the model says of one call.
struct Prediction {
  int32_t error = 0;
  Rule rule = Rule::created;
  bool explained = false;             // the rest was asked for
  bool told = false;                  // somebody has read why
  std::vector<std::string> remedies;  // of a refusal: "with --cap net_raw"
  // By the answer that came instead: worlds that lead to it, likely ones first.
  std::map<int32_t, std::vector<Elsewhere>> elsewhere;
};

struct TaskWorld {
  World world;
  std::string who;                    // "uid 1000, gid 1000, no capability"
  std::vector<std::string> holds_if;  // what may answer otherwise
  std::map<std::vector<int32_t>, Prediction> predictions;

  Prediction& predict(const Call& call);
  // The same, with remedies, and with the change that leads to `error` where that is another
  // answer.
  Prediction& explain(const Call& call, int32_t error);
};

class TaskWorlds {
 public:
  // `our_filters`: how many of a task's seccomp filters are this program's.
  explicit TaskWorlds(int64_t our_filters);

  // The task stands still. `taken`: descriptors that its call has just been given.
  std::shared_ptr<TaskWorld> of(pid_t task, int32_t taken);
  // Read again, for the kernel answered otherwise.
  std::shared_ptr<TaskWorld> again(pid_t task, int32_t taken);
  const std::string& name_of(pid_t task);
  bool has_own_filter(pid_t task) const;

  void caller_changed() { ++generation_; }
  void executed(pid_t task) { known_.erase(task); }
  void ended(pid_t task) { known_.erase(task); }

  const std::string& kernel() const { return kernel_; }  // "Linux 6.18.44"

 private:
  struct Known {
    std::shared_ptr<TaskWorld> world;
    uint64_t generation = 0;
    int64_t read_at = 0, surroundings_at = 0;  // milliseconds
    std::string name;
    std::vector<std::string> surroundings;
  };

  void read(pid_t task, int32_t taken, Known* known);
  std::shared_ptr<TaskWorld> shared(TaskWorld&& world);

  const int64_t our_filters_;
  std::string kernel_;
  World base_;  // of this machine, asked by nobody yet
  int64_t base_at_ = 0;
  uint64_t generation_ = 1;
  std::map<pid_t, Known> known_;
  std::list<std::shared_ptr<TaskWorld>> worlds_;  // those that are equal are one
  NetNamespaces namespaces_;
};

}  // namespace sockoracle
