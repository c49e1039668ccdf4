# One static library for each folder of src/, its tests beside it, and the warnings they are built with.

add_library(sidecar_warnings INTERFACE)
# -Wno-restrict: g++ 12 reports "literal" + std::string as overlapping copies (GCC bug 105651).
target_compile_options(sidecar_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast -Wnon-virtual-dtor
  -Woverloaded-virtual -Wsuggest-override -Wdouble-promotion -Wformat=2 -Wundef -Wmissing-declarations
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wuseless-cast -Wno-restrict>
  $<$<BOOL:${SIDECAR_WERROR}>:-Werror>)

# Most of a compilation's time goes into headers and into templates of the standard library, JSON and GoogleTest, again
# for each source. With SIDECAR_FAST_BUILD several sources are compiled as one, and test programs with little
# optimisation. Without it each source is compiled on its own, which is what finds a missing #include: the clang preset,
# which lint uses, builds that way.
option(SIDECAR_FAST_BUILD "Compile several sources at once, and tests with little optimisation" OFF)

# Names in the anonymous namespaces of one batch must differ. Where two sources cannot avoid that, set
# SKIP_UNITY_BUILD_INCLUSION on one of them.
function(sidecar_batches name size)
  if(SIDECAR_FAST_BUILD)
    set_target_properties(${name} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${size})
    # A class whose member's type is in its own source's anonymous namespace is fine there; g++ sees an included file.
    # The more g++ 12 inlines, the more it takes for uninitialised (GCC bug 105562): seen, but not fatal.
    target_compile_options(${name} PRIVATE
      $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage -Wno-error=maybe-uninitialized>)
  endif()
endfunction()

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
  sidecar_batches(sidecar_${name} 10)
endfunction()

# Tests share one precompiled header, so all of them need the same options; their many local names stand against batches.
function(sidecar_fast_test name)
  # -fpch-preprocess is for ccache. What g++ takes for uninitialised at -Og it knows better about at -O2.
  set(options -Og $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess -Wno-maybe-uninitialized>)
  if(NOT TARGET sidecar_test_header)
    # A program, as the tests are: libraries are compiled with -fPIC, programs with -fPIE.
    file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/sidecar_test_header.cc CONTENT "int main() {}\n")
    add_executable(sidecar_test_header ${PROJECT_BINARY_DIR}/sidecar_test_header.cc)
    target_link_libraries(sidecar_test_header PRIVATE sidecar_warnings GTest::gmock fmt::fmt nlohmann_json::nlohmann_json)
    target_compile_features(sidecar_test_header PRIVATE cxx_std_20)
    target_compile_options(sidecar_test_header PRIVATE ${options})
    target_precompile_headers(sidecar_test_header PRIVATE
      <gmock/gmock.h> <gtest/gtest.h> <fmt/format.h> <nlohmann/json.hpp>
      <filesystem> <fstream> <functional> <map> <optional> <span> <string> <vector>)
  endif()
  target_compile_options(${name} PRIVATE ${options})
  target_precompile_headers(${name} REUSE_FROM sidecar_test_header)
endfunction()

# sidecar_test(NAME SOURCES a_test.cc … [LIBRARIES lib …] [LABELS label …] [TIMEOUT seconds])
#   A GoogleTest program, one ctest entry. Tests find committed data below SIDECAR_TEST_DATA (tests/golden).
function(sidecar_test name)
  if(NOT SIDECAR_DEVELOPER)
    return()
  endif()
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "TIMEOUT" "SOURCES;LIBRARIES;LABELS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_LIBRARIES} sidecar_warnings GTest::gmock GTest::gtest_main
                                        fmt::fmt)  # the tests' precompiled header includes it
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/src)
  target_compile_definitions(${name} PRIVATE SIDECAR_TEST_DATA="${PROJECT_SOURCE_DIR}/tests/golden"
                                             SIDECAR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  if(SIDECAR_FAST_BUILD)
    sidecar_fast_test(${name})
  endif()
  add_test(NAME ${name} COMMAND ${name})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 900)  # generous: sanitizers and busy machines are slow
  endif()
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT})
endfunction()
