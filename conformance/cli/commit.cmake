# SPDX-License-Identifier: GPL-2.0-only
# Run at each build: writes the commit of SOURCE_DIR into OUTPUT, as the function commit(). The file
# is touched only when the commit changed, so that nothing else is built or linked anew. Outside a
# repository of its own (a release's archive, a package's build) the commit is "unknown".
set(commit unknown)
find_package(Git QUIET)
if(GIT_FOUND)
  execute_process(COMMAND ${GIT_EXECUTABLE} -C ${SOURCE_DIR} rev-parse --show-toplevel
    OUTPUT_VARIABLE top OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  get_filename_component(here "${SOURCE_DIR}" REALPATH)
  if(top STREQUAL here)
    execute_process(
      COMMAND ${GIT_EXECUTABLE} -C ${SOURCE_DIR} describe --always --dirty=+ --abbrev=7 --exclude=*
      OUTPUT_VARIABLE found OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(found MATCHES "^[0-9a-f]+[+]?$")
      set(commit ${found})
    endif()
  endif()
endif()
set(text "// SPDX-License-Identifier: GPL-2.0-only
#include \"conformance/cli/commit.h\"

namespace sockoracle {

const char* commit() { return \"${commit}\"; }

}  // namespace sockoracle
")
set(before "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} before)
endif()
if(NOT text STREQUAL before)
  file(WRITE ${OUTPUT} "${text}")
endif()
