# Functions and flags that every folder uses. A folder is one target; its link edges say what STYLE allows.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
pkg_check_modules(secp256k1 REQUIRED IMPORTED_TARGET libsecp256k1)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)

find_program(CCACHE ccache)
if(CCACHE)
  # Comments count: a precompiled header knows its files by all their bytes, so that one which was made in another checkout,
  # and differs by a comment, would not be taken for the header that is included here.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_NOHASHDIR=1 CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}
      CCACHE_COMMENTS=1 CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()
find_program(MOLD mold)
if(MOLD)
  add_link_options(-fuse-ld=mold)
endif()

# The flags of code that people wrote here; generated code is compiled without the warnings.
add_library(testamur_flags INTERFACE)
target_include_directories(testamur_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(testamur_flags INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
                       -Wcast-align -Wunused)
# Instrumented code makes GCC warn of things that are not so (maybe-uninitialized, stringop-overflow in vectors): the builds
# without instrumentation, which see the same sources, decide.
if(NOT TESTAMUR_SANITIZE)
  target_compile_options(testamur_flags INTERFACE -Werror)
endif()
if(TESTAMUR_SANITIZE)
  add_compile_options(-fsanitize=${TESTAMUR_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${TESTAMUR_SANITIZE})
endif()

# testamur_library(NAME SOURCES a.cpp … LINKS target …)
function(testamur_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_library(${name} STATIC ${ARG_SOURCES})
  target_link_libraries(${name} PUBLIC testamur_flags ${ARG_LINKS})
endfunction()

# testamur_program(NAME SOURCES a.cpp … LINKS target …)
function(testamur_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE testamur_flags ${ARG_LINKS})
endfunction()

# testamur_test(NAME SOURCES a.cpp … LINKS target …): one Catch2 program, run by ctest as NAME.
function(testamur_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE testamur_flags test_support ${ARG_LINKS})
  add_test(NAME ${name} COMMAND ${name})
endfunction()
