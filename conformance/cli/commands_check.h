// SPDX-License-Identifier: GPL-2.0-only
// The commands that ask subjects: check, record, diff, report. Each returns the exit status; usage
// and availability errors are thrown (cli_error.h).
#pragma once

#include <string>
#include <vector>

#include "conformance/subject/options.h"

namespace sockoracle {

struct RecordOptions {
  std::string subject = "host";  // "host", a release, or a recording
  std::string output = "-";      // -o FILE
  SubjectOptions asking;
};
int command_record(const RecordOptions& options);

// Writes every request that checking the host would send to the probe: what ci/bench feeds to the
// bare loop, and nothing is asked.
int command_requests(const SubjectOptions& options, const std::string& output);

// What `check --deep` looks at besides, alone and as JSON Lines (whitebox/deep_json.h): what this
// program is asked inside a virtual machine.
int command_deep(const SubjectOptions& options);

struct CheckOptions {
  std::string subject = "host";    // used where no file is named
  std::vector<std::string> files;  // recordings; "-" = stdin
  std::string format = "text";     // as in report_formats()
  std::string output = "-";
  std::string deviations;  // --deviations FILE: instead of the subject's own
  SubjectOptions asking;
};
int command_check(const CheckOptions& options);

struct DiffOptions {
  std::string expected, got;  // each: "host", a release, or a recording
  std::string format = "text";
  std::string output = "-";
  SubjectOptions asking;
};
int command_diff(const DiffOptions& options);

struct ReportOptions {
  std::vector<std::string> inputs;  // recordings, or "host"
  std::string format = "text";
  std::string output = "-";
  SubjectOptions asking;
};
int command_report(const ReportOptions& options);

// "text", "json" ...: what --format accepts.
std::vector<std::string> report_formats();

}  // namespace sockoracle
