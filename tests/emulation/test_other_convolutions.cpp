// The backend with convolutions that are not its own: they are asked for all three products, and what they
// leave to the backend is done by it.
#include "engine/cuda/backend.h"
#include "tests/reference_check.h"

#include <doctest/doctest.h>

using namespace noisegate;
using namespace noisegate::cuda;
namespace loops = noisegate::reference;

namespace {

/// Twice what a backend gives, so that it can be told from its own.
class Doubled final : public Convolutions {
 public:
  Tensor forward(const Tensor& x, const Tensor& weight, const Tensor& bias,
                 ConvolutionWindow window) override {
    return twice(own_.conv2d(x, weight, bias, window));
  }
  Tensor input_gradient(const Tensor& grad, const Tensor& weight, const Shape& shape,
                        ConvolutionWindow window) override {
    return twice(own_.conv2d_backward_input(grad, weight, shape, window));
  }
  Tensor weight_gradient(const Tensor& grad, const Tensor& x, const Shape& shape,
                         ConvolutionWindow window) override {
    return twice(own_.conv2d_backward_weight(grad, x, shape, window, nullptr));
  }

 private:
  Tensor twice(const Tensor& x) { return own_.affine(x, 2, 0); }
  CudaBackend own_{{}};
};

}  // namespace

TEST_CASE("other convolutions take the place of the backend's own, until they are taken away") {
  const Tensor x = loops::to_tensor(loops::normal({2, 5, 4, 3}, 1)),
               w = loops::to_tensor(loops::normal({4, 3, 3, 3}, 2)),
               b = loops::to_tensor(loops::normal({4}, 3)),
               dy = loops::to_tensor(loops::normal({2, 5, 4, 4}, 4));
  const ConvolutionWindow window{1, 1};
  CudaBackend gpu({});
  struct Results {
    std::vector<float> y, dx, dw, db;
  };
  const auto run = [&] {
    Tensor db;
    Results results{gpu.conv2d(x, w, b, window).to_vector<float>(),
                    gpu.conv2d_backward_input(dy, w, x.shape(), window).to_vector<float>(),
                    gpu.conv2d_backward_weight(dy, x, w.shape(), window, &db).to_vector<float>(),
                    {}};
    results.db = db.to_vector<float>();
    return results;
  };
  const auto doubled = [](std::vector<float> values) {
    for (float& value : values) value *= 2;
    return values;
  };
  const Results own = run();
  gpu.set_convolutions(std::make_unique<Doubled>());
  const Results other = run();
  CHECK(other.y == doubled(own.y));
  CHECK(other.dx == doubled(own.dx));
  CHECK(other.dw == doubled(own.dw));
  CHECK(other.db == own.db);  // a bias's gradient is no convolution
  gpu.set_convolutions(nullptr);
  CHECK(run().y == own.y);
}
