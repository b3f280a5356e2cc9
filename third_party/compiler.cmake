# One set of flags for every room. Warnings are errors in CI alone: a later compiler has new ones, and they are not to
# stand between a newcomer and the program.
# -march: kernels between the convolutions are plain loops that the compiler vectorises, so they want the
# machine's own instructions; NOISEGATE_MARCH=x86-64-v3 gives a binary for other machines, x86-64-v2 for old ones.
# -Wno-psabi: without AVX-512, sixteen floats (engine/lanes.h) are handed over otherwise than with it. Objects of
# one build all have the same -march, and none hands them to another program.
set(NOISEGATE_MARCH "native" CACHE STRING "Value of -march")

add_library(noisegate_flags INTERFACE)
target_compile_options(noisegate_flags INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall -Wextra -Wpedantic -Wshadow -Wno-psabi>
  $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<BOOL:${NOISEGATE_WERROR}>>:-Werror>
  $<$<COMPILE_LANGUAGE:CXX>:-march=${NOISEGATE_MARCH} -fno-math-errno>)

if(NOISEGATE_SANITIZE)
  add_compile_options(-fsanitize=${NOISEGATE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${NOISEGATE_SANITIZE})
  # clang warns of each `omp simd` loop that the sanitizers' checks keep it from vectorising.
  add_compile_options($<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>)
endif()
