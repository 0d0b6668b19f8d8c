# SPDX-License-Identifier: GPL-2.0-only
# Kernels in virtual machines.
target_sources(sockoracle_conformance PRIVATE
  vm/autoload.cpp
  vm/child_output.cpp
  vm/frames.cpp
  vm/initramfs.cpp
  vm/kernel_folder.cpp
  vm/machine.cpp
  vm/own_program.cpp
  vm/setup.cpp
  vm/subject_vm.cpp)

if(SOCKORACLE_TESTS)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)
  add_test(NAME conformance/uml
    COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/vm/test/uml_test.py
            $<TARGET_FILE:sockoracle> ${PROJECT_SOURCE_DIR}/corpus/recordings/uml-6.1.jsonl)
  foreach(machine uml vm)
    add_test(NAME conformance/deep_${machine}
      COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/vm/test/deep_test.py
              $<TARGET_FILE:sockoracle> ${machine})
    set_tests_properties(conformance/deep_${machine} PROPERTIES
      LABELS live SKIP_RETURN_CODE 4 TIMEOUT 1800)
  endforeach()
  add_test(NAME conformance/drift
    COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/vm/test/drift_test.py
            $<TARGET_FILE:sockoracle> ${PROJECT_SOURCE_DIR}/corpus/recordings/linux-7.1.jsonl)
  set_tests_properties(conformance/drift PROPERTIES LABELS conformance TIMEOUT 600)
  set_tests_properties(conformance/uml PROPERTIES
    LABELS live SKIP_RETURN_CODE 4 TIMEOUT 900)
endif()
