// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/cli/cli_effects.h"

#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/cli/open_subject.h"
#include "conformance/words/answer_json.h"
#include "model/kernel.h"

namespace sockoracle {
namespace {

// Why a context overrides it; "" = it does not.
std::string overridden(const Item& item) {
  switch (item.kind) {
    case ItemKind::context:
    case ItemKind::uid:
    case ItemKind::gid:
    case ItemKind::egid:
    case ItemKind::groups:
    case ItemKind::user_ns:
    case ItemKind::cap: return "the calls are made in every caller context; --context NAME chooses";
    case ItemKind::abi:
    case ItemKind::seccomp:
    case ItemKind::unit:
      return "a subject brings its own filters; cmd:'sockoracle-seccomp FILE' asks behind one";
    case ItemKind::limit:
    case ItemKind::policy: return "each caller context brings its own limits and policies";
    case ItemKind::sysctl: {
      const SysctlRow* row = find_sysctl(item.key);
      if (row == nullptr || !row->per_netns) return {};
      return "each caller context has a fresh network namespace with the kernel's defaults";
    }
    default: return {};
  }
}

bool is_release(const std::string& subject) {
  return kind_of_subject(subject) == SubjectKind::release;
}

// Is a kernel asked, so that it could run modprobe?
bool is_asked(const std::string& subject) {
  const SubjectKind kind = kind_of_subject(subject);
  return kind != SubjectKind::release && kind != SubjectKind::file;
}

size_t fallible_steps(const Case& c) {
  Kernel kernel(c.world);
  const CallScope quiet(kernel, {.tracing = false});
  kernel.call(c.call);
  return static_cast<size_t>(kernel.fallible());
}

}  // namespace

void check_subject_flags(const std::vector<std::string>& subjects, const SubjectOptions& asking,
                         const std::vector<Item>& items) {
  for (const Item& item : items) {
    const std::string why = overridden(item);
    const std::string key = item.kind == ItemKind::sysctl ? " " + item.key : std::string();
    if (!why.empty()) throw UsageError(item.origin + key + " changes nothing here: " + why);
  }
  if (asking.allow_autoload && std::none_of(subjects.begin(), subjects.end(), is_asked))
    throw UsageError("--allow-autoload changes nothing here: no kernel is asked, only what is "
                     "known of one");
}

void check_diff_flags(const DiffOptions& options, const std::vector<Item>& items) {
  check_subject_flags({options.expected, options.got}, options.asking, items);
  const bool first = is_release(options.expected), second = is_release(options.got);
  for (const Item& item : items) {
    if (item.kind == ItemKind::release && (first || second))
      throw UsageError(item.origin + ": A and B say which releases are compared");
    if (!first && !second && !is_asked(options.expected) && !is_asked(options.got))
      throw UsageError(item.origin + " changes nothing here: recordings are compared as they are");
  }
}

void check_explain_flags(const ExplainOptions& options) {
  if (options.every_errno && !options.error.empty())
    throw UsageError("--every-errno and --errno: accepted is one of them");
  if (!options.steps && !options.state && !options.fields) return;
  const std::string flag = options.steps ? "--steps" : options.state ? "--state" : "--fields";
  if (!options.error.empty() || options.every_errno)
    throw UsageError(flag + " changes nothing here: --errno lists causes, each by its rule");
  if (options.json)
    throw UsageError(flag + " changes nothing here: --format json has every step and value");
}

void check_faults(const Setting& setting, const Call& call) {
  const World& world = setting.world;
  World none = world;
  none.fault_count = 0;
  const size_t steps = std::max(fallible_steps({none, call}), fallible_steps({world, call}));
  for (size_t i = 0; i < world.fault_count; ++i) {
    if (world.faults[i] <= steps) continue;
    throw UsageError("--fault " + std::to_string(world.faults[i]) +
                     " changes nothing here: the call gets to " + plural(steps, "fallible step"));
  }
}

int answered_status(const Setting& setting, const Call& call) {
  return is_modelled(ask({setting.world, call}).verdict.rule) ? kExitOk : kExitSkipped;
}

}  // namespace sockoracle
