// Convolution on bfloat16: the op against loops in double, and the products' tiles against the plain kernels.
#include "engine/cuda/bfloat16_convolution.h"
#include "engine/cuda/memory.h"
#include "tests/reference_check.h"

#include <doctest/doctest.h>

using namespace noisegate;
using namespace noisegate::cuda;
namespace loops = noisegate::reference;
using loops::Array;
using loops::Arrays;
using Variables = std::vector<Variable>;

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

/// An op that is none: its value in another type, its gradient back in its own.
Variable as(DType dtype, const Variable& x) {
  return record("as", x.value().to(dtype), {x},
                [own = x.value().dtype()](const Tensor& grad) { return std::vector{grad.to(own)}; });
}

void check(const Case& c) {
  INFO("channels ", c.image[3], ", filters ", c.kernel[0], " of ", c.kernel[1], "x", c.kernel[2], ", stride ",
       c.window.stride, ", padding ", c.window.padding);
  loops::OpCase test;
  test.inputs = {normal(c.image, 1), normal(c.kernel, 2)};
  if (c.bias) test.inputs.push_back(loops::normal({c.kernel[0]}, 3));
  test.tolerance = 1e-2;
  test.gradient_tolerance = 2e-2;
  test.op = [=](const Variables& v) {
    const Variable y = conv2d(as(DType::bf16, v[0]), v[1], c.bias ? v[2] : Variable(), c.window);
    CHECK(y.value().dtype() == DType::bf16);
    return as(DType::f32, y);
  };
  test.loops = [=](const Arrays& a) {
    return loops::conv2d(a[0], a[1], c.bias ? a[2] : Array<double>(), c.window.stride, c.window.padding);
  };
  loops::check(test);
}

double deviation(const Tensor& actual, const Tensor& expected) {
  return loops::deviation(loops::to_array(actual).values, loops::to_array(expected).values);
}

}  // namespace

TEST_CASE("conv2d: 3x3 and 1x1, strides 1 and 2, channels in eights and others") {
  check({{2, 5, 4, 16}, {8, 3, 3, 16}, {1, 1}, true});
  check({{2, 6, 7, 8}, {24, 3, 3, 8}, {2, 1}});
  check({{1, 5, 4, 40}, {48, 3, 3, 40}, {1, 1}});
  check({{1, 9, 9, 8}, {72, 1, 1, 8}, {2, 0}});
  check({{2, 4, 4, 32}, {16, 1, 1, 32}, {1, 0}, true});
  check({{2, 5, 5, 12}, {10, 3, 3, 12}, {1, 1}, true});
}

TEST_CASE("conv2d: the stem of three channels, other filters, images of one pixel and one row") {
  check({{2, 8, 6, 3}, {16, 3, 3, 3}, {1, 1}});
  check({{1, 9, 8, 3}, {8, 7, 7, 3}, {2, 3}});
  check({{3, 4, 5, 6}, {8, 2, 2, 6}, {3, 1}});
  check({{1, 6, 6, 8}, {8, 4, 5, 8}, {2, 2}, true});
  check({{3, 1, 1, 8}, {16, 3, 3, 8}, {2, 1}});
  check({{1, 1, 9, 16}, {8, 1, 3, 16}, {1, 1}});
}

TEST_CASE("a filter of more places than a mask has bits for goes to the plain kernels") {
  check({{1, 17, 3, 2}, {2, 17, 1, 2}, {1, 0}, true});
}

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
    const Images images = input<Bfloat16>(x), gradients = input<Bfloat16>(dy);
    plain_convolution(Stream(), conv, images, input(weight), input(bias), output<Bfloat16>(plain_y));
    plain_input_gradient(Stream(), conv, gradients, input(weight), output<Bfloat16>(plain_dx));
    plain_weight_gradient(Stream(), conv, gradients, images, output(plain_dw));
    for (const ProductTile tile :
         {ProductTile::tile_256x32, ProductTile::tile_128x64, ProductTile::tile_64x64}) {
      CAPTURE(static_cast<int>(tile));
      bfloat16_convolution(Stream(), conv, images, input(weight), input(bias), output<Bfloat16>(y), tile);
      bfloat16_input_gradient(Stream(), conv, gradients, input(weight), output<Bfloat16>(dx), tile);
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
