// What losses and schemes do on the GPU beside the losses' own maths (device_loss.h): one pure virtual
// function a kernel, as in engine/backend.h. All tensors are on the GPU, and none of the functions waits for
// it.
#pragma once

#include "engine/random.h"
#include "engine/tensor.h"
#include "losses/device_loss.h"
#include "losses/schemes/device_state.h"

#include <cstdint>
#include <span>
#include <vector>

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

  /// sigma·z, z ~ N(0, I), of this shape, the numbers of gaussian_noise() on the CPU; where there are labels
  /// (N), of a shape (N,K), plus e_y in each row.
  virtual Tensor noise(const Shape& shape, double sigma, Purpose purpose, const LossStep& draw,
                       std::uint32_t stream, const Tensor& labels) = 0;
  /// Rows (N,K) of a table (n,K), f32, by their numbers, int32 (N).
  virtual Tensor rows_of(const Tensor& table, const Tensor& numbers) = 0;
  /// Co-teaching: N/count for the `count` smallest of values (N), 0 for the others; of equal values the first
  /// counts as the smallest.
  virtual Tensor weights_of_smallest(const Tensor& values, std::int64_t count) = 0;

  /// OGC: takes a step's cross entropies (N) in, and moves the threshold where it is time to.
  virtual void observe(const DeviceOgc& ogc, const Tensor& cross_entropies, double learning_rate,
                       const StepScalars* scalars) = 0;

  /// Label confidence: of a step's losses (N) the weights (α·N/Σ(1 − C))·C_i, (N).
  virtual Tensor confidence_weights(const DeviceConfidence& confidence, const Tensor& losses) = 0;
  /// weights_i·ỹ_i, (N,K): ỹ = e_y, or ½e_y + ½p with the predictions p (N,K) from the progress
  /// `correct_from` on.
  virtual Tensor confident_targets(const Tensor& weights, const Tensor& labels, const Tensor& predictions,
                                   double progress, double correct_from, const StepScalars* scalars) = 0;
  /// ‖a − b‖² over all tensors, a scalar; and grad·2(a − b) of each, then the negative of each.
  virtual Tensor squared_distance(std::span<const Tensor> a, std::span<const Tensor> b) = 0;
  virtual std::vector<Tensor> squared_distance_gradients(std::span<const Tensor> a, std::span<const Tensor> b,
                                                         const Tensor& grad) = 0;
};

/// Makes these the GPU's; losses/cuda/losses.h does, together with the losses' own (device_loss.h).
void set_loss_kernels(LossKernels& kernels);
/// Throws Error where there are none.
LossKernels& loss_kernels();

}  // namespace noisegate
