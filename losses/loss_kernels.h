// What losses do to tensors beside the losses' own maths (rows/device_loss.h): one pure virtual function per
// kernel, as in engine/backend.h. The GPU's are in cuda/losses.cu. All tensors are on the kernels' device,
// and no function waits for it.
#pragma once

#include "engine/tensor.h"

#include <cstdint>

namespace noisegate {

class LossKernels {
 public:
  virtual ~LossKernels() = default;

  /// (1/N)·Σ_i weights_i·values_i, a scalar, of values (N); undefined weights are ones.
  virtual Tensor mean(const Tensor& values, const Tensor& weights) = 0;
  /// Row i of each view times grad·weights_i/N, N `samples`: gradients (views·N,K), weights (N) or undefined,
  /// grad a scalar.
  virtual Tensor scaled_gradients(const Tensor& gradients, const Tensor& weights, const Tensor& grad,
                                  std::int64_t samples) = 0;
};

/// Makes these the GPU's; losses/cuda/losses.h does, together with the losses' own (rows/device_loss.h).
void set_loss_kernels(LossKernels& kernels);
/// The kernels of a device. Throws Error for cuda where there are none.
LossKernels& loss_kernels(Device device);

}  // namespace noisegate
