# The libraries that Noisegate stands on, all of them Debian packages. Nothing is vendored; a missing one
# is named together with the package that holds it.

find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(Threads REQUIRED)

function(noisegate_require package debian_name)
  find_package(${package} QUIET ${ARGN})
  if(NOT ${package}_FOUND)
    message(FATAL_ERROR "Noisegate needs ${package}: install ${debian_name} (tools/setup.sh does)")
  endif()
endfunction()

noisegate_require(dnnl libdnnl-dev CONFIG)
noisegate_require(fmt libfmt-dev CONFIG)
noisegate_require(nlohmann_json nlohmann-json3-dev CONFIG)
noisegate_require(ZLIB zlib1g-dev)

# toml++ is header-only and ships no CMake package on Debian 12.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h)
if(NOT TOMLPLUSPLUS_INCLUDE_DIR)
  message(FATAL_ERROR "Noisegate needs toml++: install libtomlplusplus-dev (tools/setup.sh does)")
endif()
add_library(tomlplusplus INTERFACE)
target_include_directories(tomlplusplus SYSTEM INTERFACE ${TOMLPLUSPLUS_INCLUDE_DIR})
target_compile_definitions(tomlplusplus INTERFACE TOML_HEADER_ONLY=1)

# stb is header-only and ships no CMake package.
find_path(STB_INCLUDE_DIR stb/stb_image.h)
if(NOT STB_INCLUDE_DIR)
  message(FATAL_ERROR "Noisegate needs stb: install libstb-dev (tools/setup.sh does)")
endif()
add_library(stb INTERFACE)
target_include_directories(stb SYSTEM INTERFACE ${STB_INCLUDE_DIR})

# Chart.js draws the report; it becomes part of the executable.
find_file(CHARTJS_FILE chart.min.js PATHS /usr/share/javascript/chart.js)
if(NOT CHARTJS_FILE)
  message(FATAL_ERROR "Noisegate needs Chart.js: install libjs-chart.js (tools/setup.sh does)")
endif()

if(NOISEGATE_TESTS)
  noisegate_require(doctest doctest-dev CONFIG)
endif()
