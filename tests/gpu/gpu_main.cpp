// main() of tests that run on a GPU, the emulated one or a real one: what they put on test_device goes
// through the CUDA backend's own kernels. Where there is none, the test is skipped.
#define DOCTEST_CONFIG_IMPLEMENT
#include "engine/error.h"
#include "tests/test_device.h"
#include "tools/gpu/offer_gpu.h"

#include <cstdio>

#include <doctest/doctest.h>

int main(int count, char** arguments) {
  constexpr int skipped = 77;  // what ctest counts as such
  noisegate::offer_gpu();
  try {
    noisegate::test_device = noisegate::parse_device("cuda");
  } catch (const noisegate::Error& error) {
    std::printf("skipped: %s\n", error.what());
    return skipped;
  }
  noisegate::use_device(noisegate::test_device, noisegate::NumberFormat::fp32);
  return doctest::Context(count, arguments).run();
}
