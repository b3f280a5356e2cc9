#include "engine/cuda/conv2d/ladder/ladder.h"
#include "engine/cuda/device/memory.h"

namespace noisegate::cuda {
namespace {

void by_definition(Stream stream, const Convolution& conv, Span<const float> x, Span<const float> weight,
                   Span<float> y) {
  plain_convolution(stream, conv, x, weight, {}, y);
}

using Forward = void (*)(Stream, const Convolution&, Span<const float>, Span<const float>, Span<float>);

LadderRung rung(Stream stream, const char* name, const char* idea, bool rounds, Forward forward) {
  return {
      name, idea, rounds, [=](const Tensor& x, const Tensor& weight, ConvolutionWindow window, Tensor& y) {
        forward(stream, Convolution(x.shape(), weight.shape(), window), input(x), input(weight), output(y));
      }};
}

}  // namespace

std::vector<LadderRung> ladder(Stream stream) {
  return {rung(stream, "definition", "a thread an element", false, by_definition),
          rung(stream, "shared tiles", "what a block loads, all its threads use", false, shared_tiles),
          rung(stream, "register blocks", "what a thread loads, it uses four times; four numbers a load",
               false, register_blocks),
          rung(stream, "tensor cores", "a warp multiplies matrices, in TF32", true, tensor_cores)};
}

}  // namespace noisegate::cuda
