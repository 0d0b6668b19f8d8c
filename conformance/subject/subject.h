// SPDX-License-Identifier: GPL-2.0-only
// A subject: anything that answers calls. This machine's kernel, a recording, the model at a
// release. Which of them a name means, cli/open_subject.h knows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "conformance/compare/autoload.h"
#include "conformance/plan/answers.h"
#include "conformance/plan/plan.h"
#include "conformance/subject/options.h"

namespace sockoracle {

using ContextSink = std::function<void(Answers&&)>;

class Subject {
 public:
  virtual ~Subject() = default;
  virtual const Provenance& provenance() const = 0;
  // As root sees it, derived from the provenance, never from answers.
  virtual const World& world() const = 0;
  // Grows while contexts arrive.
  virtual const StateTable& states() const = 0;
  // Hands over the answers of one context after the other. A recording ignores the options but for
  // the names of contexts: it has what it has. Throws UnavailableError where the subject cannot be
  // run.
  virtual void answer(const PlanOptions& options, const ContextSink& sink) = 0;
  // Which call made it ask for which module; empty where nobody looked. Known before answer().
  virtual const AutoloadAnswers& autoload() const {
    static const AutoloadAnswers kNone;
    return kNone;
  }
  // What was looked at besides, after answer().
  virtual DeepResult take_deep() { return compare_autoload(autoload(), world()); }
};

std::unique_ptr<Subject> host_subject(const AdjustWorld& adjust);
std::unique_ptr<Subject> model_subject(const World& world);
std::unique_ptr<Subject> file_subject(const std::string& path, const AdjustWorld& adjust);

// The probe behind a command; subject_cmd.cpp.
struct NamedSubject;
std::unique_ptr<Subject> command_subject(std::string_view command, const AdjustWorld& adjust);
std::unique_ptr<Subject> named_subject(const NamedSubject& named, const AdjustWorld& adjust);
// A named subject may be compared with another Linux than the one it says it is.
void apply_compared_world(std::string_view name, World& world);

}  // namespace sockoracle
