# NOISEGATE_CUDA: AUTO takes CUDA where nvcc is, ON requires it, OFF does without. The backend is linked with CUDA's
# runtime inside, so the program also starts where there is neither a toolkit nor a GPU.
set(NOISEGATE_CUDA AUTO CACHE STRING "Build the CUDA backend: AUTO, ON or OFF")
set_property(CACHE NOISEGATE_CUDA PROPERTY STRINGS AUTO ON OFF)

if(NOT NOISEGATE_CUDA MATCHES "^(AUTO|ON|OFF)$")
  message(FATAL_ERROR "NOISEGATE_CUDA must be AUTO, ON or OFF, not ${NOISEGATE_CUDA}")
endif()

# The toolkit's folder is often not in PATH.
if(NOISEGATE_CUDA STREQUAL OFF)
  set(CMAKE_CUDA_COMPILER "")  # over the one in the cache, where the folder was built with CUDA before
else()
  find_program(NOISEGATE_NVCC nvcc HINTS ENV CUDA_HOME ENV CUDA_PATH PATHS /usr/local/cuda PATH_SUFFIXES bin)
endif()
if(NOISEGATE_NVCC AND NOT NOISEGATE_CUDA STREQUAL OFF)
  set(CMAKE_CUDA_COMPILER ${NOISEGATE_NVCC})
  include(CheckLanguage)
  check_language(CUDA)
endif()
if(NOISEGATE_CUDA STREQUAL ON AND NOT CMAKE_CUDA_COMPILER)
  message(FATAL_ERROR "NOISEGATE_CUDA=ON: there is no nvcc in PATH, CUDA_HOME or /usr/local/cuda")
endif()
if(CMAKE_CUDA_COMPILER)
  # Code for Ampere and for Hopper, and PTX of which the driver makes code for what comes later.
  set(CMAKE_CUDA_ARCHITECTURES 80-real 90 CACHE STRING "Compute capabilities that kernels are compiled for")
  enable_language(CUDA)
  set(CMAKE_CUDA_STANDARD 20)
  set(CMAKE_CUDA_STANDARD_REQUIRED ON)
  if(NOT CMAKE_CUDA20_STANDARD_COMPILE_OPTION)  # which Debian 12's CMake does not know
    set(CMAKE_CUDA20_STANDARD_COMPILE_OPTION -std=c++20)
    set(CMAKE_CUDA20_EXTENSION_COMPILE_OPTION -std=c++20)
  endif()
  find_package(CUDAToolkit REQUIRED)
endif()
