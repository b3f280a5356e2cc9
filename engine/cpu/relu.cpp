#include "engine/cpu/backend.h"
#include "engine/cpu/map.h"
#include "engine/elementwise.h"

namespace noisegate {

Tensor CpuBackend::relu(const Tensor& x) {
  return map(x, Relu{});
}

Tensor CpuBackend::relu_backward(const Tensor& grad, const Tensor& output) {
  return map(in_layout(grad, output.layout()), output, ReluBackward{});
}

}  // namespace noisegate
