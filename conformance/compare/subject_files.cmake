# SPDX-License-Identifier: GPL-2.0-only
# The files subjects/*.json as a source, ${CMAKE_CURRENT_BINARY_DIR}/subject_files.cpp.
file(GLOB subject_jsons CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/../subjects/*.json)
set(SUBJECT_ROWS "")
foreach(path IN LISTS subject_jsons)
  get_filename_component(name ${path} NAME_WE)
  file(READ ${path} content)
  string(APPEND SUBJECT_ROWS "    {\"${name}\", R\"json(${content})json\"},\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
endforeach()
configure_file(${CMAKE_CURRENT_LIST_DIR}/subject_files.cpp.in
  ${CMAKE_CURRENT_BINARY_DIR}/subject_files.cpp @ONLY)
