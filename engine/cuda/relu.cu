#include "engine/cuda/backend.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"

namespace noisegate::cuda {
namespace {

struct Relu {
  NOISEGATE_HD float operator()(float x) const { return x < 0 ? 0 : x; }  // NaN stays NaN
};
struct ReluBackward {
  NOISEGATE_HD float operator()(float gradient, float y) const { return y > 0 ? gradient : 0; }
};

}  // namespace

Tensor CudaBackend::relu(const Tensor& x) {
  Tensor y = empty_like(x);
  map_tensors(stream_, y, Relu{}, x);
  return y;
}

Tensor CudaBackend::relu_backward(const Tensor& grad, const Tensor& output_of_relu) {
  Tensor dx = empty_like(grad);
  map_tensors(stream_, dx, ReluBackward{}, grad, output_of_relu);
  return dx;
}

}  // namespace noisegate::cuda
