// SPDX-License-Identifier: GPL-2.0-only
// Recordings: what a subject answered, as a file. The format is described in README.md.
#pragma once

#include <string>
#include <string_view>

#include "conformance/plan/answers.h"

namespace sockoracle {

inline constexpr std::string_view kRecordingSchema = "sockoracle.recording/1";

// Reads the whole text of a recording. Throws UsageError, "name:line: reason", for whatever is not
// exactly what write_recording writes: truncated, reordered, of another schema, of other types.
// Any bytes are safe. `check_sum` false leaves the sums of the end line unchecked, for fuzzing.
Recording parse_recording(std::string_view text, std::string_view name, bool check_sum = true);

// The file's text.
std::string recording_text(const Recording& recording);

Recording read_recording(const std::string& path);

}  // namespace sockoracle
