#!/usr/bin/env bash
# Noisegate as a part of another CMake project, configured but not built: test_subproject.sh CMAKE. Its tests and their
# libraries stay out, and the other project's warnings are not its errors.
set -euo pipefail
cmake=$1
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/CMakeLists.txt" <<END
cmake_minimum_required(VERSION 3.25)
project(other LANGUAGES CXX)
set(CMAKE_DISABLE_FIND_PACKAGE_doctest ON)
add_subdirectory($here noisegate)
if(NOT TARGET noisegate OR NOT TARGET noisegate_cli)
  message(FATAL_ERROR "the library and the program are not there")
endif()
if(TARGET noisegate_test_main OR TARGET test_tensor)
  message(FATAL_ERROR "tests came along")
endif()
END
"$cmake" -G Ninja -S "$work" -B "$work/build" -DNOISEGATE_CUDA=OFF
if grep -q -- '-Werror' "$work/build/build.ninja"; then
  echo 'FAILED: warnings are errors' >&2
  exit 1
fi

# A folder that was built with CUDA does without it when it is told to: acted by what is in the cache then.
"$cmake" -G Ninja -S "$work" -B "$work/build" -DNOISEGATE_CUDA=OFF -DCMAKE_CUDA_COMPILER=/usr/bin/true
