// cuDNN as far as a machine without a GPU has it: the library opens, has every function, and says why it
// cannot start.
#include "engine/cuda/conv2d/cudnn.h"
#include "engine/error.h"

#include <string>

#include <doctest/doctest.h>

using namespace noisegate;

namespace {

/// What it says where it does not start.
std::string refusal() {
  try {
    const auto cudnn = cuda::make_cudnn(nullptr, cuda::Precision::tf32, cuda::CudnnChoice::heuristic);
    return cudnn ? "" : "nothing was made";
  } catch (const Error& error) {
    return error.what();
  }
}

}  // namespace

TEST_CASE("cuDNN starts, or a sentence says why not") {
  const std::string sentence = refusal();
  CHECK_MESSAGE((sentence.empty() || sentence.starts_with("cuDNN ")), sentence);
}
