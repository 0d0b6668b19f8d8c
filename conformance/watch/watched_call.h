// SPDX-License-Identifier: GPL-2.0-only
// One call of a watched task, judged.
#pragma once

#include <memory>
#include <string>

#include "conformance/judge/strace_verdicts.h"
#include "conformance/watch/task_worlds.h"
#include "conformance/watch/tracer.h"

namespace sockoracle {

struct WatchedCall {
  SeenCall seen;
  std::string name;  // the task's
  std::shared_ptr<TaskWorld> in;
  Judged judged{};
};

int32_t error_of(const SeenCall& call);

// Asks the model; `in` and `seen` are set before.
Judged judge_watched(const WatchedCall& call);

// `kernel`: "Linux 6.18.44".
std::string watched_text(const WatchedCall& call, const std::string& kernel);
std::string watched_json(const WatchedCall& call);  // one line

}  // namespace sockoracle
