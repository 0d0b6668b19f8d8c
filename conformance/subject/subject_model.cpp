// SPDX-License-Identifier: GPL-2.0-only
// The model at a release, as a subject like any other: what `diff 6.1 6.12` asks.
#include <algorithm>

#include "conformance/base/tool_name.h"
#include "conformance/plan/model_answers.h"
#include "conformance/subject/subject.h"
#include "conformance/words/case_facts.h"

namespace sockoracle {
namespace {

class ModelSubject final : public Subject {
 public:
  explicit ModelSubject(const World& world) : world_(world), provenance_(provenance_of(world)) {
    provenance_.tool = tool_name();
    for (const Observable& row : observables())
      name_of_row_.push_back(states_.name_index(row.name));
  }

  const Provenance& provenance() const override { return provenance_; }
  const World& world() const override { return world_; }
  const StateTable& states() const override { return states_; }

  void answer(const PlanOptions& options, const ContextSink& sink) override {
    PlanOptions everything = options;
    everything.stage = false;
    everything.allow_autoload = true;
    const Plan plan = make_plan(world_, everything);
    for (const ContextPlan& part : plan.contexts) {
      Answers answers;
      answers.context = part.context->name;
      answers.left_out = part.left_out;
      ModelAsker asker(context_world(world_, *part.context));
      for (const Request& request : part.requests) {
        for (const ProtocolRange& range : request.protocols) {
          answer_range(asker, request, range, answers);
        }
      }
      sink(std::move(answers));
    }
  }

 private:
  void answer_range(ModelAsker& asker, const Request& request, ProtocolRange range,
                    Answers& answers) {
    std::vector<Observation>& out = answers.observations;
    for (int64_t at = range.low; at <= range.high;) {
      const Piece piece = asker.piece(request.family, request.type, static_cast<int32_t>(at));
      Observation o{.family = request.family, .type = request.type, .deep = request.deep};
      o.low = static_cast<int32_t>(at);
      o.high = std::min(piece.high, range.high);
      o.error = piece.error;
      if (piece.rule == Rule::family_not_modelled && !has_model(o.family)) {
        answers.left_out.push_back(
            {o.family, o.type, o.low, o.high, o.deep, "the family is outside the model"});
        at = o.high + int64_t{1};
        continue;
      }
      if (piece.error == 0) {
        const ShownState& shown = asker.state(o.family, o.type, o.low);
        o.high = std::min(shown.high, o.high);
        o.state = add_state(shown.texts, o.deep);
      }
      at = o.high + int64_t{1};
      Observation* last = out.empty() ? nullptr : &out.back();
      if (last != nullptr && last->family == o.family && last->type == o.type &&
          last->deep == o.deep && last->error == o.error && last->state == o.state &&
          last->high == o.low - int64_t{1}) {
        last->high = o.high;
      } else {
        out.push_back(o);
      }
    }
  }

  uint32_t add_state(const std::vector<std::string>& texts, bool deep) {
    StateText state;
    for (size_t row = 0; row < texts.size(); ++row) {
      if (texts[row].empty() || (observables()[row].deep && !deep)) continue;
      state.values.emplace_back(name_of_row_[row], texts[row]);
    }
    return states_.add(std::move(state));
  }

  World world_;
  Provenance provenance_;
  StateTable states_;
  std::vector<uint16_t> name_of_row_;
};

}  // namespace

std::unique_ptr<Subject> model_subject(const World& world) {
  return std::make_unique<ModelSubject>(world);
}

}  // namespace sockoracle
