# SPDX-License-Identifier: GPL-2.0-only
# The command line, text notation and world input.
target_sources(sockoracle_conformance PRIVATE
  audit.cpp
  audit_read.cpp
  audit_text.cpp
  change_text.cpp
  cli_effects.cpp
  cli_names.cpp
  cli_world.cpp
  explain.cpp
  explain_json.cpp
  explain_state.cpp
  explain_text.cpp
  history_text.cpp
  host_world.cpp
  kernel_config.cpp
  kernel_config_file.cpp
  list_text.cpp
  own_caller.cpp
  pasted_call.cpp
  replay.cpp
  repro.cpp
  repro_look.cpp
  repro_stage.cpp
  step_text.cpp
  strace_caller.cpp
  strace_command.cpp
  strace_log.cpp
  strace_text.cpp
  strace_verdicts.cpp
  table_text.cpp
  terminal.cpp
  terminal_text.cpp)
# What runs for each case, line or value.
target_sources(sockoracle_often PRIVATE
  ask.cpp
  state_json.cpp
  world_json.cpp
  world_text.cpp)
