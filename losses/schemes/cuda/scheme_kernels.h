// The GPU's kernels of schemes, each defined in the file of this folder that says what it is for.
#pragma once

#include "engine/cuda/device/memory.h"
#include "losses/cuda/losses.h"
#include "losses/schemes/kernels/scheme_kernels.h"

namespace noisegate::cuda {

class CudaSchemeKernels final : public SchemeKernels {
 public:
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
