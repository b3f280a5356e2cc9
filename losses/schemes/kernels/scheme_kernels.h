// What schemes do to tensors: one pure virtual function per kernel, as in engine/backend.h. The CPU's are in
// the files of this folder, the GPU's in losses/schemes/cuda in files of the same names. All tensors and
// pointers are on the kernels' device, and no function waits for it.
#pragma once

#include "engine/device_value.h"
#include "engine/random.h"
#include "engine/tensor.h"
#include "losses/rows/loss_step.h"
#include "losses/schemes/kernels/confidence.h"
#include "losses/schemes/kernels/ogc_update.h"

#include <cstdint>
#include <span>
#include <vector>

namespace noisegate {

class SchemeKernels {
 public:
  virtual ~SchemeKernels() = default;

  // samples
  /// sigma·z, z ~ N(0, I), of this shape, drawn from (seed, purpose, step, stream); where there are labels
  /// (N), of a shape (N,K), plus e_y in each row. The same for every number of threads and on every device.
  virtual Tensor noise(const Shape& shape, double sigma, Purpose purpose, const LossStep& step,
                       std::uint32_t stream, const Tensor& labels) = 0;
  /// Rows (N,K) of a table (n,K), f32, by their indices, int32 (N).
  virtual Tensor rows_of(const Tensor& table, const Tensor& indices) = 0;
  /// Co-teaching: N/count for the `count` smallest of values (N), 0 for the others, so that a mean over the
  /// batch is one over these; of equal values the first counts as the smallest.
  virtual Tensor weights_of_smallest(const Tensor& values, std::int64_t count) = 0;

  // ogc
  /// Takes a step's cross entropies (N) in, and moves the threshold where it is time to (ogc_update.h).
  virtual void observe(OgcMemory& memory, const Tensor& cross_entropies, const StepScalars* scalars) = 0;

  // label_confidence
  /// Of a step's losses (N) the weights (α·N/Σ(1 − C))·C_i, (N) (confidence.h).
  virtual Tensor confidence_weights(double alpha, double m, DeviceValue<ConfidenceState>& state,
                                    const Tensor& losses) = 0;
  /// weights_i·ỹ_i, (N,K): ỹ = e_y, or ½e_y + ½p with the predictions p (N,K) from the progress
  /// `correct_from` on.
  virtual Tensor confident_targets(const Tensor& weights, const Tensor& labels, const Tensor& predictions,
                                   double correct_from, const StepScalars* scalars) = 0;

  // parameter_distance
  /// ‖a − b‖² over all tensors, a scalar; and grad·2(a − b) of each, then the negative of each.
  virtual Tensor squared_distance(std::span<const Tensor> a, std::span<const Tensor> b) = 0;
  virtual std::vector<Tensor> squared_distance_gradients(std::span<const Tensor> a, std::span<const Tensor> b,
                                                         const Tensor& grad) = 0;
};

/// Makes these the GPU's; losses/schemes/cuda/schemes.h does.
void set_scheme_kernels(SchemeKernels& kernels);
/// The kernels of a device. Throws Error for cuda where there are none.
SchemeKernels& scheme_kernels(Device device);

}  // namespace noisegate
