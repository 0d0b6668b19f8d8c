# SPDX-License-Identifier: GPL-2.0-only
# Plan, subjects, recordings, comparison and reports.
target_sources(sockoracle_conformance PRIVATE
  autoload.cpp
  case_facts.cpp
  causes.cpp
  commands_check.cpp
  command_probe.cpp
  command_words.cpp
  compare_recordings.cpp
  deviations.cpp
  diff_causes.cpp
  diff_text.cpp
  ending.cpp
  finding_table.cpp
  findings.cpp
  near_world.cpp
  probe_facts.cpp
  probe_image.cpp
  probe_process.cpp
  progress.cpp
  recording_autoload.cpp
  recording_write.cpp
  report/common.cpp
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
  subject_cmd.cpp
  subject_file.cpp
  subject_host.cpp
  subject_model.cpp
  subjects.cpp
  text_file.cpp)
# What runs for each case, line or value.
target_sources(sockoracle_often PRIVATE
  answers.cpp
  compare.cpp
  json_reader.cpp
  model_answers.cpp
  plan.cpp
  probe_client.cpp
  recording_read.cpp)

# The probe is linked into the library byte for byte: one file to copy, nothing to find at run time.
set(probe_image ${CMAKE_CURRENT_BINARY_DIR}/probe.image)
add_custom_command(OUTPUT ${probe_image}
  COMMAND ${CMAKE_COMMAND} -E copy $<TARGET_FILE:sockoracle-probe> ${probe_image}
  DEPENDS sockoracle-probe $<TARGET_FILE:sockoracle-probe>
  COMMENT "Taking in the probe")
set_source_files_properties(probe_image.cpp PROPERTIES
  OBJECT_DEPENDS ${probe_image}
  COMPILE_DEFINITIONS "SOCKORACLE_PROBE_IMAGE=\"${probe_image}\"")
target_sources(sockoracle_conformance PRIVATE ${probe_image})

# So are the files that describe subjects.
include(${CMAKE_CURRENT_LIST_DIR}/subject_files.cmake)
target_sources(sockoracle_conformance PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/subject_files.cpp)

if(SOCKORACLE_TESTS)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)
  add_test(NAME conformance/live
    COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/test/live_test.py
            $<TARGET_FILE:sockoracle>)
  set_tests_properties(conformance/live PROPERTIES
    LABELS live SKIP_RETURN_CODE 4 TIMEOUT 300 RUN_SERIAL ON)
endif()
