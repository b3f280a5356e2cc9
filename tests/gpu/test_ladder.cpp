// Every rung of the ladder of convolution against plain loops.
#include "engine/gpu_bench.h"
#include "tests/reference_check.h"

#include <doctest/doctest.h>

using namespace noisegate;
namespace loops = noisegate::reference;

namespace {

struct Case {
  std::vector<std::int64_t> image, kernel;
  ConvolutionWindow window;
};
// Channels in fours and not, more rows and columns than a tile has, depths that end within a slice, single
// pixels.
const std::vector<Case> cases{{{2, 5, 4, 3}, {5, 3, 3, 3}, {1, 1}},    {{2, 6, 7, 8}, {4, 3, 3, 8}, {2, 1}},
                              {{1, 9, 9, 4}, {70, 1, 1, 4}, {2, 0}},   {{3, 4, 5, 6}, {8, 2, 2, 6}, {3, 1}},
                              {{1, 9, 8, 20}, {66, 3, 3, 20}, {1, 1}}, {{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 0}}};

}  // namespace

TEST_CASE("each rung convolves") {
  for (const LadderRung& rung : gpu_bench().ladder) {
    CAPTURE(rung.name);
    for (const Case& c : cases) {
      CAPTURE(c.kernel[0]);
      const loops::Array<double> image = loops::normal(c.image, 1), kernel = loops::normal(c.kernel, 2);
      const loops::Array<double> expected =
          loops::conv2d(image, kernel, {}, c.window.stride, c.window.padding);
      Tensor y = Tensor::empty(Shape(expected.shape), DType::f32, test_device);
      rung.forward(loops::to_tensor(image), loops::to_tensor(kernel), c.window, y);
      CHECK(loops::deviation(loops::to_array(y).values, expected.values) <= (rung.rounds ? 1e-3 : 1e-5));
    }
  }
}

TEST_CASE("the rungs are those of the page, in its order") {
  std::vector<std::string> names;
  for (const LadderRung& rung : gpu_bench().ladder) names.push_back(rung.name);
  CHECK(names == std::vector<std::string>{"definition", "shared tiles", "register blocks", "tensor cores"});
}
