# Everything that is linked: Debian's packages, and OpenVINO as tools/install-deps.sh unpacked it.

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(ZLIB REQUIRED)
find_package(Snappy REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(isal REQUIRED IMPORTED_TARGET libisal)
# libzip's own CMake package refers to programs that Debian ships apart.
pkg_check_modules(libzip REQUIRED IMPORTED_TARGET libzip)

set(OpenVINO_DIR "${PROJECT_SOURCE_DIR}/third_party/openvino/openvino/cmake" CACHE PATH "OpenVINO's CMake package")
if(NOT EXISTS "${OpenVINO_DIR}/OpenVINOConfig.cmake")
  message(FATAL_ERROR "OpenVINO is not at ${OpenVINO_DIR}: run tools/install-deps.sh first")
endif()
find_package(OpenVINO 2026.4.1 EXACT REQUIRED COMPONENTS Runtime)
# The wheel's configurations are Release only; every build type of ours uses them. Warnings in its headers are not ours.
set_target_properties(openvino::runtime PROPERTIES MAP_IMPORTED_CONFIG_DEBUG Release
                                                   MAP_IMPORTED_CONFIG_RELWITHDEBINFO Release)
get_filename_component(SIDECAR_OPENVINO_LIBS "${OpenVINO_DIR}/../libs" ABSOLUTE)

if(SIDECAR_DEVELOPER)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
endif()
