#include "engine/cuda/backend.h"
#include "engine/cuda/device/each.h"
#include "engine/cuda/device/memory.h"
#include "engine/elementwise.h"

namespace noisegate::cuda {

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
