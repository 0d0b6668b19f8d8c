// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/seccomp/filters.h"

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/seccomp/fold.h"

namespace sockoracle {
namespace {

constexpr FilterReturn kNobody{SECCOMP_RET_ALLOW, 0};

// kernel/seccomp.c:seccomp_attach_filter: MAX_INSNS_PER_PATH, each filter costing four more.
constexpr size_t kInstructionsMax = (1u << 18) / sizeof(sock_filter), kEachFilter = 4;

// A filter of which nothing but its code is known.
class RawOrigin : public FilterOrigin {
 public:
  explicit RawOrigin(std::string name) : name_(std::move(name)) {}

  std::vector<std::string> reasons(const FilteredCall& call, Release release) const override {
    return {name_ + ", instruction " + std::to_string(call.answer.pc) +
            " of the filter: " + return_text(call.answer.value, release)};
  }
  std::vector<std::string> changes(const FilteredCall& call, Release) const override {
    return {"with a filter that answers " + return_text(SECCOMP_RET_ALLOW, newest_release()) +
            " to " + std::string(call.number.name) + ", number " + std::to_string(call.number.nr) +
            " of " + std::string(call.number.abi->name)};
  }

 private:
  std::string name_;
};

}  // namespace

FilterLayer raw_layer(FilterCode code, const std::string& name) {
  if (const std::optional<FilterFault> fault = check_filter(code))
    throw UsageError(name + ": instruction " + std::to_string(fault->index) + ": " + fault->reason +
                     "; accepted is a filter that the kernel would load");
  return {Filter(std::move(code)), std::make_unique<RawOrigin>(name)};
}

LoadedFilters::LoadedFilters(std::vector<FilterLayer> layers, const AbiRow& abi, Release release)
    : layers_(std::move(layers)), release_(release), full_mask_(has_full_mask(release)) {
  size_t instructions = 0;
  for (const FilterLayer& layer : layers_) instructions += layer.filter.code().size() + kEachFilter;
  if (instructions > kInstructionsMax + kEachFilter)
    throw UsageError("seccomp: " + plural(instructions, "instruction") + " in " +
                     plural(layers_.size(), "filter") + ": accepted are at most " +
                     std::to_string(kInstructionsMax) + " together, as the kernel does");
  for (size_t i = 0; i < states_.size(); ++i) {
    EntryState& state = states_[i];
    state.number = entry_number(abi, static_cast<Entry>(i));
    for (const FilterLayer& layer : layers_)
      state.starts.push_back(
          layer.filter.start(static_cast<uint32_t>(state.number.nr), state.number.abi->arch));
  }
}

const FilterLayer* LoadedFilters::deciding(const EntryState& state, const FilterInput& input,
                                           FilterReturn* answer) const {
  const FilterLayer* who = nullptr;
  *answer = kNobody;
  // The newest filter is asked first and keeps its word against equals.
  for (size_t i = layers_.size(); i-- > 0;) {
    const FilterReturn said = layers_[i].filter.run(state.starts[i], input);
    if (!outweighs(said.value, answer->value, full_mask_)) continue;
    *answer = said;
    who = &layers_[i];
  }
  return who;
}

int32_t LoadedFilters::answer(const Call& call, const UpperHalves& upper) const {
  const EntryState& state = state_of(call.entry);
  FilterReturn answer{};
  deciding(state, input_of(state.number, call, upper), &answer);
  return outcome_of(answer.value, release_);
}

std::vector<std::string> LoadedFilters::reasons(const Call& call, const UpperHalves& upper) const {
  const EntryState& state = state_of(call.entry);
  const FilterInput input = input_of(state.number, call, upper);
  FilterReturn answer{};
  const FilterLayer* who = deciding(state, input, &answer);
  if (who == nullptr) {
    if (layers_.size() != 1) return {};
    who = layers_.data();
    answer = who->filter.run(state.starts[0], input);
  }
  std::vector<std::string> lines = who->origin->reasons({state.number, input, answer}, release_);
  const ActionRow& action = action_of(answer.value, release_);
  if (action.id != FilterAction::error && action.id != FilterAction::allow)
    lines.push_back("that is: " + std::string(action.sentence));
  if (action.id == FilterAction::error && outcome_of(answer.value, release_) == 0)
    lines.push_back("the filter answers 0 by itself: the program takes it for a descriptor");
  if (!sees_words(call.entry))
    lines.push_back("a filter sees " + std::string(state.number.name) +
                    " and neither family, type nor protocol");
  return lines;
}

std::vector<std::string> LoadedFilters::changes(const Call& call) const {
  const EntryState& state = state_of(call.entry);
  const FilterInput input = input_of(state.number, call);
  const FilterLayer* refuses = nullptr;
  FilterReturn answer{};
  for (size_t i = 0; i < layers_.size(); ++i) {
    const FilterReturn said = layers_[i].filter.run(state.starts[i], input);
    if (outcome_of(said.value, release_) == kFilterAllows) continue;
    if (refuses != nullptr) return {"by no change of one filter: more than one refuses"};
    refuses = &layers_[i];
    answer = said;
  }
  if (refuses == nullptr) return {};
  return refuses->origin->changes({state.number, input, answer}, release_);
}

std::vector<FilteredClass> LoadedFilters::classes(Entry entry, int32_t family) const {
  const EntryState& state = state_of(entry);
  std::vector<FoldedLayer> layers;
  for (size_t i = 0; i < layers_.size(); ++i)
    layers.push_back({&layers_[i].filter, state.starts[i]});
  const auto combine = [&](std::span<const FilterReturn> answers) {
    FilterReturn strongest = kNobody;
    for (size_t i = answers.size(); i-- > 0;)
      if (outweighs(answers[i].value, strongest.value, full_mask_)) strongest = answers[i];
    return outcome_of(strongest.value, release_);
  };
  return fold_filters(layers, input_of(state.number, {entry, family, 0, 0}), combine);
}

}  // namespace sockoracle
