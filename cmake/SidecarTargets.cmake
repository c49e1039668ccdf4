# One static library for each folder of src/, its tests beside it, and the warnings they are built with.

add_library(sidecar_warnings INTERFACE)
# -Wno-restrict: g++ 12 reports "literal" + std::string as overlapping copies (GCC bug 105651).
target_compile_options(sidecar_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wsuggest-override -Wdouble-promotion -Wformat=2 -Wundef -Wmissing-declarations
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast -Wno-restrict>
  $<$<BOOL:${SIDECAR_WERROR}>:-Werror>)

# sidecar_folder(NAME SOURCES a.cc … [PUBLIC lib …] [PRIVATE lib …])
#   Defines sidecar_NAME, alias sidecar::NAME. Includes are written from src/ and include/.
function(sidecar_folder name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;PUBLIC;PRIVATE")
  add_library(sidecar_${name} STATIC ${arg_SOURCES})
  add_library(sidecar::${name} ALIAS sidecar_${name})
  target_compile_features(sidecar_${name} PUBLIC cxx_std_20)
  target_include_directories(sidecar_${name} PUBLIC ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  # Not for tests: g++ 12 reports GoogleTest's own printers.
  target_compile_options(sidecar_${name} PRIVATE -Wnull-dereference)
  target_link_libraries(sidecar_${name} PUBLIC ${arg_PUBLIC} PRIVATE sidecar_warnings ${arg_PRIVATE})
endfunction()

# sidecar_test(NAME SOURCES a_test.cc … [LIBRARIES lib …] [LABELS label …] [TIMEOUT seconds])
#   A GoogleTest program, one ctest entry. Tests find committed data below SIDECAR_TEST_DATA (tests/golden).
function(sidecar_test name)
  if(NOT SIDECAR_DEVELOPER)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} sidecar_warnings GTest::gmock GTest::gtest_main)
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${name} PRIVATE SIDECAR_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/golden"
                                             SIDECAR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
