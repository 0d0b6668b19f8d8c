// SPDX-License-Identifier: GPL-2.0-only
#include "conformance/cli/commands_check.h"

#include <cstdio>

#include "conformance/base/cli_error.h"
#include "conformance/base/plural.h"
#include "conformance/base/progress.h"
#include "conformance/base/terminal.h"
#include "conformance/base/text_file.h"
#include "conformance/cli/open_subject.h"
#include "conformance/client/probe_client.h"
#include "conformance/compare/compare.h"
#include "conformance/compare/deviations.h"
#include "conformance/compare/diff_causes.h"
#include "conformance/recording/recording.h"
#include "conformance/report/report.h"
#include "conformance/vm/setup.h"
#include "conformance/whitebox/deep_json.h"
#include "conformance/whitebox/environment.h"
#include "conformance/whitebox/whitebox.h"

namespace sockoracle {
namespace {

PlanOptions plan_options(const SubjectOptions& asking) {
  return {.contexts = asking.contexts, .stage = true, .allow_autoload = asking.allow_autoload};
}

// A flag that nobody reads would promise what does not happen.
void check_machine_flags(const std::vector<std::string>& subjects, const SubjectOptions& asking) {
  if (asking.machine.empty()) return;
  for (const std::string& subject : subjects) {
    if (is_machine(subject)) return;
  }
  throw UsageError(
      "--kernel, --modules, --append and --time-limit are about a machine that is booted: with "
      "--subject vm, vm:RELEASE or uml");
}

size_t context_count(const SubjectOptions& asking) {
  return asking.contexts.empty() ? contexts().size() : asking.contexts.size();
}

const ReportFormat& format_named(const std::string& name) {
  if (const ReportFormat* format = find_report_format(name)) return *format;
  std::string known;
  for (const ReportFormat& format : all_report_formats()) known += " " + std::string(format.name);
  throw UsageError("no report format \"" + name + "\"; there are:" + known);
}

std::vector<Deviation> deviations_for(const Provenance& provenance, const std::string& file) {
  return file.empty() ? deviations_of(provenance.subject)
                      : parse_deviations(load_text(file), name_of_input(file));
}

// One subject against the model. The subject goes on answering while a context is compared.
Comparison check_subject(const std::string& name, const SubjectOptions& asking,
                         const std::string& deviations) {
  const std::unique_ptr<Subject> subject = open_subject(name, asking);
  const std::vector<Deviation> known = deviations_for(subject->provenance(), deviations);
  Comparer comparer(subject->world(), subject->states());
  Progress progress(context_count(asking));
  subject->answer(plan_options(asking), [&](Answers&& answers) {
    normalise(answers);
    comparer.add(answers);
    progress.done(answers.context);
  });
  if (DeepResult seen = subject->take_deep(); !seen.oracles.empty()) comparer.add(std::move(seen));
  if (asking.deep && name == "host")
    comparer.add(check_deep(subject->world(), plan_options(asking)));
  Comparison comparison = comparer.finish(subject->provenance(), known, asking.contexts.empty());
  if (name == "host") explain_by_seccomp(subject->world(), plan_options(asking), comparison);
  return comparison;
}

Recording record_subject(Subject& subject, const SubjectOptions& asking) {
  Recording recording;
  Progress progress(context_count(asking));
  subject.answer(plan_options(asking), [&](Answers&& answers) {
    normalise(answers);
    progress.done(answers.context);
    recording.contexts.push_back(std::move(answers));
  });
  recording.provenance = subject.provenance();
  recording.states = subject.states();
  recording.autoload = subject.autoload();
  return recording;
}

int exit_status(std::span<const Comparison> comparisons) {
  bool checked = false;
  for (const Comparison& comparison : comparisons) {
    if (comparison.unexpected() != 0 || !comparison.stale.empty()) return kExitDifference;
    checked = checked || comparison.checked_cases() != 0;
  }
  return checked ? kExitOk : kExitSkipped;
}

// stdout has the report; where that does not end with the summary, stderr says it.
void write_report(std::span<const Comparison> comparisons, const ReportFormat& format,
                  const std::string& output) {
  if (format.name == "text" && output == "-") return show_lines(format.write(comparisons));
  write_file_atomically(output, format.write(comparisons));
  for (const Comparison& comparison : comparisons) {
    std::fprintf(stderr, "%s\n", visible_line(summary_line(comparison)).c_str());
  }
}

}  // namespace

int command_record(const RecordOptions& options) {
  check_machine_flags({options.subject}, options.asking);
  const std::unique_ptr<Subject> subject = open_subject(options.subject, options.asking);
  const Recording recording = record_subject(*subject, options.asking);
  write_file_atomically(options.output, recording_text(recording));
  uint64_t cases = 0, skipped = 0;
  size_t answered = 0;
  for (const Answers& answers : recording.contexts) {
    answered += answers.skipped.empty();
    cases += count_cases(answers.observations);
    skipped += count_cases(answers.left_out) + answers.skipped_cases;
  }
  std::fprintf(stderr, "%s recorded in %s, %llu skipped\n", plural(cases, "case").c_str(),
               plural(answered, "context").c_str(), static_cast<unsigned long long>(skipped));
  return cases == 0 ? kExitSkipped : kExitOk;
}

int command_requests(const SubjectOptions& options, const std::string& output) {
  const std::unique_ptr<Subject> host = host_subject(options.adjust);
  write_file_atomically(output, request_lines(make_plan(host->world(), plan_options(options))));
  return kExitOk;
}

int command_deep(const SubjectOptions& options) {
  const std::unique_ptr<Subject> host = host_subject(options.adjust);
  write_file_atomically("-", deep_json(check_deep(host->world(), plan_options(options))));
  return kExitOk;
}

int command_check(const CheckOptions& options) {
  const ReportFormat& format = format_named(options.format);
  std::vector<std::string> names = options.files;
  if (names.empty()) names.push_back(options.subject);
  check_machine_flags(names, options.asking);
  if (options.asking.deep &&
      (names.size() != 1 || (names.front() != "host" && !is_machine(names.front())))) {
    throw UsageError("--deep looks into a running kernel: with --subject host, vm:RELEASE or uml");
  }
  std::vector<Comparison> comparisons;
  for (const std::string& name : names) {
    comparisons.push_back(check_subject(name, options.asking, options.deviations));
  }
  write_report(comparisons, format, options.output);
  return exit_status(comparisons);
}

int command_diff(const DiffOptions& options) {
  const ReportFormat& format = format_named(options.format);
  check_machine_flags({options.expected, options.got}, options.asking);
  const std::unique_ptr<Subject> expected = open_subject(options.expected, options.asking);
  const std::unique_ptr<Subject> got = open_subject(options.got, options.asking);
  const Recording expected_answers = record_subject(*expected, options.asking);
  const Recording got_answers = record_subject(*got, options.asking);
  Comparison comparison = compare_recordings(expected_answers, expected->world(), got_answers);
  explain_differences(comparison, expected->world(), got->world());
  write_report({&comparison, 1}, format, options.output);
  return exit_status({&comparison, 1});
}

int command_report(const ReportOptions& options) {
  const ReportFormat& format = format_named(options.format);
  check_machine_flags(options.inputs, options.asking);
  std::vector<Comparison> comparisons;
  for (const std::string& input : options.inputs) {
    comparisons.push_back(check_subject(input, options.asking, {}));
  }
  write_report(comparisons, format, options.output);
  return kExitOk;
}

std::vector<std::string> report_formats() {
  std::vector<std::string> names;
  for (const ReportFormat& format : all_report_formats()) names.emplace_back(format.name);
  return names;
}

}  // namespace sockoracle
