// Convolution on bfloat16: the tiles of its products against the plain kernels.
#include "engine/cuda/conv2d/bfloat16_convolution.h"
#include "engine/cuda/device/memory.h"
#include "tests/reference_check.h"

#include <vector>

#include <doctest/doctest.h>

using namespace noisegate;
using namespace noisegate::cuda;
namespace loops = noisegate::reference;
using loops::Array;

namespace {

struct Case {
  std::vector<std::int64_t> image, kernel;
  ConvolutionWindow window;
  bool bias = false;
};

/// Normal numbers that bfloat16 holds, so that nothing but sums and results is rounded.
Array<double> normal(const std::vector<std::int64_t>& shape, std::uint32_t sample) {
  return loops::map(loops::normal(shape, sample),
                    [](double x) -> double { return Bfloat16(static_cast<float>(x)); });
}

Tensor bfloat16_tensor(const std::vector<std::int64_t>& shape, std::uint32_t sample) {
  return loops::to_tensor(normal(shape, sample)).to(DType::bf16);
}

double deviation(const Tensor& actual, const Tensor& expected) {
  return loops::deviation(loops::to_array(actual).values, loops::to_array(expected).values);
}

/// Held against two passes over the images in double.
void check_moments(const BlockMoments& moments, const Array<double>& images) {
  const std::int64_t channels = images.channels(), rows = images.rows();
  const std::int64_t blocks = parts(rows, moments.rows_of_block);
  REQUIRE(moments.sums.shape() == Shape{2, channels, blocks});
  const std::vector<float> sums = moments.sums.to_vector<float>();
  for (std::int64_t c = 0; c < channels; ++c)
    for (std::int64_t block = 0; block < blocks; ++block) {
      const std::int64_t begin = block * moments.rows_of_block,
                         end = std::min(rows, begin + moments.rows_of_block);
      double sum = 0, squares = 0, magnitude = 0;
      for (std::int64_t row = begin; row < end; ++row) sum += images.values[row * channels + c];
      for (std::int64_t row = begin; row < end; ++row) {
        const double distance = images.values[row * channels + c] - sum / static_cast<double>(end - begin);
        squares += distance * distance;
        magnitude += std::abs(images.values[row * channels + c]);
      }
      CHECK(std::abs(sums[c * blocks + block] - sum) <= 1e-5 * magnitude);
      CHECK(std::abs(sums[(channels + c) * blocks + block] - squares) <= 1e-5 * squares);
    }
}

}  // namespace

TEST_CASE("every tile gives the plain kernels' products") {
  const Case cases[] = {{{2, 13, 11, 16}, {40, 3, 3, 16}, {1, 1}, true},
                        {{1, 20, 15, 40}, {72, 3, 3, 40}, {2, 1}, true},
                        {{1, 17, 17, 8}, {33, 1, 1, 8}, {1, 0}, true},
                        {{1, 19, 16, 3}, {20, 3, 3, 3}, {1, 1}, true}};
  for (const Case& c : cases) {
    CAPTURE(c.kernel[0]);
    const Convolution conv(Shape(c.image), Shape(c.kernel), c.window);
    const Tensor x = bfloat16_tensor(c.image, 1), dy = bfloat16_tensor(conv.y.shape().extents(), 2),
                 weight = loops::to_tensor(normal(c.kernel, 3)),
                 bias = loops::to_tensor(loops::normal({c.kernel[0]}, 4));
    Tensor y = empty(conv.y.shape(), DType::bf16), dx = empty(conv.x.shape(), DType::bf16),
           dw = empty(conv.weight.shape()), plain_y = empty_like(y), plain_dx = empty_like(dx),
           plain_dw = empty_like(dw);
    using Images = Span<const Bfloat16>;
    const Tensor packed = packed_filters(Stream(), conv, input(weight));
    const Images images = input<Bfloat16>(x), gradients = input<Bfloat16>(dy),
                 filters = input<Bfloat16>(packed);
    plain_convolution(Stream(), conv, images, input(weight), input(bias), output<Bfloat16>(plain_y));
    plain_input_gradient(Stream(), conv, gradients, input(weight), output<Bfloat16>(plain_dx));
    plain_weight_gradient(Stream(), conv, gradients, images, output(plain_dw));
    for (const ProductTile tile :
         {ProductTile::tile_256x32, ProductTile::tile_128x64, ProductTile::tile_64x64}) {
      CAPTURE(static_cast<int>(tile));
      BlockMoments moments;
      bfloat16_convolution(Stream(), conv, images, filters, input(bias), output<Bfloat16>(y), &moments, tile);
      check_moments(moments, loops::to_array(y));
      bfloat16_input_gradient(Stream(), conv, gradients, filters, output<Bfloat16>(dx), tile);
      CHECK(deviation(y, plain_y) <= 5e-3);  // a last bit at most
      CHECK(deviation(dx, plain_dx) <= 5e-3);
    }
    bfloat16_weight_gradient(Stream(), conv, gradients, images, output(dw));
    CHECK(deviation(dw, plain_dw) <= 1e-5);
  }
}

TEST_CASE("a weight gradient over many pixels is split among blocks, and comes out the same every time") {
  const Convolution conv(Shape{3, 24, 25, 8}, Shape{8, 3, 3, 8}, {1, 1});
  const Tensor x = bfloat16_tensor({3, 24, 25, 8}, 1), dy = bfloat16_tensor({3, 24, 25, 8}, 2);
  Tensor dw = empty({8, 3, 3, 8}), again = empty({8, 3, 3, 8}), plain = empty({8, 3, 3, 8});
  const auto images = input<Bfloat16>(x), gradients = input<Bfloat16>(dy);
  bfloat16_weight_gradient(Stream(), conv, gradients, images, output(dw));
  bfloat16_weight_gradient(Stream(), conv, gradients, images, output(again));
  plain_weight_gradient(Stream(), conv, gradients, images, output(plain));
  CHECK(deviation(dw, plain) <= 1e-5);
  CHECK(dw.to_vector<float>() == again.to_vector<float>());
}

TEST_CASE("tiles by the shape of the product: the networks' layers fill a large GPU") {
  CHECK(product_tile_for(128 * 32 * 32, 32) == ProductTile::tile_256x32);
  CHECK(product_tile_for(128 * 32 * 32, 64) == ProductTile::tile_128x64);
  CHECK(product_tile_for(128 * 16 * 16, 64) == ProductTile::tile_128x64);
  CHECK(product_tile_for(128 * 8 * 8, 128) == ProductTile::tile_64x64);
  CHECK(product_tile_for(64, 10) == ProductTile::tile_64x64);
}
