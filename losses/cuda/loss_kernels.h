// The kernels beside the losses' own maths; each is defined in the file of this folder that says what it is
// for.
#pragma once

#include "engine/cuda/device/memory.h"
#include "losses/cuda/losses.h"
#include "losses/loss_kernels.h"

namespace noisegate::cuda {

class CudaLossKernels final : public LossKernels {
 public:
  // losses.cu
  Tensor mean(const Tensor& values, const Tensor& weights) override;
  Tensor scaled_gradients(const Tensor& gradients, const Tensor& weights, const Tensor& grad,
                          std::int64_t samples) override;
  // samples.cu
  Tensor noise(const Shape& shape, double sigma, Purpose purpose, const LossStep& step, std::uint32_t stream,
               const Tensor& labels) override;
  Tensor rows_of(const Tensor& table, const Tensor& indices) override;
  Tensor weights_of_smallest(const Tensor& values, std::int64_t count) override;
  // ogc.cu
  void observe(OgcMemory& memory, const Tensor& cross_entropies, const StepScalars* scalars) override;
  // label_confidence.cu
  Tensor confidence_weights(double alpha, double m, DeviceValue<ConfidenceState>& state,
                            const Tensor& losses) override;
  Tensor confident_targets(const Tensor& weights, const Tensor& labels, const Tensor& predictions,
                           double correct_from, const StepScalars* scalars) override;
  // parameter_distance.cu
  Tensor squared_distance(std::span<const Tensor> a, std::span<const Tensor> b) override;
  std::vector<Tensor> squared_distance_gradients(std::span<const Tensor> a, std::span<const Tensor> b,
                                                 const Tensor& grad) override;
};

}  // namespace noisegate::cuda
