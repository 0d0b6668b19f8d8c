// SPDX-License-Identifier: GPL-2.0-only
// A recording as a subject.
#include <algorithm>

#include "conformance/base/cli_error.h"
#include "conformance/base/text_file.h"
#include "conformance/plan/plan.h"
#include "conformance/recording/recording.h"
#include "conformance/subject/subject.h"

namespace sockoracle {
namespace {

class FileSubject final : public Subject {
 public:
  FileSubject(const std::string& path, const AdjustWorld& adjust)
      : recording_(read_recording(path)),
        world_(world_of(recording_.provenance, name_of_input(path) + ":1")) {
    apply_compared_world(recording_.provenance.subject, world_);
    if (adjust) adjust(world_);
  }

  const Provenance& provenance() const override { return recording_.provenance; }
  const World& world() const override { return world_; }
  const StateTable& states() const override { return recording_.states; }
  const AutoloadAnswers& autoload() const override { return recording_.autoload; }

  void answer(const PlanOptions& options, const ContextSink& sink) override {
    for (const Answers& answers : recording_.contexts) {
      const auto& wanted = options.contexts;
      if (!wanted.empty() &&
          std::find(wanted.begin(), wanted.end(), answers.context) == wanted.end()) {
        continue;
      }
      sink(Answers(answers));
    }
  }

 private:
  Recording recording_;
  World world_;
};

}  // namespace

std::unique_ptr<Subject> file_subject(const std::string& path, const AdjustWorld& adjust) {
  return std::make_unique<FileSubject>(path, adjust);
}

}  // namespace sockoracle
