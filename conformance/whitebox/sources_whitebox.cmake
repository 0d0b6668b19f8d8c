# SPDX-License-Identifier: GPL-2.0-only
# The observers that look into the running kernel. They need libbpf, and a clang that compiles for
# BPF (gcc-12 does so without CO-RE's attributes); without either the tool builds and says so when
# asked.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(LIBBPF QUIET IMPORTED_TARGET libbpf>=1.0)
endif()
find_program(SOCKORACLE_BPF_CLANG DOC "compiles the BPF programs"
  NAMES clang-14 clang clang-19 clang-18 clang-17 clang-16 clang-15)

set(whitebox ${CMAKE_CURRENT_LIST_DIR})
target_sources(sockoracle_conformance PRIVATE
  ${whitebox}/cgroup_deny.cpp
  ${whitebox}/deep_entries.cpp
  ${whitebox}/deep_json.cpp
  ${whitebox}/environment.cpp
  ${whitebox}/function_graph.cpp
  ${whitebox}/kernel_pid.cpp
  ${whitebox}/live_call.cpp
  ${whitebox}/live_functions.cpp
  ${whitebox}/own_directory.cpp
  ${whitebox}/whitebox.cpp
  ${whitebox}/witnesses.cpp)
set(bpf_missing "")
if(NOT PKG_CONFIG_FOUND)
  list(APPEND bpf_missing pkg-config)
elseif(NOT LIBBPF_FOUND)
  list(APPEND bpf_missing "libbpf 1.0")
endif()
if(NOT SOCKORACLE_BPF_CLANG)
  list(APPEND bpf_missing clang)
endif()
if(bpf_missing)
  list(JOIN bpf_missing " and " bpf_missing)
  message(STATUS "Without ${bpf_missing}, check --deep skips fields, steps and hooks, "
    "and explain --live says so: they are read through BPF")
  target_sources(sockoracle_conformance PRIVATE ${whitebox}/whitebox_absent.cpp)
  set_source_files_properties(${whitebox}/whitebox_absent.cpp PROPERTIES
    COMPILE_DEFINITIONS "SOCKORACLE_BPF_MISSING=\"${bpf_missing}\"")
  return()
endif()

set(bpf_folder ${CMAKE_CURRENT_BINARY_DIR}/bpf)
file(MAKE_DIRECTORY ${bpf_folder})
set(bpf_objects "")
foreach(program cgroup sockets steps tasks)
  set(source ${whitebox}/${program}.bpf.c)
  set(object ${bpf_folder}/${program}.bpf.o)
  file(GLOB bpf_headers CONFIGURE_DEPENDS ${whitebox}/kernel_types.h
    ${whitebox}/task_number.h ${whitebox}/*_record.h)
  add_custom_command(OUTPUT ${object}
    COMMAND ${SOCKORACLE_BPF_CLANG} -target bpf -O2 -g -Wall -Werror
            # linux/types.h wants asm/types.h, which Debian keeps in the folder of the machine
            -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
            -c ${source} -o ${object}
    DEPENDS ${source} ${bpf_headers}
    COMMENT "Compiling ${program}.bpf.c")
  list(APPEND bpf_objects ${object})
endforeach()
set_source_files_properties(${whitebox}/bpf_images.cpp PROPERTIES
  OBJECT_DEPENDS "${bpf_objects}"
  COMPILE_DEFINITIONS "SOCKORACLE_BPF_FOLDER=\"${bpf_folder}\"")

target_sources(sockoracle_conformance PRIVATE
  ${bpf_objects}
  ${whitebox}/bpf_images.cpp
  ${whitebox}/bpf_object.cpp
  ${whitebox}/btf_layout.cpp
  ${whitebox}/deep_fields.cpp
  ${whitebox}/explain_live.cpp
  ${whitebox}/field_paths.cpp
  ${whitebox}/hooks.cpp
  ${whitebox}/kernel_pid_bpf.cpp
  ${whitebox}/kernel_symbols.cpp
  ${whitebox}/live_steps.cpp
  ${whitebox}/observer_btf.cpp
  ${whitebox}/steps_trace.cpp)
target_link_libraries(sockoracle_conformance PRIVATE PkgConfig::LIBBPF)

if(SOCKORACLE_TESTS)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)
  foreach(name whitebox pid_namespace)
    add_test(NAME conformance/${name}
      COMMAND Python3::Interpreter -B ${CMAKE_CURRENT_SOURCE_DIR}/test/${name}_test.py
              $<TARGET_FILE:sockoracle>)
    set_tests_properties(conformance/${name} PROPERTIES
      LABELS live SKIP_RETURN_CODE 4 TIMEOUT 300 RUN_SERIAL ON)
  endforeach()
endif()
