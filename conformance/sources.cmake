# SPDX-License-Identifier: GPL-2.0-only
# What the library is made of, room by room; rooms below include none above (ci/tidy.py:
# ROOM_MAY_INCLUDE). whitebox/ and vm/ bring lists of their own.
target_sources(sockoracle_conformance PRIVATE
  base/progress.cpp
  base/terminal.cpp
  base/terminal_text.cpp
  base/text_file.cpp
  base/tool_name.cpp
  process/cgroup_programs.cpp
  process/descriptors_left.cpp
  process/net_sysctls.cpp
  process/proc_folder.cpp
  process/process_surroundings.cpp
  process/process_words.cpp
  process/process_world.cpp
  process/seccomp_filters.cpp
  process/task_status.cpp
  world/cli_names.cpp
  world/cli_world.cpp
  world/errno_text.cpp
  world/host_world.cpp
  world/kernel_config.cpp
  world/kernel_config_file.cpp
  world/pasted_call.cpp
  world/sysctls_elsewhere.cpp
  seccomp/compile.cpp
  seccomp/filters.cpp
  seccomp/fold.cpp
  seccomp/profile.cpp
  seccomp/profile_origin.cpp
  seccomp/profile_read.cpp
  seccomp/raw.cpp
  situation/filter_text.cpp
  situation/situation.cpp
  situation/unit.cpp
  situation/unit_file.cpp
  situation/unit_filters.cpp
  situation/unit_items.cpp
  words/case_facts.cpp
  words/change_text.cpp
  words/remedy_text.cpp
  words/step_text.cpp
  plan/near_world.cpp
  compare/autoload.cpp
  compare/causes.cpp
  compare/compare_recordings.cpp
  compare/deviations.cpp
  compare/diff_causes.cpp
  compare/ending.cpp
  compare/finding_table.cpp
  compare/findings.cpp
  compare/subjects.cpp
  client/command_probe.cpp
  client/command_words.cpp
  client/probe_facts.cpp
  client/probe_image.cpp
  client/probe_process.cpp
  recording/recording_autoload.cpp
  recording/recording_write.cpp
  explain/causes_text.cpp
  explain/every_errno.cpp
  explain/explain.cpp
  explain/explain_json.cpp
  explain/explain_state.cpp
  explain/explain_text.cpp
  explain/history_text.cpp
  explain/likely.cpp
  explain/list_text.cpp
  explain/repro.cpp
  explain/repro_look.cpp
  explain/repro_stage.cpp
  explain/sensitivity.cpp
  explain/systems.cpp
  explain/table_cells.cpp
  explain/table_text.cpp
  report/common.cpp
  report/diff_text.cpp
  report/html.cpp
  report/html_book.cpp
  report/html_findings.cpp
  report/html_matrix.cpp
  report/html_rules.cpp
  report/html_tables.cpp
  report/json.cpp
  report/junit.cpp
  report/ktap.cpp
  report/markdown.cpp
  report/sarif.cpp
  report/text.cpp
  judge/audit.cpp
  judge/audit_read.cpp
  judge/audit_text.cpp
  judge/log_notations.cpp
  judge/replay.cpp
  judge/strace_caller.cpp
  judge/strace_command.cpp
  judge/strace_line.cpp
  judge/strace_log.cpp
  judge/strace_shown.cpp
  judge/strace_text.cpp
  judge/strace_verdicts.cpp
  subject/subject_cmd.cpp
  subject/subject_file.cpp
  subject/subject_host.cpp
  subject/subject_model.cpp
  watch/entry_points.cpp
  watch/launch.cpp
  watch/task_worlds.cpp
  watch/tracer.cpp
  watch/tracing_filter.cpp
  watch/watch.cpp
  watch/watched_call.cpp
  cli/cli_effects.cpp
  cli/commands_check.cpp
  cli/open_subject.cpp)
# What runs for each case, line or value.
target_sources(sockoracle_often PRIVATE
  base/json_reader.cpp
  seccomp/filter.cpp
  seccomp/verdict.cpp
  world/world_json.cpp
  world/item.cpp
  world/world_items.cpp
  world/world_text.cpp
  words/state_json.cpp
  plan/answers.cpp
  plan/model_answers.cpp
  plan/plan.cpp
  compare/compare.cpp
  client/probe_client.cpp
  recording/recording_read.cpp
  explain/ask.cpp)

# The probe is linked into the library byte for byte: one file to copy, nothing to find at run time.
set(probe_image ${CMAKE_CURRENT_BINARY_DIR}/probe.image)
add_custom_command(OUTPUT ${probe_image}
  COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:sockoracle-probe> ${probe_image}
  DEPENDS sockoracle-probe $<TARGET_FILE:sockoracle-probe>
  COMMENT "Taking in the probe")
set_source_files_properties(client/probe_image.cpp PROPERTIES
  OBJECT_DEPENDS ${probe_image}
  COMPILE_DEFINITIONS "SOCKORACLE_PROBE_IMAGE=\"${probe_image}\"")
target_sources(sockoracle_conformance PRIVATE ${probe_image})

# So are the files that describe subjects.
include(compare/subject_files.cmake)
target_sources(sockoracle_conformance PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/subject_files.cpp)
# linux/ptrace.h and sys/ptrace.h do not go together.
set_source_files_properties(watch/tracer.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
