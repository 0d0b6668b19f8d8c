// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/watch/task_worlds.h"

#include <time.h>

#include <algorithm>

#include "conformance/process/proc_folder.h"
#include "conformance/process/process_surroundings.h"
#include "conformance/process/process_world.h"
#include "conformance/process/task_status.h"
#include "conformance/words/step_text.h"
#include "conformance/world/host_world.h"
#include "model/explore.h"
#include "model/kernel.h"

namespace sockoracle {
namespace {

constexpr int64_t kFresh = 100;          // milliseconds that a world is taken as it was
constexpr int64_t kSurroundings = 1000;  // the same of filters, programs, labels
constexpr size_t kWorldsMax = 256;
constexpr size_t kPredictionsMax = 4096;

int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

std::vector<int32_t> key_of(const Call& call) {
  return {static_cast<int32_t>(call.entry), call.family, call.type, call.protocol};
}

// Without ours; before 5.9 nobody tells how many there are.
TaskStatus status_of(const ProcFolder& folder, int64_t our_filters) {
  TaskStatus status = parse_task_status(folder.text("status").value_or("")).value_or(TaskStatus{});
  if (status.filters >= 0) status.filters -= our_filters;
  if (status.filters <= 0 && our_filters != 0) status.seccomp = 0;
  return status;
}

}  // namespace

Prediction& TaskWorld::predict(const Call& call) {
  if (predictions.size() > kPredictionsMax) predictions.clear();
  const auto [at, is_new] = predictions.try_emplace(key_of(call));
  if (is_new) {
    const Verdict verdict = ask({world, call}).verdict;
    at->second.error = verdict.error;
    at->second.rule = verdict.rule;
  }
  return at->second;
}

Prediction& TaskWorld::explain(const Call& call, int32_t error) {
  constexpr size_t kRemedies = 24, kLines = 3;
  Prediction& said = predict(call);
  if (said.rule == Rule::family_not_modelled) return said;
  if (said.error != error && said.elsewhere.count(error) == 0)
    said.elsewhere[error] = near_worlds({world, call}, error);
  if (said.error == 0 || said.explained) return said;
  said.explained = true;
  std::vector<std::vector<Change>> sets;
  // The kernel is the one that runs.
  const auto is_release = [](const Change& change) { return change.kind == Change::Kind::release; };
  for (const Remedy& remedy : remedies_of({world, call}, kRemedies))
    if (std::none_of(remedy.changes.begin(), remedy.changes.end(), is_release))
      sets.push_back(remedy.changes);
  said.remedies = change_lines(sets);
  if (said.remedies.size() > kLines) said.remedies.resize(kLines);
  return said;
}

TaskWorlds::TaskWorlds(int64_t our_filters) : our_filters_(our_filters) {
  const Setting host = build_setting({{ItemKind::release, {}, "host", "watch"}});
  base_ = host.base;
  base_at_ = now();
  kernel_ = "Linux " + release_text(base_.release);
  if (!host.release_note.empty()) kernel_ += " (" + host.release_note + ")";
}

std::shared_ptr<TaskWorld> TaskWorlds::of(pid_t task, int32_t taken) {
  Known& known = known_[task];
  const bool near_limit = known.world && known.world->world.limits.fds_left != kUnlimited;
  if (!known.world || known.generation != generation_ || near_limit ||
      now() - known.read_at > kFresh)
    read(task, taken, &known);
  return known.world;
}

std::shared_ptr<TaskWorld> TaskWorlds::again(pid_t task, int32_t taken) {
  // A module that was loaded is one for all.
  if (now() - base_at_ > kSurroundings) {
    base_ = host_facts().here;
    base_at_ = now();
  }
  Known& known = known_[task];
  known.surroundings_at = 0;
  read(task, taken, &known);
  return known.world;
}

const std::string& TaskWorlds::name_of(pid_t task) { return known_[task].name; }

bool TaskWorlds::has_own_filter(pid_t task) const {
  return status_of(ProcFolder(std::to_string(task)), our_filters_).seccomp != 0;
}

void TaskWorlds::read(pid_t task, int32_t taken, Known* known) {
  const ProcFolder folder(std::to_string(task));
  const TaskStatus status = status_of(folder, our_filters_);
  const bool surroundings = known->generation != generation_ || known->surroundings_at == 0 ||
                            now() - known->surroundings_at > kSurroundings;
  ProcessWorld process = read_task(folder, status, &namespaces_);
  if (surroundings) {
    ProcessWorld around;
    SeccompFilters filters;
    if (status.seccomp != 0) filters = filters_of_tracee(task);
    // Ours was the first, if there is one.
    if (our_filters_ != 0 && !filters.programs.empty())
      filters.programs.erase(filters.programs.begin());
    add_surroundings(folder, status, filters, &around);
    if (!around.filters.empty()) around.holds_if.push_back(unjudged_filters_text(around.filters));
    known->surroundings = std::move(around.holds_if);
    known->surroundings_at = now();
  }
  known->read_at = now();
  known->generation = generation_;
  known->name = status.name;
  TaskWorld world{base_, std::move(process.who), std::move(process.holds_if), {}};
  std::vector<Item> items;
  for (auto& [name, value] : process.sysctls)
    items.push_back({ItemKind::sysctl, name, value, "sysctl"});
  apply_items(world.world, items);
  apply_process(world.world, process);
  // The call's own descriptors were free before it.
  if (world.world.limits.fds_left != kUnlimited) world.world.limits.fds_left += taken;
  world.holds_if.insert(world.holds_if.end(), known->surroundings.begin(),
                        known->surroundings.end());
  known->world = shared(std::move(world));
}

std::shared_ptr<TaskWorld> TaskWorlds::shared(TaskWorld&& world) {
  for (const auto& known : worlds_)
    if (known->world == world.world && known->who == world.who && known->holds_if == world.holds_if)
      return known;
  if (worlds_.size() >= kWorldsMax) worlds_.pop_back();
  worlds_.push_front(std::make_shared<TaskWorld>(std::move(world)));
  return worlds_.front();
}

}  // namespace sockoracle
